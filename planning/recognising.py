"""Whose form a file is, where its mark is lost: by its name, its title, or what its tables look like."""

import re
from collections.abc import Mapping
from pathlib import Path

from gis.readers import inspect
from planning.forms import FORMS, Form


def layer_in(text: str) -> str:
    """Return the form that a file's name or title names; empty for none or several."""
    plain = text.lower()
    found = {n for n, form in FORMS.items() if form.title.zh in plain or form.title.en.lower() in plain}
    return found.pop() if len(found) == 1 else ""


def layer_of(path: Path) -> str:
    """Return the form that a file's tables look like; empty for none or several."""
    found = {table.layer for table in inspect(path)} & set(FORMS)
    return found.pop() if len(found) == 1 else ""


def owner_in(text: str, form: Form, owners: Mapping[str, str]) -> str:
    """Return the sender whose code, or else whose name, stands in a text; empty for none or several."""
    if form.sender == "office":
        return "office"
    by_code = [o for o in owners if re.search(rf"(?<![A-Za-z0-9]){re.escape(o)}(?![A-Za-z0-9])", text)]
    if form.sender == "school" and len(by_code) == 1:
        return by_code[0]
    named = {o: name for o, name in owners.items() if name and name in text}
    # 第一小学 also stands in 第一小学东校区.
    longest = [o for o, n in named.items() if not any(n != m and n in m for m in named.values())]
    return longest[0] if len(longest) == 1 else ""
