"""Make a deliberately dirty county folder (合成数据), as offices and schools send it, and its clean truth.

Everything in it is the demo county's, which is invented. The folder `来件` holds the files as they come in;
`核对` holds the clean layers and the list of everything that was spoilt, for tests and for those who teach.

    python -m data.make_dirty --out FOLDER
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Final

import pandas as pd

from data.dirty import maps, offices, returns
from data.dirty.sheets import Correction, Table, write_csv, write_html, write_xlsx
from data.make_demo import layers as demo_layers
from gis.layers import SCHEMAS

INCOMING: Final = "来件"
TRUTH: Final = "核对"
TRUTH_FILE: Final = "真值.gpkg"
CORRECTIONS_FILE: Final = "改正清单.csv"
#: Layers that the folder holds, in the order in which a planner would take them.
LAYERS: Final = (
    "units", "schools", "children", "classes", "enrolment", "births", "estates", "roads", "barriers", "areas",
    "catchments",
)  # fmt: skip


def truth() -> dict[str, pd.DataFrame]:
    """Return the clean layers: what an import of the mended files has to give.

    Returns
    -------
    dict of str to DataFrame or GeoDataFrame
        The demo county, with the columns that the files carry.
    """
    made = demo_layers("county")
    return {name: made[name][_carried(name, made[name])] for name in LAYERS}


def _carried(layer: str, frame: pd.DataFrame) -> list[str]:
    known = [*SCHEMAS[layer].names, "geometry"]
    return [name for name in dict.fromkeys(known) if name in frame]


def mend(folder: str | Path) -> list[Correction]:
    """Put right what was spoilt by hand in the files of a dirty county, as its list of corrections says.

    Parameters
    ----------
    folder : str or Path
        Where `来件` and `核对` are.

    Returns
    -------
    list of Correction
        What was put right.
    """
    return make_dirty(folder, mended=True)


def make_dirty(folder: str | Path, *, mended: bool = False) -> list[Correction]:
    """Write the dirty county and its truth: the same every time.

    Parameters
    ----------
    folder : str or Path
        Where `来件` and `核对` go; made if it is not there.
    mended : bool
        Write the files as they are once everything in the list of corrections is put right.

    Returns
    -------
    list of Correction
        Everything that was spoilt by hand. Besides, the files are dirty in ways a reader has to get over by
        itself: encodings, merged headers, totals, full-width digits, dates, coordinates.
    """
    clean = truth()
    incoming, answers = Path(folder) / INCOMING, Path(folder) / TRUTH
    for place in (incoming, answers):
        place.mkdir(parents=True, exist_ok=True)
    found = maps.units(clean, incoming, mended=mended)
    maps.lines_and_areas(clean, incoming)
    for table, write in _tables(clean):
        if mended:
            table.mend()
        write(table, incoming)
        found += table.corrections
    _write_truth(clean, found, answers)
    return found


def _tables(clean: Mapping[str, pd.DataFrame]) -> list[tuple[Table, Callable[[Table, Path], None]]]:
    past, now = returns.enrolment(clean)
    by_office: list[tuple[Table, Callable[[Table, Path], None]]] = [
        (offices.villages(clean), write_xlsx),
        (offices.schools(clean), write_csv),
        (offices.children(clean), write_csv),
        (past, write_html),
        (now, write_xlsx),
        (offices.estates(clean), write_xlsx),
        (offices.births(clean), write_xlsx),
        (offices.catchments(clean), write_xlsx),
    ]
    return by_office + [(table, write_xlsx) for table in returns.classes(clean)]


def _write_truth(clean: Mapping[str, pd.DataFrame], found: Sequence[Correction], folder: Path) -> None:
    from planning import layerfile

    layerfile.write(folder / TRUTH_FILE, clean)
    columns = ["文件", "行", "列", "现在是", "应为"]
    rows = pd.DataFrame([astuple(one) for one in found], columns=columns)
    rows["应为"] = ["（删去此行）" if value is None else value for value in rows["应为"]]
    (folder / CORRECTIONS_FILE).write_bytes(rows.to_csv(index=False).encode("utf-8-sig"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m data.make_dirty", description="生成脏数据县（合成数据） make the dirty county"
    )
    parser.add_argument("--out", type=Path, required=True, help="文件夹 folder")
    parser.add_argument("--mended", action="store_true", help="改正后的文件 the files once mended")
    given = parser.parse_args(arguments)
    found = make_dirty(given.out, mended=given.mended)
    state = "处已改 mended" if given.mended else "处待改 to mend"
    sys.stdout.write(f"{given.out / INCOMING}  ({len(found)} {state})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
