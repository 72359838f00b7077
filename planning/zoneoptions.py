"""Optional rules (可选规则) of a project: what the planner chose, and the search under it as a job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gis.faults import Words
from planning import feeders, spatial, unitcolumns, zoneproblem, zonesearch
from planning.progress import Cancelled, Progress, silent
from planning.project import Project, open_project
from planning.zonewalks import nearest_pairs
from zoning.check import check
from zoning.feeders import Feeders
from zoning.options import Options
from zoning.posed import Posed, moved
from zoning.prices import Optioned, Price, limit_moved, prices
from zoning.problem import Problem
from zoning.result import Result
from zoning.solver import Limits

LIMITING = 0.25
"""Share of the time of the search that each try at a limit on moved pupils gets."""

_LIMITING = Words("正在试算调整人数的限制", "trying limits on the pupils moved")
_SEARCHING = Words("按规则求解", "solving with the rules")
_PRICING = Words("计算规则的代价", "pricing the rules")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The optional rules as the planner chose them, JSON values only; all off by default.

    Attributes
    ----------
    max_metres : float, optional
        Longest walk, metres.
    no_crossing : bool
        No walk over a barrier (main road, railway, river); for the primary stage only.
    stay : float
        Price of a pupil moved against the plan in force, metres.
    most_moved : int, optional
        Most pupils moved; the price that keeps it is searched for from `stay` on.
    column : str
        Column of the units that `towns` stand in.
    towns : tuple of str
        Towns or streets (镇街), or groups of another column (社区), kept whole.
    feeders : (str, int, int), optional
        Draft, revision and year of the primary plan whose zones go whole to one junior zone (对口直升), see
        `planning.feeders`; for the junior stage only.
    enclaves : tuple of (str, str)
        Unit and zone of approved 飞地.
    least : int, optional
        Fewest pupils of a zone.
    small : tuple of str
        Zones that neither `least` nor `balance` is asked of, such as those of teaching points (教学点).
    share : float, optional
        Share of its seats that a zone may fill.
    balance : str, optional
        Attribute to balance (`planning.unitcolumns.attributes`).
    deviation : float, optional
        Most that a zone's mean of it, weighted by pupils, may differ from that of all.
    compact : float
        Price of a kilometre of border between zones, pupil-kilometres.
    """

    max_metres: float | None = None
    no_crossing: bool = False
    stay: float = 0.0
    most_moved: int | None = None
    column: str = "town"
    towns: tuple[str, ...] = ()
    feeders: feeders.Source | None = None
    enclaves: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    small: tuple[str, ...] = ()
    share: float | None = None
    balance: str | None = None
    deviation: float | None = None
    compact: float = 0.0

    def payload(self) -> dict[str, Any]:
        """Return what is not at its default, as a draft's step records it."""
        plain = asdict(Choice())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    @staticmethod
    def of(payload: Mapping[str, Any]) -> Choice:
        """Return the choice that a draft's step records; what is not known is left out."""
        known = {name: payload[name] for name in asdict(Choice()) if name in payload}
        known |= {name: tuple(known.get(name, ())) for name in ("towns", "small")}
        known |= {"feeders": tuple(known["feeders"])} if known.get("feeders") else {}
        return Choice(**known | {"enclaves": tuple((u, z) for u, z in known.get("enclaves", ()))})


@dataclass(frozen=True)
class Told:
    """What came of a search under optional rules.

    Attributes
    ----------
    result : Result
        With the plan of all units; cost is walked pupil-kilometres.
    prices : tuple of Price
        What each rule costs.
    broken : DataFrame
        What the plan breaks, the rules included (`zoning.posed.Posed.check`).
    spared : tuple of str
        Units that a rule could not be asked of.
    moved : int
        Pupils moved against the plan in force.
    stay : float
        The price of moving that was used, metres a pupil.
    pupils : int
        Pupils that the search placed.
    cut_off : int
        Units that are cut off but for an approved 飞地.
    most_moved : int or None
        The limit of pupils moved that was asked for; a search that could not keep it moves more.
    border : tuple of float or None
        Kilometres of border between zones of the plan, and of the one in force, where borders had a price.
    means : Series or None
        The balanced attribute by zone_id; the mean of all under the empty text.
    unfit : tuple of (str, str)
        Primary zones that could not be asked to go whole, each with its reason (`zoning.feeders.REASONS`).
    """

    result: Result
    prices: tuple[Price, ...]
    broken: pd.DataFrame
    spared: tuple[str, ...]
    moved: int
    stay: float
    pupils: int
    cut_off: int
    most_moved: int | None = None
    border: tuple[float, float] | None = None
    means: pd.Series | None = None
    unfit: tuple[tuple[str, str], ...] = ()


