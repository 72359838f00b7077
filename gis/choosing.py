"""Which tables of a file are read as a layer: those that bear its name, else those that look like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gis.columns import Schema
from gis.faults import Fault, FaultError
from gis.headers import fold_header, layer_title, match_headers, score
from gis.layers import SCHEMAS
from gis.rawtable import TableFile, TableHead
from gis.wide import effective_headers
from gis.words import layer_words

#: A table looks like a layer from this score on (see :func:`gis.headers.score`).
LIKELY = 0.7
#: Scores that differ by no more than this say that a table may be either layer.
_ALIKE = 0.02
_NOTES = ("说明", "填表说明", "notes", "readme")


def likeliest(head: TableHead, *, file: str = "") -> tuple[str, float]:
    """Return the layer that a table is named after, else the one its headers look most like; and its score.

    Where layers with the same headers are alike (roads and rivers), a word in the name of the sheet or the
    file decides. The layer is empty where the table looks like none.
    """
    scores = {
        name: score(effective_headers(head.headers, schema), schema, geometry=head.geometry)
        for name, schema in SCHEMAS.items()
    }
    named = [name for name in SCHEMAS if head.name and layer_title(head.name, name)]
    best = named[0] if named else _best(scores, f"{Path(file).stem} {head.name}".lower())
    return (best, scores[best]) if named or scores[best] >= LIKELY else ("", scores[best])


def _best(scores: Mapping[str, float], title: str) -> str:
    most = max(round(score, 2) for score in scores.values())
    alike = [name for name in scores if round(scores[name], 2) >= most - _ALIKE]
    told = [name for name in alike if any(word in title for word in SCHEMAS[name].titles)]
    return told[0] if len(told) == 1 else max(scores, key=lambda name: round(scores[name], 2))


def chosen(
    opened: TableFile, schema: Schema, table: str | Sequence[str] | None, mapping: Mapping[str, str]
) -> tuple[list[str], list[Fault]]:
    """Return the names of the tables to read as a layer, and warnings about the choice.

    Parameters
    ----------
    opened
        The file.
    schema
        Of the layer.
    table
        The table or tables that the user names, None to choose.
    mapping
        Headers whose meaning the user has said, which tell a table apart too.

    Raises
    ------
    FaultError
        ``table_missing``, ``layer_not_found`` or ``layer_ambiguous``.
    """
    tables = [head.name or opened.file for head in opened.heads]
    if table is not None:
        wanted = [table] if isinstance(table, str) else list(table)
        missing = [name for name in wanted if name not in [head.name for head in opened.heads]]
        if missing:
            there = {"tables": tables}
            raise FaultError([Fault("table_missing", opened.file, found=n, params=there) for n in missing])
        return wanted, []
    if len(opened.heads) == 1:
        return [opened.heads[0].name], []
    likely = _likely(opened, schema, mapping)
    label = layer_words(schema.name)
    if not likely:
        params = {"tables": tables, "layer": label}
        raise FaultError([Fault("layer_not_found", opened.file, layer=schema.name, params=params)])
    names = [head.name for head in likely]
    if len({_columns(head, schema, mapping) for head in likely}) > 1:
        params = {"tables": names, "layer": label}
        raise FaultError([Fault("layer_ambiguous", opened.file, layer=schema.name, params=params)])
    joined = [Fault("tables_joined", opened.file, layer=schema.name, params={"tables": names})]
    return names, (joined if len(names) > 1 else []) + _left(opened, likely)


def _columns(head: TableHead, schema: Schema, mapping: Mapping[str, str]) -> frozenset[str]:
    headers = effective_headers(head.headers, schema)
    folded = {fold_header(header) for header in headers}
    own = {header: name for header, name in mapping.items() if fold_header(header) in folded}
    return frozenset(match_headers(headers, schema, mapping=own).columns)


def _left(opened: TableFile, likely: list[TableHead]) -> list[Fault]:
    return [
        Fault("table_left", opened.file, head.name)
        for head in opened.heads
        if head not in likely
        and head.rows
        and not likeliest(head, file=opened.file)[0]
        and not _is_notes(head)
    ]


def _likely(opened: TableFile, schema: Schema, mapping: Mapping[str, str]) -> list[TableHead]:
    named = [head for head in opened.heads if layer_title(head.name, schema.name)]
    if named:
        return named
    mapped = {fold_header(header) for header in mapping}
    return [
        head
        for head in opened.heads
        if likeliest(head, file=opened.file)[0] == schema.name
        or mapped & {fold_header(header) for header in head.headers}
    ]


def _is_notes(head: TableHead) -> bool:
    return fold_header(head.name) in _NOTES or head.name.startswith("说明")
