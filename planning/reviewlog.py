"""What a meeting says of plans: comments on places and decisions, kept beside the drafts and never changed.

A comment that has been dealt with is settled by a further entry; nothing is overwritten or taken out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal
from uuid import uuid4

import pandas as pd
import sqlalchemy as sa

from planning.database import engine, make_tables

Kind = Literal["comment", "settle", "decision"]

_META: Final = sa.MetaData()
_ENTRIES: Final = sa.Table(
    "review_entries",
    _META,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("project_id", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
)
_COMMENTS: Final = (
    "id",
    "at",
    "author",
    "stage",
    "unit_id",
    "place",
    "lat",
    "lon",
    "text",
    "settled_by",
    "settled_at",
)
_DECISIONS: Final = (
    "id",
    "at",
    "author",
    "held_on",
    "names",
    "text",
    "stage",
    "year",
    "draft_id",
    "draft",
    "rev",
)


@dataclass(frozen=True)
class Comment:
    """A remark on a place.

    Attributes
    ----------
    text : str
        What is said, in the writer's words.
    stage : {"primary", "junior"}
        Stage of the plans that were looked at.
    unit_id, place : str
        The unit, and what it is called; empty for a remark on no unit.
    lat, lon : float or None
        The point on the map, degrees.
    """

    text: str
    stage: str
    unit_id: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class Decision:
    """What was decided, when and by whom, as typed by the planner.

    Attributes
    ----------
    text, names : str
        The decision, and who took it.
    held_on : date
        Day of the meeting.
    stage : {"primary", "junior"}
        Stage it is about.
    year : int
        School year it is about.
    draft_id, draft, rev
        The draft it speaks of (empty, and revision 0, for none) as it then stood.
    """

    text: str
    names: str
    held_on: date
    stage: str
    year: int
    draft_id: str = ""
    draft: str = ""
    rev: int = 0


class ReviewLog:
    """Comments and decisions of a database of drafts; entries are added, never changed.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, that of the drafts.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        From any method, if the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._engine = engine(url)
        make_tables(self._engine, _META)

    def close(self) -> None:
        """Let go of the file or the server."""
        self._engine.dispose()

    def comment(self, project_id: str, said: Comment, *, author: str) -> str:
        """Add a comment and return its id; it is on disk when this returns.

        Raises
        ------
        ValueError
            If text or author is empty.
        """
        return self._add(project_id, "comment", asdict(said), author=author, texts=(said.text,))

    def settle(self, project_id: str, comment_id: str, *, author: str) -> str:
        """Add that a comment has been dealt with, and by whom.

        Raises
        ------
        KeyError
            If the project has no such comment.
        ValueError
            If the author is empty.
        """
        if comment_id not in set(self.comments(project_id)["id"]):
            raise KeyError(comment_id)
        return self._add(project_id, "settle", {"comment": comment_id}, author=author)

    def decide(self, project_id: str, taken: Decision, *, author: str) -> str:
        """Add a decision and return its id; it is on disk when this returns.

        Raises
        ------
        ValueError
            If text, names or author are empty.
        """
        payload = asdict(taken) | {"held_on": taken.held_on.isoformat()}
        return self._add(project_id, "decision", payload, author=author, texts=(taken.text, taken.names))

    def comments(self, project_id: str, *, stage: str | None = None) -> pd.DataFrame:
        """Return the comments, oldest first.

        Returns
        -------
        DataFrame
            id, at (UTC, ISO 8601), author, stage, unit_id, place, lat, lon, text, and settled_by and
            settled_at: empty where the comment still stands.
        """
        rows = self._rows(project_id)
        ends = {r["payload"]["comment"]: r for r in reversed(rows) if r["kind"] == "settle"}
        found = [_comment(row, ends.get(row["id"])) for row in rows if row["kind"] == "comment"]
        frame = pd.DataFrame(found, columns=list(_COMMENTS)).astype({"lat": "float64", "lon": "float64"})
        return frame if stage is None else frame[frame["stage"] == stage].reset_index(drop=True)

    def decisions(self, project_id: str) -> pd.DataFrame:
        """Return the decisions, oldest first.

        Returns
        -------
        DataFrame
            id, at (UTC, ISO 8601), author (who wrote it down), held_on, names, text, stage, year, draft_id,
            draft, rev.
        """
        rows = [r for r in self._rows(project_id) if r["kind"] == "decision"]
        return pd.DataFrame([_head(r) | r["payload"] for r in rows], columns=list(_DECISIONS))

    def hand_over(self, old_id: str, new_id: str) -> None:
        """Make the entries of one project those of another: in the copy that a new year begins with."""
        with self._engine.begin() as connection:
            mine = _ENTRIES.c.project_id == old_id
            connection.execute(_ENTRIES.update().where(mine).values(project_id=new_id))

    def export(self, project_id: str) -> str:
        """Return every entry of a project as one JSON text, oldest first."""
        return json.dumps(self._rows(project_id), ensure_ascii=False, indent=1)

    def _add(
        self,
        project_id: str,
        kind: Kind,
        payload: Mapping[str, Any],
        *,
        author: str,
        texts: tuple[str, ...] = (),
    ) -> str:
        if not all(text.strip() for text in (author, *texts)):
            raise ValueError("an entry needs its words and a name")
        row = {"id": uuid4().hex, "project_id": project_id, "kind": kind, "payload": dict(payload)}
        row |= {"author": author.strip(), "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        with self._engine.begin() as connection:
            connection.execute(_ENTRIES.insert().values(row))
        return str(row["id"])

    def _rows(self, project_id: str) -> list[dict[str, Any]]:
        names = ("id", "kind", "payload", "author", "at")
        query = sa.select(*(_ENTRIES.c[name] for name in names)).where(_ENTRIES.c.project_id == project_id)
        with self._engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query.order_by(_ENTRIES.c.number))]


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "at", "author")}


def _comment(row: Mapping[str, Any], end: Mapping[str, Any] | None) -> dict[str, Any]:
    settled = {"settled_by": end["author"] if end else "", "settled_at": end["at"] if end else ""}
    return _head(row) | row["payload"] | settled
