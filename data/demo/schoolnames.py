"""Names of the schools: own ones in the cores, elsewhere that of the town or village."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from data.demo import names
from data.demo.settings import District, rng

_WORDS: Final = {
    "primary": ("小学", "Primary School"),
    "junior": ("初级中学", "Junior High School"),
    "nine_year": ("学校", "Nine-year School"),
    "teaching_point": ("教学点", "Teaching Point"),
}


def school_names(district: District, schools: pd.DataFrame, units: pd.DataFrame) -> list[tuple[str, str]]:
    """Name the schools of a district.

    Parameters
    ----------
    district : District
    schools : DataFrame
        kind, provider, boarding, core, unit (row of `units`), school_id, parent_id.
    units : DataFrame
        name, name_en, town, town_en, grid.

    Returns
    -------
    list of tuple of str
        Chinese and English name of each school, each used once.
    """
    stems = names.schools(rng("school names", district.code))
    out: dict[str, tuple[str, str]] = {}
    for school in schools.to_dict("records"):
        main = out.get(str(school["parent_id"]))
        if main is not None and school["kind"] == "primary":
            named = f"{main[0]}(东校区)", f"{main[1]} (East Campus)"
        else:
            named = _unused(_parts(school, units.iloc[int(school["unit"])], district, stems), out)
        out[str(school["school_id"])] = named
    return list(out.values())


def _parts(
    school: Mapping[Any, Any], unit: pd.Series, district: District, stems: Iterator[tuple[str, str]]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Stem and kind of a school's name, in both languages."""
    if school["core"]:
        stem, stem_en = next(stems)
        place = f"{district.short}{stem}", f"{district.name_en.split()[0]} {stem_en}"
    else:
        place = (unit["name"], unit["name_en"]) if unit["grid"] < 0 else (unit["town"], unit["town_en"])
    word, word_en = _WORDS[school["kind"]]
    central = unit["grid"] > 0 and school["kind"] == "primary" and not school["boarding"]
    kind = ("寄宿制" if school["boarding"] else "中心" if central else "") + word
    kind_en = ("Boarding " if school["boarding"] else "Central " if central else "") + word_en
    return place, (kind, kind_en)


def _unused(
    parts: tuple[tuple[str, str], tuple[str, str]], out: Mapping[str, tuple[str, str]]
) -> tuple[str, str]:
    (place, place_en), (kind, kind_en) = parts
    taken = {name for name, _ in out.values()}
    if f"{place}{kind}" not in taken:
        return f"{place}{kind}", f"{place_en} {kind_en}"
    number = next(n for n in range(2, 10) if f"{place}第{'一二三四五六七八九'[n - 1]}{kind}" not in taken)
    return f"{place}第{'一二三四五六七八九'[number - 1]}{kind}", f"{place_en} {kind_en} No. {number}"
