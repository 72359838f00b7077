"""Holes in areas: what lies wholly inside another catchment without belonging to it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely


def holes(areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, zones: pd.Series) -> pd.DataFrame:
    """List the units that lie in a hole of a catchment.

    Parameters
    ----------
    areas
        zone_id and geometry: catchments dissolved from their units.
    units
        unit_id and geometry, in the same system.
    zones
        Plan, unit_id -> zone_id; missing where a unit has no zone.

    Returns
    -------
    pandas.DataFrame
        around (zone_id of the catchment with the hole), hole (1, 2, ...), unit_id, zone_id. Gaps in which no
        unit lies, such as lakes, are not listed.
    """
    rings = [
        (str(zone), shapely.Polygon(ring))
        for zone, shape in zip(areas["zone_id"], areas.geometry, strict=True)
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in part.interiors
    ]
    columns = ["around", "hole", "unit_id", "zone_id"]
    if not rings:
        return pd.DataFrame(columns=columns)
    spots = units.geometry.representative_point().to_numpy()
    ring, spot = shapely.STRtree(spots).query([shape for _, shape in rings], predicate="contains")
    found = pd.DataFrame(
        {
            "around": [rings[r][0] for r in ring],
            "ring": ring,
            "unit_id": units["unit_id"].astype(str).to_numpy()[spot],
        }
    )
    found["zone_id"] = found["unit_id"].map(zones.to_dict())
    found = found[found["zone_id"] != found["around"]]
    found["hole"] = pd.factorize(found["ring"])[0] + 1
    return found.sort_values(["hole", "unit_id"], ignore_index=True)[columns]
