"""Layers against each other: unknown ids, sums that differ, schools outside the area, units in no catchment.

Each check looks at the layers that are there and says nothing about those that are not.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.faults import Fault
from gis.layers import SCHEMAS, grade_label, value_label, zone_of
from gis.systems import is_local
from gis.systems import name as crs_name
from gis.values import hint
from gis.words import Words, layer_words

Layers = Mapping[str, pd.DataFrame]

#: Column of a layer -> the layer whose id it must be.
REFERENCES: dict[tuple[str, str], str] = {
    ("children", "unit_id"): "units",
    ("catchments", "unit_id"): "units",
    ("estates", "unit_id"): "units",
    ("classes", "school_id"): "schools",
    ("enrolment", "school_id"): "schools",
    ("attendance", "unit_id"): "units",
    ("attendance", "school_id"): "schools",
    ("aliases", "unit_id"): "units",
    ("doorplates", "unit_id"): "units",
    ("links", "a"): "units",
    ("links", "b"): "units",
    ("schools", "parent_id"): "schools",
}
#: Classes of more pupils than this, or of none, are asked about.
UNLIKELY_CLASS = 90
#: Places nearer than this to each other, in metres, are asked about.
SAME_PLACE = 1.0
_KEYS = {"units": "unit_id", "schools": "school_id"}
_KIND_GRADES = {
    "primary": (1, 6),
    "junior": (6, 9),
    "nine_year": (1, 9),
    "twelve_year": (1, 9),
    "teaching_point": (1, 6),
}


def check_project(layers: Layers, *, stage_system: str = "6-3") -> list[Fault]:
    """Return what does not agree between the layers of a project.

    Parameters
    ----------
    layers
        Layer name -> checked frame (see :func:`gis.schema.check`), geometries in one coordinate system.
    stage_system
        ``"6-3"`` or ``"5-4"``: which grades are 小学 and which 初中.

    Returns
    -------
    list of Fault
        Errors (ids that are nowhere, catchments without a school, layers in different coordinate systems) and
        warnings, in the order of the checks. Nothing is raised.
    """
    kept = {name: frame for name, frame in layers.items() if name in SCHEMAS and len(frame)}
    if "schools" in kept:
        kept["schools"] = kept["schools"].assign(zone_id=zone_of(kept["schools"]))
    faults = [fault for check in _CHECKS for fault in check(kept)]
    return faults + _zones_without_stage(kept, stage_system)


def resolve_names(layers: Layers) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Turn references by name (学校 instead of 学校代码) into ids; return the layers and what was done.

    A value that is an id stays. One that is the name of exactly one row becomes its id (warning
    ``reference_by_name``, one for each name); a name of several rows stays and is an error. Zones of
    catchments may be given by the name of a school, too.
    """
    out = dict(layers)
    faults: list[Fault] = []
    columns = {**REFERENCES, ("catchments", "zone_id"): "schools"}
    for (layer, column), target in columns.items():
        if layer in out and target in out and column in out[layer]:
            out[layer], said = _resolved(out[layer], layer, column, out[target], target)
            faults += said
    return out, faults


def _resolved(
    frame: pd.DataFrame, layer: str, column: str, known: pd.DataFrame, target: str
) -> tuple[pd.DataFrame, list[Fault]]:
    key = "zone_id" if (layer, column) == ("catchments", "zone_id") else _KEYS[target]
    if key == "zone_id":
        known = known.assign(zone_id=zone_of(known))
    ids = set(known[key].dropna())
    by_name = known.groupby("name")[key].agg(lambda values: sorted(set(values.dropna())))
    turned: dict[str, str] = {}
    faults = []
    for value in dict.fromkeys(frame[column].dropna()):
        found = by_name.get(value, [])
        if value in ids or not found:
            continue
        words = layer_words(target)
        if len(found) > 1:
            params: dict[str, Any] = {"target": words, "count": len(found), "ids": found}
            faults.append(
                Fault("reference_ambiguous", layer=layer, column=column, found=value, params=params)
            )
        else:
            turned[value] = found[0]
            params = {"target": words, "id": found[0]}
            faults.append(Fault("reference_by_name", "", "", layer, None, column, value, params))
    changed = frame[column].map(lambda v: turned.get(v, v))
    return frame.assign(**{column: changed.astype("str")}) if turned else frame, faults


