"""What the tests of the readers share: six units in a row, workbooks, the faults of a file."""

import geopandas as gpd
import pytest
import xlsxwriter
from shapely.geometry import box

from gis.faults import FaultError, errors
from gis.layers import SCHEMAS
from gis.readers import read_layer
from gis.schema import check

UNITS = [{"unit_id": f"U{i}", "name": f"小区{i}", "kind": "estate", "residents": 100 * i} for i in range(6)]


def units(crs=4546, shift=500_000):
    squares = [box(shift + i * 100, 4_400_000, shift + i * 100 + 100, 4_400_100) for i in range(6)]
    frame = gpd.GeoDataFrame(UNITS, geometry=squares, crs=crs)
    checked, faults = check(frame, SCHEMAS["units"])
    assert not faults
    return checked


def kinds(faults):
    return sorted(f.kind for f in faults)


def faults_of(path, layer, **options):
    with pytest.raises(FaultError) as caught:
        read_layer(path, layer, **options)
    return errors(caught.value.faults)


def workbook(path, sheets, *, merged=()):
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
        for top, left, bottom, right, text in merged:
            sheet.merge_range(top, left, bottom, right, text)
    book.close()
    return path
