"""Birth dates, ID numbers and the autumn of entry."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.birthdates import births, cohort, id_numbers

DATES = st.dates(datetime.date(2000, 1, 1), datetime.date(2040, 12, 31))


@given(DATES, st.integers(1, 12), st.integers(1, 28))
def test_a_child_is_six_by_the_cut_off_and_would_not_have_been_a_year_before(
    born: datetime.date, month: int, day: int
) -> None:
    year = cohort(born, cutoff=(month, day))

    def age(on: datetime.date) -> int:
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

    assert age(datetime.date(year, month, day)) >= 6 or (born.month, born.day) == (2, 29)
    assert age(datetime.date(year - 1, month, day)) < 6


def table(*rows: tuple[object, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["birth", "id_number"], dtype=object)


@pytest.mark.parametrize(
    ("birth", "number", "expected"),
    [
        ("2019-05-03", None, datetime.date(2019, 5, 3)),
        ("20190503", None, datetime.date(2019, 5, 3)),
        ("2019年5月3日", None, datetime.date(2019, 5, 3)),
        (datetime.datetime(2019, 5, 3), None, datetime.date(2019, 5, 3)),
        (43588, None, datetime.date(2019, 5, 3)),
        (None, "150602201905031234", datetime.date(2019, 5, 3)),
        (None, "15060220190503123x", datetime.date(2019, 5, 3)),
        (None, "G150602201905031234", datetime.date(2019, 5, 3)),
        (None, 1.50602201905031e17, datetime.date(2019, 5, 3)),
        (None, "150602201913331234", None),
        (None, "护照E1234", None),
    ],
)
def test_birth_dates_are_read(birth: object, number: object, expected: datetime.date | None) -> None:
    found, differ = births(table((birth, number)))
    assert found.iloc[0] == expected or (expected is None and pd.isna(found.iloc[0]))
    assert not differ.any()


def test_a_birth_date_that_the_id_number_denies_is_told() -> None:
    rows = table(
        ("2019-05-03", "150602201905031234"),
        ("2019-05-04", "150602201905031234"),
        ("2019-05", "150602201905031234"),
    )
    assert list(births(rows)[1]) == [False, True, False]


def test_rounded_id_numbers_are_no_keys() -> None:
    ids, rounded = id_numbers(
        pd.Series(["150602201905031234", 1.50602201905031e17, None, "15 0602"], dtype=object)
    )
    assert ids.notna().tolist() == [True, False, False, True]
    assert rounded.tolist() == [False, True, False, False]