def _rows(frame: pd.DataFrame) -> Iterable[Any]:
    return frame.itertuples(index=False)


def _systems(layers: Layers) -> Iterable[Fault]:
    """Yield layers whose coordinate system is not that of the first layer that has one."""
    frames = {name: frame for name, frame in layers.items() if isinstance(frame, gpd.GeoDataFrame)}
    located = [(name, frame.crs) for name, frame in frames.items() if frame.crs is not None]
    for name, crs in located[1:]:
        first = located[0][1]
        if crs != first and not (is_local(crs) and is_local(first)):
            params = {"expected": Words(crs_name(first), crs_name(first, "en"))}
            yield Fault("crs_differs", layer=name, found=crs_name(crs), params=params)


def _references(layers: Layers) -> Iterable[Fault]:
    """Yield ids that are not in the layer they point to, once for each id and layer."""
    for (layer, column), target in REFERENCES.items():
        if layer not in layers or target not in layers or column not in layers[layer]:
            continue
        ids = set(layers[target][_KEYS[target]])
        unknown = [v for v in dict.fromkeys(layers[layer][column].dropna()) if v not in ids]
        for value in unknown:
            near = difflib.get_close_matches(value, ids, n=1, cutoff=0.8) if len(unknown) <= 50 else []
            params = {"target": layer_words(target), "hint": hint(near[0] if near else "")}
            yield Fault("reference_unknown", layer=layer, column=column, found=value, params=params)


def _zones(layers: Layers) -> Iterable[Fault]:
    """Yield catchments without a school, and those with private schools only."""
    if not {"catchments", "schools"} <= set(layers):
        return
    schools = layers["schools"]
    for zone in dict.fromkeys(layers["catchments"]["zone_id"].dropna()):
        own = schools[schools["zone_id"] == zone]
        if own.empty:
            yield Fault("zone_unknown", layer="catchments", column="zone_id", found=zone)
        elif "provider" in own and (own["provider"] == "private").all():
            yield Fault("zone_private", layer="catchments", column="zone_id", found=zone)


def _zones_without_stage(layers: Layers, stage_system: str) -> list[Fault]:
    if not {"catchments", "schools"} <= set(layers):
        return []
    schools, last_primary = layers["schools"], int(stage_system.split("-")[0])
    primary = set(schools.loc[schools["lowest_grade"] <= last_primary, "zone_id"])
    teaching = {
        "primary": primary,
        "junior": set(schools.loc[schools["highest_grade"] > last_primary, "zone_id"]),
    }
    pairs = layers["catchments"][["stage", "zone_id"]].dropna().drop_duplicates()
    known = set(schools["zone_id"])
    return [
        Fault("zone_without_stage", layer="catchments", found=zone, params={"stage": _stage_words(stage)})
        for stage, zone in pairs.itertuples(index=False)
        if zone in known and zone not in teaching[stage]
    ]


def _stage_words(stage: str) -> Words:
    return Words(value_label("stage", stage), value_label("stage", stage, "en"))


def _unassigned(layers: Layers) -> Iterable[Fault]:
    """Yield, for each stage and year that has catchments, the units that are in none."""
    if not {"catchments", "units"} <= set(layers):
        return
    names = layers["units"].set_index("unit_id")["name"]
    plans: Any = layers["catchments"].groupby(["stage", "from_year"], sort=True)
    for (stage, year), plan in plans:
        assigned = set(plan.loc[plan["zone_id"].notna(), "unit_id"])
        for unit in names.index[~names.index.isin(assigned)]:
            params = {"name": names.loc[unit], "year": int(year), "stage": _stage_words(stage)}
            yield Fault("unit_unassigned", layer="units", found=unit, params=params)


