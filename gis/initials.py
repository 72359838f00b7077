"""Headers written as the initials of their pinyin (XQMC for 小区名称), as fields of shapefiles often are.

The 3,755 characters of the first level of GB 2312 stand in the order of their pinyin, so the first character
of each letter is all that is needed; of a character with several readings the standard's place decides.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

_LETTERS: Final = "abcdefghjklmnopqrstwxyz"
_FIRSTS: Final = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_AFTER: Final = 0xD7FA
_WRITTEN: Final = re.compile(r"[a-z]{3,10}")


def _code(character: str) -> int:
    return int.from_bytes(character.encode("gb2312", "ignore"), "big")


_STARTS: Final = tuple(map(_code, _FIRSTS))


def initials(text: str) -> str:
    """Return the initials of a Chinese text's pinyin; empty where a character's sound is not known.

    Examples
    --------
    >>> initials("小区名称"), initials("常住人口"), initials("name")
    ('xqmc', 'czrk', '')
    """
    codes = [_code(character) for character in text]
    if not all(_STARTS[0] <= code < _AFTER for code in codes):
        return ""
    return "".join(_LETTERS[bisect_right(_STARTS, code) - 1] for code in codes)


def may_be_initials(header: str) -> bool:
    """Tell whether a folded header is short enough and of letters only."""
    return _WRITTEN.fullmatch(header) is not None
