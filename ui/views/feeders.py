"""Primary and junior catchments beside each other: which primary zone feeds which junior zone (对口直升)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from planning import feeders as planned
from ui import widgets
from ui.state import Context, stage_word
from ui.texts import _
from ui.views import plan as plans
from ui.views import review, zones
from ui.views.review import Reviewed
from zoning import feeders


@dataclass(frozen=True)
class Beside:
    """A primary and a junior plan of one school year.

    Attributes
    ----------
    primary, junior : Reviewed
        The plans.
    links : DataFrame
        As `zoning.feeders.links`, of the year's junior entrants by where they live.
    replaced : tuple of str
        Stages that the chosen draft has no plan for: the plan in force stands in.
    """

    primary: Reviewed
    junior: Reviewed
    links: pd.DataFrame
    replaced: tuple[str, ...] = ()


def of_stage(context: Context, stage: str) -> Context:
    """Return what the page looks at, for a stage."""
    return replace(context, stage=stage)


def load(context: Context, primary: str, junior: str) -> Beside:
    """Return two plans beside each other.

    Parameters
    ----------
    context : Context
        Project and year.
    primary, junior : str
        Id of the draft that each stage's plan is taken from; empty for the plan in force.

    Raises
    ------
    FaultError
        With what the data of either stage lack.
    """
    found, replaced = {}, []
    for stage, draft in (("primary", primary), ("junior", junior)):
        of = of_stage(context, stage)
        plan = review.load(of, [draft])[0]
        if draft and plan.found.plan.isna().all():
            plan = review.load(of, [""])[0]
            replaced.append(stage)
        name = review.names(of)[plan.id]
        found[stage] = replace(plan, name=f"{stage_word(stage)} · {name}")
    links = feeders.links(
        found["primary"].found.plan, found["junior"].found.plan, zones.demand(found["junior"].found)
    )
    return Beside(found["primary"], found["junior"], links, tuple(replaced))


def table(context: Context, beside: Beside) -> pd.DataFrame:
    """Return one row a link in words: both zones, units, pupils, their share, whether whole."""
    rows, named = beside.links, _names(context)
    primary, junior = (rows[f"{stage}_zone"] for stage in ("primary", "junior"))
    return pd.DataFrame(
        {
            _("小学片区"): primary.map(named["primary"]).fillna(primary).fillna(_("未划入")),
            _("初中片区"): junior.map(named["junior"]).fillna(junior).fillna(_("未划入")),
            "units": rows["units"],
            "pupils": rows["pupils"],
            "share": [widgets.share(part) for part in rows["share"]],
            _("对口"): _kinds(rows),
            _("九年一贯制"): _nine(context, rows),
        }
    )


def _kinds(rows: pd.DataFrame) -> list[str]:
    """Return whether each primary zone goes whole, in words."""
    placed = rows["primary_zone"].notna() & rows["junior_zone"].notna()
    words = {True: _("整体"), False: _("拆分")}
    return [words[bool(w)] if p else _("有单元未划入") for w, p in zip(rows["whole"], placed, strict=True)]


def _nine(context: Context, rows: pd.DataFrame) -> list[str]:
    """Return for each link what is to be said of a nine-year school in the primary zone."""
    own = planned.nine_year(context.project).drop_duplicates("primary_zone").set_index("primary_zone")
    ends = own["junior_zone"].to_dict()
    said = []
    for primary, junior in zip(rows["primary_zone"], rows["junior_zone"], strict=True):
        if primary not in ends:
            said.append("")
        else:
            said.append(_("直升本校") if junior == ends[primary] else _("未升入本校"))
    return said


def split(context: Context, beside: Beside) -> pd.DataFrame:
    """Return the primary zones that are split, in words, those with most pupils going elsewhere first."""
    rows, named = feeders.split(beside.links), _names(context)
    return pd.DataFrame(
        {
            _("拆分的小学片区"): rows["primary_zone"].map(named["primary"]).fillna(rows["primary_zone"]),
            _("多数升入"): rows["junior_zone"].map(named["junior"]).fillna(_("未划入")),
            _("去向数"): rows["parts"],
            _("不随多数的学生"): rows["pupils"],
        }
    ).sort_values(_("不随多数的学生"), ascending=False, ignore_index=True)


def away(beside: Beside) -> list[str]:
    """Return the units whose junior zone is not the one that most of their primary zone's pupils go to."""
    most = feeders.split(beside.links).set_index("primary_zone")["junior_zone"]
    primary, junior = (
        beside.primary.found.plan,
        beside.junior.found.plan.reindex(beside.primary.found.plan.index),
    )
    own = primary.map(most.to_dict())
    where = primary.isin(most.index) & ~(junior == own).fillna(False).astype(bool)
    return list(primary.index[where.to_numpy(dtype=bool)])


def arriving(context: Context, beside: Beside) -> pd.DataFrame:
    """Return one row a junior zone: intake plan, who arrives in each year, and the most that are short.

    Years go on until those who enter primary school five years from now arrive; those that the register of
    children does not reach are left out.
    """
    first = context.project.year
    years = range(first, first + len(context.years) + planned.offset(context.project))
    rows = planned.arriving(context.project, beside.junior.found.plan, years)
    known = rows.groupby("year")["entrants"].transform("count") > 0
    rows = rows[known].assign(zone=rows["zone_id"].map(_names(context)["junior"]).fillna(_("未划入")))
    wide = rows.pivot_table(index="zone", columns="year", values="entrants", aggfunc="sum").astype("Int64")
    by = rows.groupby("zone")
    back = planned.offset(context.project)
    named = {year: _("{year}({cohort}入小学)", year=year, cohort=int(str(year)) - back) for year in wide}
    found = pd.DataFrame({"intake": by["seats"].first().astype("Int64")}).join(wide.rename(columns=named))
    total = found.sum(min_count=1).astype("Int64").to_frame(_("合计")).T
    short = by["gap"].max().clip(lower=0).astype("Int64")
    whole = pd.concat([found, total]).astype("Int64").assign(**{_("最多缺学位"): short})
    return whole.rename_axis("zone").reset_index()


def _names(context: Context) -> dict[str, dict[str, str]]:
    key, project = context.project.key, context.project
    named = {stage: plans.zone_names(key, stage, project) for stage in ("primary", "junior")}
    return {stage: {str(zone): str(name) for zone, name in each.items()} for stage, each in named.items()}
