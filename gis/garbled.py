"""Text that was saved in the wrong encoding before it came here: what it was, where that can be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import pandas as pd

from gis.faults import Fault

#: Different cells of a column that are looked at.
_LOOKED_AT = 500
#: Characters of the first level of GB 2312, the common ones.
_COMMON = (0xB0A1, 0xD7F9)
_LOST = ("锟斤拷", "\ufffd", "烫烫烫", "??????")
#: (what it was read as, what it was in)
_MISTAKES = (("gb18030", "utf-8"), ("latin-1", "gb18030"), ("cp1252", "utf-8"), ("latin-1", "utf-8"))
_LEAST = 3


def garbled(frames: Sequence[pd.DataFrame], *, file: str) -> list[Fault]:
    """Return a fault where the texts of tables are garbled or lost, with an example and what it was.

    A table is garbled when its texts read as common Chinese the other way round; one such text among many
    proper ones is left alone.
    """
    texts = [text for frame in frames for text in _texts(frame)]
    lost = [text for text in texts if any(mark in text for mark in _LOST)]
    faults = []
    if lost:
        faults.append(Fault("text_lost", file, found=lost[0], params={"count": len(lost)}))
    turned = {text: meant for text in texts if text not in lost and (meant := restored(text))}
    if turned and 2 * len(turned) >= len(texts) - len(lost):
        found = next(iter(turned))
        params = {"count": len(turned), "guess": turned[found]}
        faults.append(Fault("text_garbled", file, found=found, params=params))
    return faults


def _texts(frame: pd.DataFrame) -> Iterable[str]:
    """Return headers and different cells of a table that are more than ASCII."""
    for at, header in enumerate(frame.columns):
        if header == "geometry":
            continue
        cells = frame.iloc[:, at].astype(object).unique()
        yield from islice((c for c in cells if isinstance(c, str) and not c.isascii()), _LOOKED_AT)
        if not str(header).isascii():
            yield str(header)


def restored(text: str) -> str:
    """Return what a garbled text was, empty where it is none.

    Examples
    --------
    >>> restored("灏忓尯鍚嶇О"), restored("Ð¡ÇøÃû³Æ"), restored("小区名称")
    ('小区名称', '小区名称', '')
    """
    for read_as, was in _MISTAKES:
        try:
            meant = text.encode(read_as).decode(was)
        except (UnicodeDecodeError, UnicodeEncodeError):
            continue
        han = [c for c in meant if "\u4e00" <= c <= "\u9fff"]
        if len(han) >= _LEAST and all(map(_is_common, han)) and han != list(text):
            return meant
    return ""


def _is_common(character: str) -> bool:
    return _COMMON[0] <= int.from_bytes(character.encode("gb2312", "ignore"), "big") <= _COMMON[1]