def _outside(layers: Layers) -> Iterable[Fault]:
    """Yield schools and units that lie outside the union of the areas."""
    areas = layers.get("areas")
    if not isinstance(areas, gpd.GeoDataFrame) or areas.geometry.isna().all():
        return
    whole = areas.geometry.union_all()
    for layer, key in _KEYS.items():
        frame = layers.get(layer)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs != areas.crs:
            continue
        distance = frame.geometry.distance(whole).to_numpy()
        for row in np.flatnonzero(distance > SAME_PLACE):
            params = {"name": frame["name"].iloc[row], "metres": round(float(distance[row]))}
            yield Fault("outside_area", layer=layer, found=str(frame[key].iloc[row]), params=params)


def _owners(layers: Layers) -> Iterable[Fault]:
    """Yield owners of entrances that are nowhere: their entrances are not used."""
    if "entrances" in layers:
        from gis.access import unknown_owners

        yield from unknown_owners(layers["entrances"], layers)


def _class_sums(layers: Layers) -> Iterable[Fault]:
    """Yield school, year and grade whose classes do not add up to the enrolment, where both have them."""
    if not {"classes", "enrolment"} <= set(layers):
        return
    by = ["school_id", "year", "grade"]
    classes = layers["classes"].groupby(by)["pupils"].sum().rename("classes")
    enrolment = layers["enrolment"].groupby(by)["pupils"].sum().rename("enrolment")
    both = pd.concat([classes, enrolment], axis=1, join="inner")
    names = _school_names(layers)
    for row in _rows(both[both["classes"] != both["enrolment"]].reset_index()):
        params = {
            "year": str(row.year),
            "name": names.get(row.school_id, row.school_id),
            "grade": int(row.grade),
            "classes": int(row.classes),
            "enrolment": int(row.enrolment),
            "difference": f"{int(row.classes - row.enrolment):+d}",
        }
        yield Fault("class_sum_differs", layer="classes", found=row.school_id, params=params)


def _school_names(layers: Layers) -> dict[str, str]:
    if "schools" not in layers:
        return {}
    schools = layers["schools"]
    return dict(zip(schools["school_id"], schools["name"]))


def _grades(layers: Layers) -> Iterable[Fault]:
    """Yield pupils in grades that their school does not teach, once for each school, grade and year."""
    if "schools" not in layers:
        return
    taught = layers["schools"].set_index("school_id")[["name", "lowest_grade", "highest_grade"]]
    for layer in ("classes", "enrolment"):
        if layer not in layers:
            continue
        rows = (
            layers[layer].loc[layers[layer]["pupils"] > 0, ["school_id", "year", "grade"]].drop_duplicates()
        )
        rows = rows.join(taught, on="school_id", how="inner")
        outside = (rows["grade"] < rows["lowest_grade"]) | (rows["grade"] > rows["highest_grade"])
        for row in _rows(rows[outside.fillna(False)]):
            params = {
                "name": row.name,
                "lowest": int(row.lowest_grade),
                "highest": int(row.highest_grade),
                "year": str(row.year),
            }
            yield Fault("grade_not_taught", layer=layer, found=str(row.grade), params=params)


def _kinds(layers: Layers) -> Iterable[Fault]:
    """Yield schools whose grades do not fit their kind (a primary school that teaches grade 9)."""
    schools = layers.get("schools")
    if schools is None or "kind" not in schools:
        return
    for row in _rows(schools.dropna(subset=["kind", "lowest_grade", "highest_grade"])):
        first, last = _KIND_GRADES[row.kind]
        if first <= row.lowest_grade and row.highest_grade <= last:
            continue
        words = Words(*(value_label("kind", row.kind, lang, layer="schools") for lang in ("zh", "en")))
        params = {"kind": words, "lowest": int(row.lowest_grade), "highest": int(row.highest_grade)}
        yield Fault("kind_differs", layer="schools", found=row.school_id, params=params)


