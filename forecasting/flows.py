"""Flows (进城就读): where pupils live against where they go to school, by town and year.

Pupils are counted where they attend; births where they happen. Between the two stand survival and
migration (how many of a town's births live in the area at school age) and the flow to the schools of other
towns. Both are measured here, each pulled towards the whole area where a town has few children.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

#: Homes that are no town of the area: outside it, and not known.
OUTSIDE, UNKNOWN = "outside", "unknown"
#: Entrants at which a town's own ratio or flow weighs as much as the whole area's (设定).
EVIDENCE = 100.0
#: By how much the shares of a town may add up to more than 1: they are rounded to two places or so (设定).
ROUNDING = 0.02
FLOWS = ("year", "stage", "home", "attended", "pupils")
NET = ("year", "stage", "town", "living", "attending", "stay", "out", "into", "from_outside", "net")


def matrix(
    attendance: pd.DataFrame,
    *,
    homes: Mapping[str, str],
    schools: Mapping[str, str],
    stages: Mapping[int, str],
) -> pd.DataFrame:
    """Count pupils by home town and town of the school attended.

    Parameters
    ----------
    attendance : DataFrame
        home ("unit", "outside", "unknown"), unit_id, school_id, year, grade, pupils.
    homes, schools : mapping
        Town of each unit and of each school; one that is not in it counts as the town "".
    stages : mapping
        Stage of each grade.

    Returns
    -------
    DataFrame
        `FLOWS`; home is a town, `OUTSIDE` or `UNKNOWN`. The pupils of a year add up to those given.
    """
    home = attendance["unit_id"].map(dict(homes)).astype("object")
    home = home.where(home.notna(), "").where(attendance["home"] == "unit", attendance["home"])
    attended = attendance["school_id"].map(dict(schools)).astype("object")
    rows = pd.DataFrame(
        {
            "year": attendance["year"].astype("int64"),
            "stage": attendance["grade"].astype(int).map(dict(stages)),
            "home": home.astype("str"),
            "attended": attended.where(attended.notna(), "").astype("str"),
            "pupils": attendance["pupils"].astype("int64"),
        }
    )
    return rows.groupby(list(FLOWS[:-1]), as_index=False)[["pupils"]].sum()


def net(flows: pd.DataFrame) -> pd.DataFrame:
    """Balance every town: who lives there, who attends there, and the difference.

    Returns
    -------
    DataFrame
        `NET`: out = pupils living there who attend elsewhere in the area; into = pupils of other towns;
        from_outside = pupils from outside the area or of unknown home; net = into - out (negative: net
        outflow). attending = stay + into + from_outside; over all towns the nets add up to 0.
    """
    known = ~flows["home"].isin([OUTSIDE, UNKNOWN])
    same = known & (flows["home"] == flows["attended"])
    moved = known & ~same
    parts = {
        "stay": flows[same].rename(columns={"home": "town"}),
        "out": flows[moved].rename(columns={"home": "town"}),
        "into": flows[moved].rename(columns={"attended": "town"}),
        "from_outside": flows[~known].rename(columns={"attended": "town"}),
    }
    keys = ["year", "stage", "town"]
    sums = {name: part.groupby(keys)["pupils"].sum() for name, part in parts.items()}
    table = pd.DataFrame(sums).fillna(0).astype("int64").reset_index()
    return table.assign(
        living=table["stay"] + table["out"],
        attending=table["stay"] + table["into"] + table["from_outside"],
        net=table["into"] - table["out"],
    )[list(NET)]


def shares(entering: pd.DataFrame, *, evidence: float = EVIDENCE) -> pd.DataFrame:
    """Share of each home town's entrants that goes to each school.

    Parameters
    ----------
    entering : DataFrame
        home (a town), school, pupils: entrants of recent years who live in the area.
    evidence : float
        Entrants that the pull towards the whole area's shares is worth; it only matters where a town has
        few entrants of its own.

    Returns
    -------
    DataFrame
        home, school, share; the shares of a home add up to 1.
    """
    counts = entering.pivot_table(index="home", columns="school", values="pupils", aggfunc="sum")
    counts = counts.fillna(0.0).astype(float)
    own = counts.sum(axis=1)
    whole = counts.sum() / counts.to_numpy().sum()
    pull = evidence / (1.0 + own / evidence)  # it fades as evidence grows: local flows are no matter of luck
    mixed = counts.add(pull.to_frame().to_numpy() * whole.to_numpy())
    table = mixed.div(own + pull, axis=0)
    return table.reset_index().melt("home", var_name="school", value_name="share")


def above_one(flow: pd.DataFrame) -> dict[str, tuple[int, float]]:
    """Find the towns of which more children go to school than there are.

    Parameters
    ----------
    flow : DataFrame
        town, school, share: which part of a town's children goes to a school; what is left goes nowhere
        in the area.

    Returns
    -------
    dict
        By town: the index of its first row, and the sum of its shares, where that is above 1.
    """
    found = {}
    for town, shares in flow.groupby("town")["share"]:
        if shares.sum() > 1.0 + ROUNDING:
            found[str(town)] = (int(shares.index.tolist()[0]), float(shares.sum()))
    return found


def survival(
    births: pd.DataFrame,
    living: pd.DataFrame,
    *,
    age: int = 6,
    cutoff_month: int = 8,
    evidence: float = EVIDENCE,
) -> pd.DataFrame:
    """Entrants who live in each town, per birth there: survival and migration up to school age.

    Parameters
    ----------
    births : DataFrame
        year (calendar), town, births.
    living : DataFrame
        year (学年), town, pupils: first graders by home.
    age, cutoff_month
        Full years of age on the cut-off day; with 31 August 4/12 of one birth year and 8/12 of the next.
    evidence : float
        Births that the pull towards the whole area's ratio is worth.

    Returns
    -------
    DataFrame
        town, births (of the cohorts seen), living, ratio; towns without births are left out.
    """
    table = births.pivot_table(index="town", columns="year", values="births", aggfunc="sum")
    late = (12 - cutoff_month) / 12.0
    found = []
    for year, part in living.groupby("year"):
        first, second = int(str(year)) - age - 1, int(str(year)) - age
        if first in table and second in table:
            pool = late * table[first] + (1.0 - late) * table[second]
            here = part.groupby("town")["pupils"].sum().reindex(pool.index).fillna(0)
            found.append(pd.DataFrame({"births": pool, "living": here}).dropna())
    if not found:
        return pd.DataFrame(columns=["town", "births", "living", "ratio"])
    sums = pd.concat(found).groupby(level=0).sum()
    overall = sums["living"].sum() / sums["births"].sum()
    ratio = (sums["living"] + evidence * overall) / (sums["births"] + evidence)
    return sums.assign(ratio=ratio).rename_axis("town").reset_index()


def to_schools(kept: pd.DataFrame, going: pd.DataFrame) -> pd.DataFrame:
    """Entrants of each school per birth in each home town, as ``forecast`` takes it for `flow`.

    Parameters
    ----------
    kept, going : DataFrame
        From `survival` and `shares`; a town without a ratio of its own takes the mean of the others.

    Returns
    -------
    DataFrame
        town, school, share.
    """
    ratio = going["home"].map(kept.set_index("town")["ratio"]).astype(float)
    share = going["share"] * ratio.fillna(float(kept["ratio"].mean()))
    return going.rename(columns={"home": "town"}).assign(share=share)[["town", "school", "share"]]
