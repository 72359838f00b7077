"""What a benchmark on real input says: lines for people, and the same figures by name for the tests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

BENCH = Path(__file__).parents[2] / "shared" / "bench"
SHOWN = 12


@dataclass
class Report:
    """One input's report, printed line by line as the work goes on.

    Attributes
    ----------
    title : str
        Heading.
    figures : dict
        Every figure by a short name.
    maps : list of Path
        The one-file maps written.
    quiet : bool
        Keep it to oneself (tests).
    """

    title: str
    figures: dict[str, float] = field(default_factory=dict)
    maps: list[Path] = field(default_factory=list)
    quiet: bool = False
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.line(f"\n=== {self.title} ===")

    def line(self, text: str) -> None:
        """Say one line."""
        if not self.quiet:
            print(text, flush=True)

    def part(self, text: str) -> None:
        """Begin a part, with the seconds since the start."""
        self.line(f"\n--- {text} [{time.monotonic() - self._began:.1f} s]")

    def figure(self, name: str, words: str, value: float, beside: float | None = None, of: str = "") -> None:
        """Say a figure and, where there is a published or in-force value, its ratio to that."""
        self.figures[name] = float(value)
        text = f"  {words}: {number(value)}"
        if beside is not None:
            self.figures[f"{name}_ratio"] = float(value) / beside if beside else float("nan")
            ratio = f", ratio {value / beside:.5f}" if beside else ""
            text += f"   ({of} {number(beside)}{ratio})"
        self.line(text)

    def table(self, frame: pd.DataFrame) -> None:
        """Say a table."""
        text = frame.to_string(float_format=lambda v: f"{v:,.3f}".rstrip("0").rstrip("."))
        self.line("\n".join(f"  {row}" for row in text.splitlines()))

    def some(self, rows: Sequence[str], *, shown: int = SHOWN) -> None:
        """Say the first rows, and how many more there are."""
        for row in rows[:shown]:
            self.line(f"  - {row}")
        if len(rows) > shown:
            self.line(f"  - ... and {len(rows) - shown} more")

    def page(self, folder: Path, name: str, content: str) -> None:
        """Write a one-file map and say where it is."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.html"
        path.write_text(content, encoding="utf-8")
        self.maps.append(path)
        self.line(f"  map: {path} ({path.stat().st_size / 1e6:.1f} MB)")


def number(value: float) -> str:
    """A figure for reading: whole numbers whole, others to a sensible decimal."""
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"


def imported(report: Report, record: Mapping[str, Any]) -> None:
    """Say what an import read, assumed and warned of."""
    report.part(f"imported as a project in {record['crs']['en']}")
    for layer in record["layers"]:
        report.line(f"  {layer['en']}: {layer['rows']:,} rows from {layer['file']}")
    report.line("  assumed:")
    report.some([words["en"] for words in record["assumed"]])
    report.line(f"  warnings: {len(record['warnings'])}")
    report.some([fault["en"] for fault in record["warnings"]])


def pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Unordered pairs of the columns a and b."""
    ends: Iterable[tuple[str, str]] = zip(frame["a"].astype(str), frame["b"].astype(str))
    return {(min(pair), max(pair)) for pair in ends}
