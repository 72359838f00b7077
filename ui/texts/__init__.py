"""The app's words: Chinese is the source text, English comes from the catalogue in ``en/*.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

import streamlit as st

LANGUAGES = {"zh": "中文", "en": "English"}
CATALOGUE = Path(__file__).parent / "en"
# What runs at the click of a download has no tab to ask.
_SPOKEN: ContextVar[str] = ContextVar("spoken", default="")


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Word everything inside in `lang`, for work that runs outside the tab it was asked in."""
    token = _SPOKEN.set(lang)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """Return the language of this browser tab, ``"zh"`` unless the user chose English."""
    chosen = _SPOKEN.get() or st.session_state.get("lang", "zh")
    return chosen if chosen in LANGUAGES else "zh"


@lru_cache(maxsize=1)
def catalogue() -> dict[str, str]:
    """Return the English text of every Chinese source text, merged from ``en/*.toml``.

    Raises
    ------
    ValueError
        When two files give one source text two different translations.
    """
    texts: dict[str, str] = {}
    for path in sorted(CATALOGUE.glob("*.toml")):
        for source, english in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if texts.setdefault(source, english) != english:
                raise ValueError(f"{path.name}: {source!r} is translated twice, differently")
    return texts


def translate(text: str, lang: str, **values: object) -> str:
    """Return `text` (a Chinese source text) in `lang`, its ``{placeholders}`` filled from `values`."""
    worded = catalogue()[text] if lang == "en" else text
    return worded.format(**values) if values else worded


def _(text: str, **values: object) -> str:
    """Return `text` in the language of this browser tab, its ``{placeholders}`` filled.

    Raises
    ------
    KeyError
        When the English catalogue lacks `text`; a test finds these before a user does.
    """
    return translate(text, language(), **values)
