"""Homes found from addresses, offline: by name, alias, group, door number, sound and small errors.

What fits several units is not guessed: it is reported as ambiguous, with the units it fits. Nothing here
writes anything; addresses stay in the memory of the caller.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from gis.faults import Words
from planning.addresstext import Address
from planning.gazetteer import RANKS, Entry, Gazetteer, stem
from planning.progress import Cancelled, Progress
from planning.syllables import sounds

#: How an address was understood, in the order in which ways are tried; what follows `MATCHED` has no unit.
KINDS: Final = {
    "code": Words("表中写明的单元", "unit stated in the table"),
    "name": Words("名称一致", "same name"),
    "alias": Words("地址别名", "alias"),
    "group": Words("村组", "village group"),
    "door": Words("门牌号", "door number"),
    "phase": Words("名称一致，期数或片号未写或不同", "same name, phase left out or another"),
    "within": Words("名称在地址中", "name within the address"),
    "sound": Words("同音字", "characters of the same sound"),
    "near": Words("差一两个字", "one or two characters differ"),
    "ambiguous": Words("不止一处符合，没有猜", "fits several, not guessed"),
    "outside": Words("外县地址", "in another county"),
    "unknown": Words("找不到", "not found"),
    "blank": Words("没有填写", "blank"),
}
MATCHED: Final = ("code", "name", "alias", "group", "door", "phase", "within", "sound", "near")
#: Confidence by kind: the share found right on the generated addresses of benchmarks/addresses.py, rounded
#: down; it tells the ways apart and is no probability for one county's files.
CONFIDENCE: Final = {
    "code": 1.0, "name": 0.99, "alias": 0.99, "group": 0.99, "door": 0.99, "phase": 0.95, "within": 0.95,
    "sound": 0.98, "near": 0.95,
}  # fmt: skip
#: Taken off where the address states another town than that of the unit.
OTHER_TOWN: Final = 0.1
#: Characters that tell places of like names apart: a difference in one of them is no slip of the pen.
_TELLING: Final = frozenset("0123456789东南西北中上下前后左右大小新老内外abcdefghijklmnopqrstuvwxyz期区组")
_LEADS: Final = re.compile(r"(?:路|街|道|巷|口|旁|侧|村|社区|镇|乡|苏木|县|区|旗|市|号|处|办|段|附近|内)$")
_TRAILS: Final = re.compile(
    r"(?:小区|住宅)?(?:[东南西北]?门(?:口|面)?|底商|物业|商铺|公寓|车库|院|楼|别墅|家属[楼院]|对面|附近|旁边?|内)?"
)
_LONG_NAME: Final = 7


class Found(NamedTuple):
    """What an address was matched to: kind, confidence 0 to 1, and the units it fits (one if matched)."""

    kind: str
    confidence: float = 0.0
    units: tuple[str, ...] = ()


_UNKNOWN: Final = Found("unknown")


def match(
    addresses: Iterable[str | None],
    names: Gazetteer,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> pd.DataFrame:
    """Match addresses to units.

    Parameters
    ----------
    addresses : iterable of str or None
        As people write them.
    names : Gazetteer
        Of the project (`planning.gazetteer.gazetteer`).
    progress, cancelled : callable, optional
        Given by a job. When cancelled, the rest is `unknown`.

    Returns
    -------
    DataFrame
        One row an address in the order given: `unit_id` (NA where not matched), `kind` (see `KINDS`),
        `confidence` (0 to 1) and `units`, the units that an ambiguous address fits, with a comma between.

    Notes
    -----
    Two addresses that name the same place in the same way are looked up once.
    """
    texts = pd.Series(list(addresses), dtype=object)
    codes, distinct = pd.factorize(texts)
    find = lru_cache(maxsize=200_000)(lambda address: look_up(address, names))
    found: list[Found] = []
    for number, text in enumerate(distinct):
        if number % 2000 == 0:
            if cancelled is not None and cancelled():
                found += [_UNKNOWN] * (len(distinct) - number)
                break
            if progress is not None:
                progress(number / len(distinct), "")
        found.append(find(names.reader.read(str(text))) if str(text).strip() else Found("blank"))
    found.append(Found("blank"))  # of code -1: there is nothing in the cell
    rows = pd.DataFrame(
        {
            "unit_id": [one.units[0] if one.kind in MATCHED else None for one in found],
            "kind": [one.kind for one in found],
            "confidence": [one.confidence for one in found],
            "units": [",".join(one.units) for one in found],
        }
    ).astype({"unit_id": "str", "kind": "str", "units": "str"})
    return rows.iloc[codes].reset_index(drop=True)


def rates(kinds: Iterable[str]) -> pd.DataFrame:
    """Return how many addresses were understood in which way.

    Returns
    -------
    DataFrame
        `kind`, `rows`, `share` (of all addresses) in the order of `KINDS`; kinds without a row are left out.
    """
    counts = pd.Series(list(kinds), dtype="str").value_counts()
    rows = [(kind, int(counts[kind])) for kind in KINDS if kind in counts]
    frame = pd.DataFrame(rows, columns=["kind", "rows"]).astype({"kind": "str", "rows": "int64"})
    return frame.assign(share=frame["rows"] / max(int(frame["rows"].sum()), 1))


def look_up(address: Address, names: Gazetteer) -> Found:
    """Return what an address that was taken apart fits (see `match`)."""
    if address.elsewhere:
        return Found("outside", 0.95)
    by_name = _by_name(address, names)
    by_door = _by_door(address, names)
    named, doored = _matched(by_name), _matched(by_door)
    # a misspelt name may speak against the door, too
    said = named or (_matched(_by_likeness(address, names)) if doored else None)
    if said and doored and said.units != doored.units:
        return _ambiguous((*said.units, *doored.units))
    found = named or doored or by_door or by_name or _by_likeness(address, names)
    if address.vague and found.kind in MATCHED:
        return _ambiguous(found.units)
    return found


def _matched(found: Found | None) -> Found | None:
    return found if found is not None and found.kind in MATCHED else None


def _ambiguous(units: Iterable[str]) -> Found:
    return Found("ambiguous", 0.0, tuple(dict.fromkeys(units)))


def _chosen(kind: str, entries: Sequence[Entry], town: str) -> Found:
    """Return the unit among those of a name: the one in the town that is stated, or the only one."""
    here = [entry for entry in entries if town and entry.town == town]
    left = here or list(entries)
    units = tuple(dict.fromkeys(entry.unit_id for entry in left))
    if len(units) > 1:
        best = min(entry.rank for entry in left)
        top = tuple(dict.fromkeys(entry.unit_id for entry in left if entry.rank == best))
        if len(top) > 1 or not here:
            return _ambiguous(units)
        units = top
    other = bool(town) and not here and all(entry.town for entry in left)
    kind = "alias" if kind == "name" and all(entry.alias for entry in left) else kind
    return Found(kind, CONFIDENCE[kind] - OTHER_TOWN * other, units)


def _by_name(address: Address, names: Gazetteer) -> Found | None:
    """Return what the group, then the whole names, then their phases fit."""
    if address.group:
        if address.group in names.names:
            return _chosen("group", names.names[address.group], address.town)
        if address.village in names.stems:
            return _ambiguous(e.unit_id for n in names.stems[address.village] for e in names.names[n])
    words = tuple(dict.fromkeys((*address.parts, *address.pieces)))
    exact = [entry for word in words for entry in names.names.get(word, ())]
    if exact:
        return _specific(exact, address.town, words, names)
    found = [_phase(word, address.town, names) for word in words]
    return next((one for one in found if one), None) or _within(address, names)


def _specific(entries: Sequence[Entry], town: str, words: Sequence[str], names: Gazetteer) -> Found:
    """Return the most specific of the units that an address names: an estate before its community."""
    best = min(entry.rank for entry in entries)
    top = [entry for entry in entries if entry.rank == best]
    phased = [word for word in words if word in names.names and word in names.stems]
    if phased and len({entry.unit_id for entry in top}) == 1:
        return _chosen("phase", top, town)
    return _chosen("name", top, town)


def _phase(word: str, town: str, names: Gazetteer) -> Found | None:
    """Return the estate whose phase the address leaves out, or states where the estate has none."""
    if word in names.stems:
        entries = [entry for name in names.stems[word] for entry in names.names[name]]
        groups = any(name.endswith("组") for name in names.stems[word])
        return _ambiguous(e.unit_id for e in entries) if groups else _chosen("phase", entries, town)
    short = stem(word)
    if short == word:
        return None
    if short in names.stems:
        return _ambiguous(e.unit_id for name in names.stems[short] for e in names.names[name])
    return _chosen("phase", names.names[short], town) if short in names.names else None


def _within(address: Address, names: Gazetteer) -> Found | None:
    """Return the longest name inside a word of the address, where what stands around it is no name."""
    for word in address.pieces:
        for size in range(len(word) - 1, 2, -1):
            for start in range(len(word) - size + 1):
                name = word[start : start + size]
                if name in names.names and _stands_free(word[:start], word[start + size :]):
                    return _chosen("within", names.names[name], address.town)
    return None


def _stands_free(before: str, after: str) -> bool:
    return (not before or bool(_LEADS.search(before))) and bool(_TRAILS.fullmatch(after))


def _by_door(address: Address, names: Gazetteer) -> Found | None:
    fitting = [d.entry for d in names.doors.get(address.street, ()) if d.holds(address.number)]
    return _chosen("door", fitting, address.town) if fitting else None


def _by_likeness(address: Address, names: Gazetteer) -> Found:
    """Return what the words fit but for wrong characters; offer what is only a little like them."""
    words = [address.group, *address.pieces] if address.group else list(address.pieces)
    offered: list[str] = []
    for word in (word for word in words if len(word) > 2):
        found = _spoken(word, address.town, names) or _near(word, address.town, names)
        if found.kind in MATCHED:
            return found
        offered += found.units
    return _ambiguous(offered) if offered else _UNKNOWN


def _spoken(word: str, town: str, names: Gazetteer) -> Found | None:
    """Return the unit whose name sounds the same; 家园 is not 佳苑, nor 蒋家湾 姜家湾 in no stated town."""
    alike = [name for name in names.spoken.get(sounds(word), ()) if not _tells(word, name)]
    entries = [entry for name in alike for entry in names.names[name]]
    if not entries:
        return None
    here = bool(town) and any(entry.town == town for entry in entries)
    kinds = all(a != b for name in alike for a, b in zip(word[-2:], name[-2:], strict=True))
    surnames = not here and any(name[0] != word[0] for name in alike) and entries[0].rank == RANKS["village"]
    if kinds or surnames:
        return _ambiguous(entry.unit_id for entry in entries)
    return _chosen("sound", entries, town)


def _near(word: str, town: str, names: Gazetteer) -> Found:
    """Return the one name nearest by sound; what is not near enough is only offered."""
    most = 2 if len(word) >= _LONG_NAME else 1
    near = process.extract(
        sounds(word), names.spoken.keys(), scorer=Levenshtein.distance, score_cutoff=most, limit=6
    )
    if not near:
        return _UNKNOWN
    best = near[0][1]
    like = [name for key, distance, _ in near if distance == best for name in names.spoken[key]]
    entries = [entry for name in like for entry in names.names[name]]
    alone = len({entry.unit_id for entry in entries}) == 1
    if alone and any(_slip(word, name, town, names.names[name]) for name in like):
        return _chosen("near", entries, town)
    return _ambiguous(entry.unit_id for entry in entries)


def _tells(word: str, name: str) -> bool:
    """Tell whether two names differ in a character that tells places apart."""
    return any(
        set(word[op.src_pos : op.src_pos + (op.tag != "insert")]) & _TELLING
        or set(name[op.dest_pos : op.dest_pos + (op.tag != "delete")]) & _TELLING
        for op in Levenshtein.editops(word, name)
    )


def _slip(word: str, name: str, town: str, entries: Sequence[Entry]) -> bool:
    """Tell whether a name is likely meant by a word that sounds a little different.

    The address must state the town of the unit. The last two characters (花园, 家园) and those that tell
    places apart must sound the same. A character in place of another counts in names of five and more, or of
    four in estates: 李家沟 is not 刘家沟.
    """
    if not town or any(entry.town not in (town, "") for entry in entries):
        return False
    if _tells(word, name) or sounds(word[-2:]) != sounds(name[-2:]):
        return False
    least = 4 if len(word) != len(name) or all(entry.rank == 0 for entry in entries) else 5
    return len(name) >= least


def place_word(address: Address) -> str:
    """Return the words of an address by which its place may be known again, empty where there are none.

    No street with a door number, no house, no flat, no long number is in it. A person's name that was written
    into the address may be: `planning.rolls` keeps a word as an alias only where it is not a name.

    Examples
    --------
    >>> from planning.addresstext import Reader
    >>> place_word(Reader().read("阳光花园小区3号楼2单元501室"))
    '阳光花园'
    """
    if address.group:
        return address.group
    pieces = [piece for piece in address.pieces if piece != address.street]
    return pieces[-1] if pieces else ""