def options(
    project: Project,
    stage: str,
    choice: Choice,
    problem: Problem,
    present: pd.Series,
    *,
    year: int | None = None,
) -> Options:
    """Return the engine's options for a choice, cut to the units and zones of a problem.

    Parameters
    ----------
    project, stage
        Where towns and crossings come from.
    choice : Choice
        The planner's.
    problem : Problem
        The problem, perhaps of some zones only.
    present : Series
        The plan in force, unit_id -> zone_id.
    year : int, optional
        School year whose entrants are balanced; that of the project by default.
    """
    at = project.year if year is None else year
    crossed = choice.no_crossing and stage == "primary"
    return Options(
        max_metres=choice.max_metres,
        barred=_barred(project, stage, problem) if crossed else (),
        stay=choice.stay,
        present=present.reindex(problem.unit_ids),
        together=_towns(project, choice, problem),
        feeders=fed(project, stage, choice, problem).groups,
        enclaves=tuple((u, z) for u, z in choice.enclaves if u in problem.unit_ids and z in problem.zone_ids),
        least=choice.least,
        small=tuple(zone for zone in choice.small if zone in problem.zone_ids),
        share=choice.share,
        balance=None if choice.balance is None else unitcolumns.attribute(project, choice.balance, stage, at),
        deviation=choice.deviation,
        compact=choice.compact,
        borders=borders(project) if choice.compact else None,
    )


def fed(project: Project, stage: str, choice: Choice, problem: Problem) -> Feeders:
    """Return the primary zones that go whole in a junior problem, and those that cannot, if asked for."""
    if stage != "junior" or choice.feeders is None:
        return Feeders()
    return feeders.fed(project, choice.feeders, problem, share=choice.share)


def borders(project: Project) -> pd.DataFrame:
    """Return the borders of neighbouring units: a, b, metres; none of links that the planner has added."""
    return spatial.adjacency(project)[["a", "b", "shared_m"]].rename(columns={"shared_m": "metres"})


def _barred(project: Project, stage: str, problem: Problem) -> tuple[tuple[str, str], ...]:
    """Return the pairs whose way to the zone's nearest school crosses a barrier."""
    walks = nearest_pairs(project, stage)
    over = walks[walks["crossings"].fillna(0).gt(0)]
    over = over[over["unit_id"].isin(problem.unit_ids) & over["zone_id"].isin(problem.zone_ids)]
    units, zones = (over[name].to_numpy(dtype=object) for name in ("unit_id", "zone_id"))
    return tuple(zip(units, zones, strict=True))


def _towns(project: Project, choice: Choice, problem: Problem) -> tuple[tuple[str, ...], ...]:
    groups = (unitcolumns.members(project, choice.column, town) for town in choice.towns)
    return tuple(tuple(unit for unit in group if unit in problem.unit_ids) for group in groups)


