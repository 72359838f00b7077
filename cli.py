"""The app's verbs without a browser: plan, forecast, import, collect, look after and serve."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="划片 huapian: catchments, class sizes and seats, from the command line.",
)

Csv = Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)]
EXIT_BAD_INPUT = 2


def fail(error: ValueError) -> typer.Exit:
    """Print every fault to stderr and return the exit for bad input."""
    text = getattr(error, "text", None)
    typer.echo("\n".join((text("zh"), text("en"))) if callable(text) else str(error), err=True)
    return typer.Exit(EXIT_BAD_INPUT)


@app.command()
def zone(
    units: Csv,
    schools: Csv,
    adjacency: Csv,
    out: Annotated[Path, typer.Option(help="the plan: unit_id,school_id")],
    seconds: Annotated[
        float | None, typer.Option(min=1, help="counted from the start of the process; 60 without --work")
    ] = None,
    work: Annotated[
        int | None, typer.Option(min=1, help="a fixed amount of work: same plan on every run")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="spend the time on the proof as well")] = False,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    max_metres: Annotated[
        float | None, typer.Option(help="longest walk; a unit with no school within goes to the nearest")
    ] = None,
    stay: Annotated[float, typer.Option(help="metres that a pupil moved against --present counts")] = 0.0,
    present: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="plan in force: unit_id,school_id")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help='optional rules as JSON, such as {"share": 0.95, "least": 120}'
        ),
    ] = None,
) -> None:
    """就近划片: whole units to schools within capacity, connected catchments, fewest pupil-kilometres."""
    from zoning import bench

    if seconds is None and work is None:
        seconds = 60.0
    try:
        summary = bench.run(
            units,
            schools,
            adjacency,
            seconds=seconds,
            work=work,
            exact=exact,
            seed=seed,
            out=out,
            max_metres=max_metres,
            stay=stay,
            present=present,
            rules=rules,
        )
    except ValueError as error:
        raise fail(error) from None
    typer.echo(bench.to_json(summary))
    raise typer.Exit(bench.exit_code(summary))


@app.command()
def forecast(
    ctx: typer.Context,
    until: Annotated[int, typer.Option(help="the last school year wanted, by its autumn")],
    out: Annotated[
        Path,
        typer.Option(
            help="level, district, school, grade, year, mean, low, median, high; with --project, "
            "--scenarios, --groups or --all-levels also stage, group, scenario and basis"
        ),
    ],
    history: Annotated[
        Path | None,
        typer.Option(help="year, district, school, grade, enrolment; CSV or workbook, as all files"),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(help="id of a project, in place of files: its layers and assumptions, all levels"),
    ] = None,
    births: Annotated[Path | None, typer.Option(help="year, district, births; with town, by town")] = None,
    entrants: Annotated[
        Path | None, typer.Option(help="registered: year, district, children; with school or town")
    ] = None,
    flow: Annotated[
        Path | None, typer.Option(help="town, school, share (0 to 1 of the town's children): who goes where")
    ] = None,
    estates: Annotated[
        Path | None,
        typer.Option(
            help="estate_id, school, households, handover_year, primary_yield, junior_yield, from_outside "
            "(0 to 1); a phase is an estate of its own"
        ),
    ] = None,
    groups: Annotated[
        Path | None, typer.Option(help="school and a column a grouping, such as zone and town")
    ] = None,
    kindergarten: Annotated[
        Path | None, typer.Option(help="year, district, grade (大班, 中班, 小班), children")
    ] = None,
    lineage: Annotated[
        Path | None,
        typer.Option(
            help="subject, change, year, from_id, to_id, share: schools renamed, merged or split, "
            "as on the page"
        ),
    ] = None,
    system: Annotated[str | None, typer.Option(help="stages: 6-3 (the default) or 5-4")] = None,
    cutoff: Annotated[
        int | None, typer.Option(min=1, max=12, help="month of the cut-off of entrance, by default 8")
    ] = None,
    scenarios: Annotated[bool, typer.Option("--scenarios", help="add low and high: column scenario")] = False,
    all_levels: Annotated[bool, typer.Option("--all-levels", help="by stage, grade and area too")] = False,
    from_outside: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="of a project's estates that state no share from outside"),
    ] = None,
) -> None:
    """Forecast enrolment with an 80 % interval at each level, from files or from a project."""
    from forecasting import options

    tables = {"births": births, "entrants": entrants, "flow": flow, "estates": estates, "groups": groups}
    tables |= {"kindergarten": kindergarten}
    try:
        options.check(
            {"history": history, "lineage": lineage, **tables},
            project=project,
            own={
                "--system": system,
                "--cutoff": cutoff,
                "--scenarios": scenarios,
                "--all-levels": all_levels,
            },
            from_outside=from_outside,
        )
        if project is not None:
            from planning import forecastwords

            summary = forecastwords.run(project, until=until, out=out, from_outside=from_outside)
        else:
            from forecasting import commands
            from planning import forecastwords

            changes, wrong = forecastwords.changes(lineage)
            summary = commands.run(
                str(history),
                until=until,
                out=out,
                system=system or "6-3",
                cutoff_month=cutoff or 8,
                lineage=changes,
                lineage_faults=wrong,
                scenarios=scenarios,
                every_level=all_levels,
                order=list(ctx.params),  # as they were typed, which is the order to tell faults in
                **tables,
            )
    except ValueError as error:
        raise fail(error) from None
    typer.echo(json.dumps(summary, ensure_ascii=False))


@app.command()
def demo(
    city: Annotated[bool, typer.Option("--city", help="all nine banners and districts, not one")] = False,
    force: Annotated[bool, typer.Option("--force", help="build again where there is one")] = False,
) -> None:
    """Build the demo project, a synthetic city (合成数据)."""
    from data.make_demo import make_demo
    from planning.project import home

    typer.echo(str(make_demo(home(), which="city" if city else "county", force=force).folder))


@app.command("import")
def import_layers(
    project: Annotated[str, typer.Argument(help="id of the project: letters, digits, hyphens")],
    files: Annotated[
        list[str],
        typer.Argument(
            help="layer=path, such as units=小区.xlsx; or a folder or .zip of returns, each guessed"
        ),
    ],
    name: Annotated[str, typer.Option(help="the project's name, when it is new")] = "",
    year: Annotated[int | None, typer.Option(help="planning year, when it is new")] = None,
    crs: Annotated[
        str | None, typer.Option(help="where a file does not say: EPSG:4546, GCJ-02, BD-09 or local (metres)")
    ] = None,
    crs_of: Annotated[
        list[str] | None, typer.Option(help="of one file, such as 学校.csv=BD-09; may be repeated")
    ] = None,
    stage_system: Annotated[str | None, typer.Option(help="6-3 or 5-4, when it is new")] = None,
    faulty: Annotated[
        Path | None, typer.Option(help="write the faulty rows here as .xlsx, to be mended", dir_okay=False)
    ] = None,
    mended: Annotated[
        Path | None, typer.Option(help="the faulty rows, mended", exists=True, dir_okay=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="check everything and save nothing")] = False,
) -> None:
    """Read layers into a project; nothing is saved unless every file is sound."""
    from planning import importwords

    try:
        report = importwords.run(
            project,
            files,
            stated=crs_of or (),
            faulty=faulty,
            mended=mended,
            check_only=check,
            name=name,
            year=year,
            crs=crs,
            stage_system=stage_system,
        )
    except ValueError as error:
        raise fail(error) from None
    typer.echo(json.dumps(report, ensure_ascii=False))


@app.command()
def template(
    project: Annotated[str, typer.Argument(help="id of the project")],
    layer: Annotated[str, typer.Argument(help="classes, enrolment, schools, children or estates")],
    out: Annotated[Path, typer.Option(help="folder to write the forms to")],
    year: Annotated[int | None, typer.Option(help="school year; the planning year without it")] = None,
    due: Annotated[str, typer.Option(help="when the forms are due back, in words")] = "",
    one: Annotated[bool, typer.Option("--one", help="one workbook for all senders")] = False,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """发表: make the forms that schools, townships or the housing office fill in."""
    from planning import formcommands

    try:
        report = formcommands.template(project, layer, out, year=year, due=due, in_one=one, lang=lang)
    except ValueError as error:
        raise fail(error) from None
    typer.echo(json.dumps(report, ensure_ascii=False))


@app.command()
def collect(
    project: Annotated[str, typer.Argument(help="id of the project")],
    files: Annotated[list[Path], typer.Argument(help="forms that came back: files, folders or zips")],
    year: Annotated[int | None, typer.Option(help="school year; the planning year without it")] = None,
    slips: Annotated[Path | None, typer.Option(help="folder for the slips of what is sent back")] = None,
    take: Annotated[bool, typer.Option("--take", help="take accepted returns into the project")] = False,
) -> None:
    """收表: read the forms that came back; say who is missing and what is sent back."""
    from planning import formcommands

    try:
        report = formcommands.collect(project, files, year=year, slips=slips, take=take)
    except ValueError as error:
        raise fail(error) from None
    typer.echo(json.dumps(report, ensure_ascii=False))


@app.command()
def reconcile(
    project: Annotated[str, typer.Argument(help="id of the project")],
    out: Annotated[Path, typer.Option(help="the 核对表, a workbook")],
    year: Annotated[int | None, typer.Option(help="school year; the planning year without it")] = None,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """核对: register, statistics and school returns side by side, by school and grade."""
    from planning import formcommands

    try:
        report = formcommands.reconciled(project, out, year=year, lang=lang)
    except ValueError as error:
        raise fail(error) from None
    typer.echo(json.dumps(report, ensure_ascii=False))


@app.command()
def roads(
    project: Annotated[str, typer.Argument(help="id of the project")],
    endpoint: Annotated[str, typer.Option(help="another Overpass server, without /interpreter")] = "",
) -> None:
    """下载道路: the roads of the project's area out of OpenStreetMap; uses the network."""
    from planning import roadfetch
    from planning.project import home, open_project

    try:
        saved = roadfetch.fetch(open_project(home() / project), endpoint=endpoint)
    except ValueError as error:
        raise fail(error) from None
    typer.echo(json.dumps({"project": saved.id, "roads": len(saved.layers["roads"])}))


@app.command()
def doctor() -> None:
    """Say what is installed, where the projects are, and whether the solver and the maps work here."""
    from planning import health

    report = health.report()
    typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    raise typer.Exit(0 if report["ok"] else 1)


@app.command()
def serve(port: int = 8501, browser: bool = True) -> None:
    """Start the app on this machine only; the same as `python run.py`."""
    import subprocess

    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--port", str(port)]
    raise typer.Exit(subprocess.call(command + ([] if browser else ["--no-browser"])))  # noqa: S603


if __name__ == "__main__":
    app()
