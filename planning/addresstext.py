"""Addresses as people write them, taken apart: administrative names, street and number, group, place names.

Houses, flats and people are left out on the way: what is kept of an address is what can name a place.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from planning.simplified import simplified

_NUMERALS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS: Final = {"十": 10, "百": 100}
_COUNTED: Final = re.compile(
    r"第?([零〇一二三四五六七八九十百两]+)"
    r"(?=号|栋|幢|单元|楼|室|组|社(?!区)|小组|村民小组|居民小组|队|期|区|弄|巷|层|户|路|街|座(?![一-龥]))"
)
_ORDINAL: Final = re.compile(r"第(?=\d)")
_IN_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]{0,3}[期区])[)\]]")
_MARKS: Final = re.compile(r"[^\w#-]+|_+|(?<![\da-z])-+|-+(?![\da-z])")
_LONG_NUMBER: Final = re.compile(r"\d{7,}[xX]?")
_VAGUE: Final = re.compile(r"对面|旁边?|附近|隔壁|斜对|往[东南西北]|以[东南西北]")
_PROVINCE: Final = re.compile(r"^(?:中国)?[^\d ]{2,6}?(?:省|自治区)")
_CITY: Final = re.compile(r"^[^\d ]{2,7}?(?:市|盟|自治州|地区)(?=[^\d ]{1,6}(?:区|县|旗|市))")
_COUNTY: Final = re.compile(r"^([^\d ]{1,6}?(?:县|旗|市|(?<![小社园校厂])区))")
_FOREIGN: Final = re.compile(r"^([^\d ]{2,5}?(?:县|旗|市))(?=[^\d ]{1,6}?(?:街道|镇|乡(?!村)|苏木))")
_ADMIN_ONLY: Final = re.compile(r"[^\d]{1,6}(?:省|市|自治区|盟|县|旗)")
_TOWN_WORDS: Final = ("街道", "苏木", "镇", "乡")
_STREET: Final = re.compile(
    r"([^\d ]{1,12}?\d{0,2}(?:大街|大道|街|路|巷|胡同|弄|道|里))[东南西北]?侧?(\d{1,5})(?:号院?|(?=[ -]|$))"
)
_GROUP: Final = re.compile(r"(\d+)(?:村民小组|居民小组|村小组|小组|合作社|生产队|组|社(?!区)|队)")
_HOUSE: Final = re.compile(
    r"(?:\d+|[a-z]\d{0,2})(?:号楼|#楼|#|栋|幢|橦|楼|座(?=[\d ]|$))"
    r"|\d+(?:单元|室|户|层|门|房|号(?!院))|[a-z]?\d+(?:-\d+)+|(?<=\D)\d{3,}(?=\D|$)|-\d+"
)
_SMALL: Final = re.compile(r"(.{1,8}?(?:社区|嘎查|村))(?=.{2,})")
_TAILS: Final = (
    (re.compile(r"(?:村民委员会|村委会|行政村)$"), "村"),
    (re.compile(r"(?:居民委员会|居委会)$"), "社区"),
    (re.compile(r"(?:院内|院里|里面|之?内)$"), ""),
    (re.compile(r"(?<=.)(?:住宅小区|居民小区|小区|住宅区)$"), ""),
)


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says.

    Attributes
    ----------
    parts : tuple of str
        Words that may name an estate, a village or a community, in the order written.
    pieces : tuple of str
        The same with a community or village that stands before another name split off.
    group : str
        Village and number of a group (石桥村3组), empty without one.
    village : str
        The village of that group.
    street, number : str, int
        Door number (门牌); an empty street without one.
    town : str
        Town or subdistrict (镇街), as the project names it; empty where none is stated.
    elsewhere : bool
        Whether it names a county that is not the project's.
    vague : bool
        Whether it only says that it is near something (对面, 附近).
    """

    parts: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    group: str = ""
    village: str = ""
    street: str = ""
    number: int = 0
    town: str = ""
    elsewhere: bool = False
    vague: bool = False


def normal(text: str) -> str:
    """Return an address in one way of writing: half-width, simplified, digits, blanks for marks.

    Examples
    --------
    >>> normal("陽光花園（二期）三号楼，第五单元")
    '阳光花园2期3号楼 5单元'
    """
    plain = simplified(unicodedata.normalize("NFKC", text)).lower()
    plain = _IN_BRACKETS.sub(r"\1", plain)
    plain = _ORDINAL.sub("", _COUNTED.sub(_digits, plain))
    return _MARKS.sub(" ", plain).strip()


def core(name: str) -> str:
    """Return a place name without what people add or leave out: 小区, 村委会, blanks.

    Examples
    --------
    >>> core("阳光花园小区"), core("石桥村村民委员会"), core("天骄居委会")
    ('阳光花园', '石桥村', '天骄社区')
    """
    plain = name.replace(" ", "")
    for pattern, short in _TAILS:
        plain = pattern.sub(short, plain)
    return plain.replace("村村", "村")


