"""What `cli.py template`, `collect` and `reconcile` do, each with a report fit for JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gis.faults import Fault, FaultError, register_kinds
from planning import collecting, importlog
from planning import reconcile as reconciling
from planning.forms import FORMS, senders
from planning.project import Project, open_project

register_kinds(
    {
        "form_unknown": (
            "没有名为“{found}”的表。可用：{forms}。",
            'there is no form "{found}". Use one of: {forms}.',
        ),
        "form_nobody": (
            "没有可以填这张表的单位。学校填的表要先导入学校，镇街填的表要先导入带镇街的小区与村。",
            "nobody is there to fill in this form. First import the schools, or units with their townships.",
        ),
        "reconcile_alone": (
            "{year} 学年只有 {count} 个来源，核对至少要两个：学籍（attendance）、事业统计（enrolment）、"
            "班级（classes）。",
            "{year} has {count} source(s); reconciling needs two of: register (attendance), statistics "
            "(enrolment), classes.",
        ),
    }
)


def template(
    project_id: str, layer: str, out: Path, *, year: int | None, due: str, in_one: bool, lang: str
) -> dict[str, Any]:
    """Write the forms of a layer into a folder, and keep in the record that they were sent out.

    Raises
    ------
    FaultError
        If there is no such project or form, or nobody to fill it in.
    """
    project = open_project(project_id)
    if layer not in FORMS:
        raise FaultError([Fault("form_unknown", found=layer, params={"forms": list(FORMS)})])
    if not _askable(project, layer):
        raise FaultError([Fault("form_nobody", layer=layer)])
    made = collecting.issue(project.folder, layer, year or project.year, due=due, in_one=in_one, lang=lang)
    out.mkdir(parents=True, exist_ok=True)
    (out / made["name"]).write_bytes(made.pop("data"))
    return {**made, "file": str(out / made["name"])}


def _askable(project: Project, layer: str) -> bool:
    sender = FORMS[layer].sender
    needed = {"school": "schools", "town": "units"}.get(sender)
    return (needed is None or needed in project.layers) and len(senders(project, layer)) > 0


def collect(
    project_id: str, files: Sequence[Path], *, year: int | None, slips: Path | None, take: bool
) -> dict[str, Any]:
    """Read forms that came back; write slips and take accepted returns in where that is asked for.

    Returns
    -------
    dict
        `accepted`, `refused`, `unchanged` (file, layer, owner, name), `faults` (place, zh, en), `forms`
        (form -> state -> number of senders), `missing` (form -> names), and `taken` (form -> report).

    Raises
    ------
    FaultError
        If there is no such project.
    """
    project = open_project(project_id)
    wanted = year or project.year
    found = collecting.receive(project.folder, files, wanted)
    layers = {record["layer"] for record in collecting.read(project.folder, year=wanted)}
    report: dict[str, Any] = {**found, "faults": importlog.records(found["faults"]), "taken": {}}
    tables = {layer: collecting.status(project, layer, wanted) for layer in FORMS if layer in layers}
    if take:
        report["taken"] = {
            layer: _plain(collecting.take_in(project.folder, layer, wanted)) for layer in tables
        }
        tables = {layer: collecting.status(project, layer, wanted) for layer in tables}
    if slips is not None:
        slips.mkdir(parents=True, exist_ok=True)
        for layer, table in tables.items():
            if (table["state"] == "refused").any():
                (slips / f"{wanted}-{layer}.zip").write_bytes(collecting.slips(project, layer, wanted))
    report["forms"] = {layer: collecting.counts(table) for layer, table in tables.items()}
    report["missing"] = {
        layer: table.loc[table["state"] == "missing", "name"].tolist() for layer, table in tables.items()
    }
    return report


def _plain(report: dict[str, Any]) -> dict[str, Any]:
    return {**report, "faults": importlog.records(report.get("faults", []))}


def reconciled(project_id: str, out: Path, *, year: int | None, lang: str) -> dict[str, Any]:
    """Write the 核对表 of a year; return how many rows agree, differ and lack a number.

    Raises
    ------
    FaultError
        If there is no such project, or it has fewer than two sources of the year.
    """
    project = open_project(project_id)
    wanted = year or project.year
    found = reconciling.reconcile(project, wanted)
    if len(found.sources) < 2:
        params = {"year": str(wanted), "count": len(found.sources)}
        raise FaultError([Fault("reconcile_alone", params=params)])
    out.write_bytes(reconciling.workbook(found, lang=lang, synthetic=project.synthetic))
    return {
        "year": wanted,
        "sources": list(found.sources),
        **reconciling.counts(found.rows),
        "file": str(out),
    }