def _same_places(layers: Layers) -> Iterable[Fault]:
    """Yield schools and units at one point, unless they are parts of one school or share a catchment."""
    for layer, key in _KEYS.items():
        frame = layers.get(layer)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or frame.crs.is_geographic:
            continue
        points = frame[frame.geom_type == "Point"].reset_index(drop=True)
        left, right = points.sindex.query(points.geometry, predicate="dwithin", distance=SAME_PLACE)
        for i, j in zip(left[left < right], right[left < right]):
            if layer == "schools" and _related(points.iloc[i], points.iloc[j]):
                continue
            params = {"name": points["name"].iloc[j], "other": points["name"].iloc[i]}
            yield Fault("same_place", layer=layer, found=str(points[key].iloc[j]), params=params)


def _related(one: pd.Series, other: pd.Series) -> bool:
    parents = {one.get("parent_id"), other.get("parent_id")}
    return one["zone_id"] == other["zone_id"] or bool(parents & {one["school_id"], other["school_id"]})


def _class_sizes(layers: Layers) -> Iterable[Fault]:
    classes = layers.get("classes")
    if classes is None:
        return
    names = _school_names(layers)
    odd = classes[(classes["pupils"] > UNLIKELY_CLASS) | (classes["pupils"] == 0)]
    for row in _rows(odd):
        school = names.get(row.school_id, row.school_id)
        where = f"{school} {row.year} {grade_label(int(row.grade))} {row.class_no}"
        yield Fault("class_size_unlikely", layer="classes", found=str(row.pupils), params={"class": where})


def _years(layers: Layers) -> Iterable[Fault]:
    """Yield tables of years with a year missing between the first and the last."""
    for layer in ("enrolment", "births", "kindergarten"):
        if layer not in layers:
            continue
        years = sorted({int(year) for year in layers[layer]["year"].dropna()})
        gaps = sorted(set(range(years[0], years[-1] + 1)) - set(years)) if years else []
        if gaps:
            yield Fault("years_missing", layer=layer, found=", ".join(map(str, gaps)))


def _districts(layers: Layers) -> Iterable[Fault]:
    """Yield districts of tables that no school and no area bears."""
    known = _district_names(layers)
    if not known:
        return
    for layer in ("enrolment", "births", "kindergarten", "estates", "units"):
        frame = layers.get(layer)
        if frame is None or "district" not in frame:
            continue
        for value in dict.fromkeys(frame["district"].dropna()):
            if value not in known:
                near = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
                params = {"hint": hint(near[0] if near else "")}
                yield Fault("district_unknown", layer=layer, column="district", found=value, params=params)


def _district_names(layers: Layers) -> set[str]:
    named: set[Any] = set()
    if "schools" in layers and "district" in layers["schools"]:
        named |= set(layers["schools"]["district"].dropna())
    if "areas" in layers and "level" in layers["areas"]:
        areas = layers["areas"]
        named |= set(areas.loc[areas["level"] == "district", "name"])
    return named


_CHECKS: tuple[Callable[[Layers], Iterable[Fault]], ...] = (
    _systems,
    _references,
    _zones,
    _unassigned,
    _outside,
    _owners,
    _class_sums,
    _grades,
    _kinds,
    _class_sizes,
    _same_places,
    _years,
    _districts,
)


def missing_layers(layers: Layers, needed: Mapping[str, Words]) -> list[Fault]:
    """Return a fault for each needed layer that is absent or has no rows; ``needed`` says what for."""
    return [
        Fault("layer_missing", layer=name, params={"purpose": purpose})
        for name, purpose in needed.items()
        if name not in layers or not len(layers[name])
    ]