@lru_cache(maxsize=256)
def _value(word: str) -> int:
    if not set(word) & set(_TENS):
        return int("".join(str(_NUMERALS[c]) for c in word))
    total, digit = 0, 0
    for character in word:
        if character in _TENS:
            total, digit = total + (digit or 1) * _TENS[character], 0
        else:
            digit = _NUMERALS[character]
    return total + digit


def _digits(match: re.Match[str]) -> str:
    return str(_value(match[1]))


def town_stem(town: str) -> str:
    """Return a town's name without 街道, 镇, 乡 or 苏木."""
    for word in _TOWN_WORDS:
        if town.endswith(word) and len(town) > len(word):
            return town.removesuffix(word)
    return town


@dataclass
class Reader:
    """Takes addresses apart, given the administrative names and the streets of the project.

    Parameters
    ----------
    districts, towns, cities
        Names as the project has them.
    streets
        Streets with known door numbers, in the writing of `normal`.
    """

    districts: Iterable[str] = ()
    towns: Iterable[str] = ()
    cities: Iterable[str] = ()
    streets: Iterable[str] = ()
    _town: dict[str, str] = field(default_factory=dict, init=False)
    _known: re.Pattern[str] = field(init=False)
    _counties: frozenset[str] = field(init=False)
    _streets: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        for town in self.towns:
            self._town |= dict.fromkeys(_spellings(normal(town)), town)
        counties = [normal(name) for name in self.districts]
        self._counties = frozenset(re.sub(r"[区县旗市]$", "", name) for name in counties)
        names = [*self._town, *counties, *(normal(city) for city in self.cities)]
        words = sorted((re.escape(name) for name in names if len(name) > 1), key=len, reverse=True)
        self._known = re.compile(f"(?:{'|'.join(words)})(?!村|社区|小区|家园|花园)" if words else r"(?!)")
        self._streets = frozenset(self.streets)

    def read(self, text: str) -> Address:
        """Return what an address says."""
        plain = _LONG_NUMBER.sub(" ", normal(text))
        vague = _VAGUE.search(plain) is not None
        plain, elsewhere = self._outer(plain)
        plain, town = self._inner(plain)
        plain, street, number = self._door(plain)
        plain, group, village = _grouped(plain)
        parts = _parts(_HOUSE.sub(" ", plain))
        pieces = tuple(piece for part in parts for piece in _split(part))
        return Address(parts, pieces, group, village, street, number, town, elsewhere, vague)

    def _outer(self, plain: str) -> tuple[str, bool]:
        """Take off province, city and county; tell whether the county is another one."""
        rest = _PROVINCE.sub("", plain)
        rest = _CITY.sub("", rest)
        county = _FOREIGN.match(rest) if rest == plain else _COUNTY.match(rest)
        if county is None:
            return rest, False
        stem = re.sub(r"[区县旗市]$", "", county[1])
        return rest[county.end() :], bool(self._counties) and stem not in self._counties

    def _inner(self, plain: str) -> tuple[str, str]:
        """Take out the names of the project's counties and towns, wherever they stand."""
        found = [match[0] for match in self._known.finditer(plain)]
        town = next((self._town[name] for name in found if name in self._town), "")
        rest = self._known.sub(" ", plain) if found else plain
        return (rest, town) if rest.strip() else (plain, town)

    def _door(self, plain: str) -> tuple[str, str, int]:
        """Take out street and door number; of an unknown street only the number."""
        match = _STREET.search(plain)
        if match is None:
            return plain, "", 0
        written = match[1]
        ends = (written[at:] for at in range(len(written) - 1))
        street = next((end for end in ends if end in self._streets), "")
        before = written.removesuffix(street) if street else written
        rest = f"{plain[: match.start()]} {before} {plain[match.end() :]}"
        return rest, street or written, int(match[2])


def _spellings(town: str) -> list[str]:
    stem = town_stem(town)
    if not town.endswith("街道"):
        return [f"{town}人民政府", town]
    return [f"{town}办事处", f"{town}办", town, f"{stem}街办", f"{stem}办事处", f"{stem}办"]


def _grouped(plain: str) -> tuple[str, str, str]:
    match = _GROUP.search(plain)
    if match is None:
        return plain, "", ""
    rest = f"{plain[: match.start()]} {plain[match.end() :]}"
    before = _parts(_HOUSE.sub(" ", plain[: match.start()]))
    village = _split(before[-1])[-1] if before else ""
    return rest, f"{village}{match[1]}组" if village else "", village


def _parts(plain: str) -> tuple[str, ...]:
    words = (core(word) for word in plain.split())
    kept = (word for word in words if len(word) > 1 and not word.isdecimal())
    return tuple(dict.fromkeys(word for word in kept if not _ADMIN_ONLY.fullmatch(word)))


def _split(part: str) -> list[str]:
    pieces = [core(piece) for piece in _SMALL.split(part) if piece]
    return [piece for piece in pieces if len(piece) > 1] or [part]
