"""Make the demo projects: a synthetic city on the scale of 鄂尔多斯, and one district of it (合成数据).

Nothing in them is real: places, names, people and schools are invented; only the names of the nine banners
and districts are those of the city whose plan document gave the orders of magnitude.

    python -m data.make_demo [--county | --city | --all] [--home DIR] [--force]
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from data.demo.city import Layers, city, county
from data.demo.settings import COUNTY, EPSG, SOURCE, YEAR
from planning import project as projects
from planning import spatial
from planning.importlog import year_of
from planning.progress import Progress
from planning.settings import PROJECT_FILE

IDS: Final = {"county": "demo-county", "city": "demo-city"}
_NAMES: Final = {
    "county": ("东胜区(合成示例)", "Dongsheng District (synthetic example)"),
    "city": ("鄂尔多斯市(合成示例)", "Ordos City (synthetic example)"),
}
_AS_OF: Final = {
    "children": f"{YEAR}-09-01",
    "classes": f"{YEAR}-09-01",
    "enrolment": f"{YEAR}-09-01",
    "attendance": f"{YEAR}-09-01",
    "births": f"{YEAR - 1}-12-31",
}


def layers(which: str, *, progress: Progress | None = None) -> Layers:
    """Generate the layers of one demo project: the same every time.

    Parameters
    ----------
    which : {"county", "city"}
        东胜区 alone, or all nine banners and districts.
    progress : callable, optional
        Called with a share 0..1 and a word.

    Returns
    -------
    dict of str to DataFrame or GeoDataFrame
        units, children, schools, classes, enrolment, attendance, births, estates, roads, catchments, areas,
        barriers; each with a column `source` that says 合成数据.

    Raises
    ------
    ValueError
        If there is no such project.
    """
    if which not in IDS:
        raise ValueError(f"demo must be one of {sorted(IDS)}, not {which!r}")
    return county(COUNTY, progress=progress) if which == "county" else city(progress=progress)


def make_demo(
    home: str | Path | None = None,
    *,
    which: str = "county",
    force: bool = False,
    progress: Progress | None = None,
) -> projects.Project:
    """Make a demo project, or open the one that is there.

    Parameters
    ----------
    home : str or Path, optional
        Folder of projects; default `planning.project.home()`.
    which : {"county", "city"}
        Which one.
    force : bool
        Make it anew; a project that is there is deleted, with its drafts.
    progress : callable, optional
        Called with a share 0..1 and a word.

    Returns
    -------
    Project
        Marked synthetic.

    Raises
    ------
    ValueError
        If there is no such demo.
    """
    if which not in IDS:
        raise ValueError(f"demo must be one of {sorted(IDS)}, not {which!r}")
    base = Path(home) if home is not None else projects.home()
    place = base / IDS[which]
    there = (place / PROJECT_FILE).exists()
    if there and not force:
        return projects.open_project(place)
    made = layers(
        which, progress=None if progress is None else lambda share, word: progress(0.8 * share, word)
    )
    if there:
        shutil.rmtree(place)
    name, name_en = _NAMES[which]
    if progress is not None:
        progress(0.85, name)
    project = projects.create_project(
        made,
        id=IDS[which],
        name=name,
        name_en=name_en,
        folder=base,
        year=YEAR,
        epsg=EPSG,
        synthetic=True,
        sources=_sources(made),
    )
    # so that the first page opens with its map, not with a progress bar
    spatial.derive(project, progress=None if progress is None else lambda share, word: progress(0.9, word))
    return project


def _sources(made: Layers) -> pd.DataFrame:
    rows = [
        (layer, as_of := _AS_OF.get(layer, f"{YEAR}-09-01"), year_of(as_of), SOURCE, "data/make_demo.py")
        for layer in made
    ]
    return pd.DataFrame(rows, columns=["layer", "as_of", "year", "source", "file"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the demo projects asked for on the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the command line.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m data.make_demo", description="生成合成示例项目 make the demo projects"
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--county",
        dest="which",
        action="store_const",
        const=("county",),
        help="东胜区 one district (default)",
    )
    choice.add_argument(
        "--city", dest="which", action="store_const", const=("city",), help="九个旗区 all nine"
    )
    choice.add_argument(
        "--all", dest="which", action="store_const", const=("county", "city"), help="两个项目 both"
    )
    parser.add_argument("--home", type=Path, default=None, help="项目文件夹 folder of projects")
    parser.add_argument("--force", action="store_true", help="重新生成 make anew")
    given = parser.parse_args(arguments)
    for which in given.which or ("county",):
        made = make_demo(given.home, which=which, force=given.force)
        sys.stdout.write(f"{made.name} {made.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