def options_job(
    folder: str | Path,
    stage: str,
    year: int,
    choice: Choice,
    present: pd.Series,
    locks: pd.Series | None = None,
    start: pd.Series | None = None,
    seconds: float | None = 30.0,
    work: int | None = None,
    seed: int = 0,
    within: Collection[str] | None = None,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Told:
    """Find catchments under optional rules, and what each rule costs.

    Parameters
    ----------
    folder, stage, year, locks, start, work, seed, within
        As in `planning.tasks.optimise_job`.
    choice : Choice
        The rules.
    present : Series
        The plan in force, unit_id -> zone_id.
    seconds : float, optional
        Of each search: one with the rules, one without and, of several rules, one for each alone.
    lang : {"zh", "en"}
        Language of the progress messages.
    progress, cancelled : callable, optional
        Given by the job.

    Returns
    -------
    Told
        When cancelled, the best plan so far; prices that are not known then have no value.

    Raises
    ------
    FaultError
        With what the data lack, or what the rules ask for that cannot be.
    """
    from zoning.part import part

    project = open_project(folder)
    tell = progress or silent
    if not spatial.ready(project, stage):
        spatial.derive(project, lang=lang, cancelled=cancelled)
    whole = zoneproblem.build(project, stage, year, locks=locks)
    begin = None if start is None else zoneproblem.fitting(whole, start)
    problem = whole if within is None or begin is None else part(whole, begin, within)
    own = None if begin is None else zoneproblem.fitting(problem, begin)
    rules = options(project, stage, choice, problem, present, year=year)
    search = _Searches(seconds, work, seed, lang, tell, cancelled)
    if choice.most_moved is not None:
        search.step(_LIMITING, 0.0, 0.3, LIMITING)
        rules = limit_moved(
            problem, rules, choice.most_moved, search, start=own, limits=search.limits, seed=seed
        )
    search.step(_SEARCHING, 0.3 if choice.most_moved is not None else 0.0, 1.0, 1.0, len(rules.active))
    found, costs = prices(problem, rules, search, start=own, limits=search.limits, seed=seed)
    told = _told(found, costs, problem, begin, present, choice.most_moved)
    unfit = fed(project, stage, choice, problem).unfit
    return replace(told, unfit=tuple(zip(unfit["primary_zone"], unfit["reason"], strict=True)))


def _told(
    found: Optioned,
    costs: tuple[Price, ...],
    problem: Problem,
    begin: pd.Series | None,
    present: pd.Series,
    most_moved: int | None,
) -> Told:
    result = found.result
    whole = result
    if begin is not None and len(begin) > problem.n_units:
        whole = replace(result, zones=result.zones.reindex(begin.index).fillna(begin))
    return Told(
        result=whole,
        prices=costs,
        broken=found.posed.check(result.zones),
        spared=found.posed.spared,
        moved=moved(problem, present, result.zones),
        stay=found.posed.options.stay,
        pupils=int(problem.demand.sum()),
        cut_off=int((check(problem, result.zones)["kind"] == "cut_off").sum()),
        most_moved=most_moved,
        border=_border(found.posed, result.zones, present),
        means=found.posed.means(result.zones),
    )


def _border(posed: Posed, zones: pd.Series, present: pd.Series) -> tuple[float, float] | None:
    if not posed.options.compact:
        return None
    plans = (zones, zoneproblem.fitting(posed.plain, present))
    price = posed.options.compact
    now, before = (posed.sides.toll(posed.plain, posed.plain.positions(plan)) / price for plan in plans)
    return now, before


class _Searches:
    """Searches one after another with the same time, work and seed, telling how far all of them are."""

    def __init__(
        self,
        seconds: float | None,
        work: int | None,
        seed: int,
        lang: str,
        progress: Progress,
        cancelled: Cancelled | None,
    ) -> None:
        self.seconds, self.work, self.seed, self.lang = seconds, work, seed, lang
        self.progress, self.cancelled = progress, cancelled
        self.limits = Limits(cancelled=cancelled) if cancelled is not None else Limits()

    def step(self, words: Words, low: float, high: float, share: float, rules: int = 11) -> None:
        """Begin a run of searches: what it is called, its part of the bar, its part of the time, how many."""
        self.words, self.low, self.high, self.share = words, low, high, share
        self.many, self.done = rules + (2 if rules > 1 else 1), 0

    def __call__(self, problem: Problem, start: pd.Series | None) -> Result:
        """Solve one problem."""
        from zoning.optimise import optimise

        found = optimise(
            problem,
            start,
            seconds=None if self.seconds is None else self.seconds * self.share,
            work=None if self.work is None else max(int(self.work * self.share), 1),
            seed=self.seed,
            progress=self._tell(),
            cancelled=self.cancelled,
        )
        self.done += 1
        return found

    def _tell(self) -> Callable[[float, float, float], None]:
        """Return what one search reports to."""
        first = self.words is _LIMITING or self.done == 0
        name = (self.words if first else _PRICING).text(self.lang)

        def said(cost: float, bound: float, share: float) -> None:
            at = self.low + (self.high - self.low) * min((self.done + share) / self.many, 1.0)
            stands = f" · {zonesearch.stands(cost, bound, self.lang)}" if self.words is not _LIMITING else ""
            self.progress(at, f"{name} {self.done + 1}/{self.many}{stands}")

        return said
