"""How a unit is cut in two along a line, and who is reckoned to live on either side.

Children and pupils are counted by unit, so which side they live on is not known: they are shared out by area
or by numbers that the planner states, and that is an estimate (估).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from gis.faults import Fault, FaultError, Words, register_kinds
from planning import spatial
from planning.project import Project

#: Smallest part of a unit's ground that a line may cut off.
SMALLEST: Final = 0.02
#: What the children were shared out by.
BASES: Final = {"area": Words("面积", "area"), "stated": Words("填写的份额", "stated shares")}
_WIDE: Final = 10.0  # a line goes on at both ends for this many times the width of the unit
_STEPS: Final = 60  # halvings that find the line with a given share of the area on one side

register_kinds(
    {
        "split_unknown": (
            "没有编号为“{found}”的单元。请重新选择。",
            'there is no unit "{found}". Choose again.',
        ),
        "split_line": (
            "这条线没有把“{found}”分成两块(每块至少占 {least} %)。请从单元的一边画到另一边。",
            'the line does not part "{found}" in two (each at least {least} % of it). '
            "Draw it from one side of the unit to the other.",
        ),
        "split_names": (
            "两个部分要有不同的名称。请分别填写。",
            "the two parts need names that differ. Fill in both.",
        ),
        "split_share": (
            "第一部分的份额 {found} 不在 0 和 1 之间。请改正。",
            "the first part's share {found} does not lie between 0 and 1. Correct it.",
        ),
    }
)


@dataclass(frozen=True)
class Wish:
    """How a unit is to be split.

    Attributes
    ----------
    unit_id : str
        The unit.
    line : tuple of (float, float)
        Points of the line in the project's CRS, metres; it goes on straight at both ends.
    names : (str, str)
        Of the part on the left of the line as it is drawn, and of the other.
    share : float or None
        Share of the children in the first part, 0 to 1; None for its share of the area.
    """

    unit_id: str
    line: tuple[tuple[float, float], ...]
    names: tuple[str, str]
    share: float | None = None


def ground(project: Project, unit_id: str) -> Any:
    """Return the polygon that a unit stands for: its own, else its territory.

    Raises
    ------
    FaultError
        If there is no such unit.
    """
    units = project.layers["units"]
    at = units["unit_id"] == unit_id
    if not at.any():
        raise FaultError([Fault("split_unknown", found=unit_id)])
    shape = units.loc[at, "geometry"].iloc[0]
    if shape is not None and shapely.area(shape) > 0:
        return shape
    found = spatial.territories(project)
    return found.loc[found["unit_id"] == unit_id, "geometry"].iloc[0]


def cut(shape: Any, line: Sequence[tuple[float, float]]) -> tuple[Any, Any]:
    """Return the parts of a polygon left and right of a line that goes on straight at both ends.

    Either is empty where the line parts nothing, or meets itself.
    """
    points = np.asarray(line, dtype=float)
    if len(points) < 2 or (points[0] == points[-1]).all():
        return shapely.Polygon(), shape
    west, south, east, north = shapely.bounds(shape)
    reach = _WIDE * (np.hypot(east - west, north - south) + np.ptp(points, axis=0).sum())
    way = (points[-1] - points[0]) / np.hypot(*(points[-1] - points[0]))
    side = np.array([-way[1], way[0]])
    ends = np.vstack([points[0] - reach * way, points, points[-1] + reach * way])
    left = shapely.Polygon(np.vstack([ends, ends[-1] + reach * side, ends[0] + reach * side]))
    if not left.is_valid:
        return shapely.Polygon(), shape
    return _plain(shapely.intersection(shape, left)), _plain(shapely.difference(shape, left))


def _plain(shape: Any) -> Any:
    """Return the polygons of a shape: a cut can leave lines and points beside them."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    flat = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)]
    return flat[0] if len(flat) == 1 else shapely.MultiPolygon(list(flat))


def straight(shape: Any, *, across: str, share: float) -> tuple[tuple[float, float], ...]:
    """Return the straight line that leaves a share of a polygon's area on its left.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
    across : {"west", "south"}
        Which side the first part lies on.
    share : float
        Its share of the area, 0 to 1.
    """
    west, south, east, north = shapely.bounds(shape)
    low, high = (west, east) if across == "west" else (south, north)

    def line(at: float) -> tuple[tuple[float, float], ...]:
        return ((at, south), (at, north)) if across == "west" else ((east, at), (west, at))

    for _ in range(_STEPS):
        middle = (low + high) / 2
        if shapely.area(cut(shape, line(middle))[0]) < share * shapely.area(shape):
            low = middle
        else:
            high = middle
    return line((low + high) / 2)


@dataclass(frozen=True)
class Look:
    """What a split would do.

    Attributes
    ----------
    ids, names : (str, str)
        Of the parts.
    shapes : (geometry, geometry)
        Their ground, in the project's CRS.
    shares : (float, float)
        Of the children.
    basis : str
        Key of `BASES`.
    """

    ids: tuple[str, str]
    names: tuple[str, str]
    shapes: tuple[Any, Any]
    shares: tuple[float, float]
    basis: str


def look(project: Project, wish: Wish) -> Look:
    """Return what a split would do, without doing it.

    Raises
    ------
    FaultError
        With everything that is wrong with the wish.
    """
    shape = ground(project, wish.unit_id)
    parts = cut(shape, wish.line)
    areas = np.array([shapely.area(part) for part in parts]) / shapely.area(shape)
    if faults := _faults(wish, areas):
        raise FaultError(faults)
    share = float(areas[0] if wish.share is None else wish.share)
    taken = set(project.layers["units"]["unit_id"])
    numbers = (f"{wish.unit_id}-{n}" for n in range(1, len(taken) + 3))
    first, second = [i for i in numbers if i not in taken][:2]
    names = (wish.names[0].strip(), wish.names[1].strip())
    return Look((first, second), names, parts, (share, 1 - share), "area" if wish.share is None else "stated")


def _faults(wish: Wish, areas: np.ndarray) -> list[Fault]:
    faults = []
    if areas.min() < SMALLEST:
        faults.append(Fault("split_line", found=wish.unit_id, params={"least": f"{100 * SMALLEST:g}"}))
    if len({name.strip() for name in wish.names} - {""}) < 2:
        faults.append(Fault("split_names", found=wish.unit_id))
    if wish.share is not None and not 0 <= wish.share <= 1:
        faults.append(Fault("split_share", found=f"{wish.share:g}"))
    return faults
