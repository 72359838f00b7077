"""Write TOML: the standard library reads it (tomllib) and does not write it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime


def dumps(document: Mapping[str, object]) -> str:
    """Write a document of scalars, lists of scalars, tables and arrays of tables, two levels deep.

    Keys whose value is None are left out, because TOML has no null.

    Parameters
    ----------
    document : mapping
        Scalars and lists come first in the text, then tables, then arrays of tables.

    Returns
    -------
    str
        TOML text that `tomllib.loads` reads back to the same document.

    Raises
    ------
    ValueError
        If a value has no TOML form.

    Examples
    --------
    >>> print(dumps({"year": 2026, "packs": ["national"], "layers": {"units": 3}}), end="")
    year = 2026
    packs = ["national"]
    <BLANKLINE>
    [layers]
    units = 3
    """
    plain = {k: v for k, v in document.items() if not isinstance(v, Mapping) and not _is_tables(v)}
    parts = [_pairs(plain)]
    parts += [f"[{_key(k)}]\n{_pairs(v)}" for k, v in document.items() if isinstance(v, Mapping)]
    for key, value in document.items():
        if _is_tables(value) and isinstance(value, Sequence):
            parts += [f"[[{_key(key)}]]\n{_pairs(row)}" for row in value]
    return "\n".join(part for part in parts if part)


def _is_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _pairs(table: Mapping[str, object]) -> str:
    return "".join(f"{_key(k)} = {_value(v)}\n" for k, v in table.items() if v is not None)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    raise ValueError(f"no TOML form for {type(value).__name__}")
