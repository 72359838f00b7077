"""The append-only store of drafts (方案库), in SQLite or PostgreSQL through SQLAlchemy.

`append(draft, base_rev, op)` adds a step only where nobody has added one since `base_rev`; otherwise it
returns a `Conflict` and writes nothing. What it has acknowledged is on disk (WAL, synchronous=FULL).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gis.faults import Fault, FaultError
from planning import drafts
from planning.database import engine, make_tables
from planning.drafts import DraftState, Op

FORMAT: Final = "huapian-draft"
FORMAT_VERSION: Final = 1

_META: Final = sa.MetaData()
_DRAFTS: Final = sa.Table(
    "drafts",
    _META,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("project_id", sa.String(64), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("parent_id", sa.String(32), sa.ForeignKey("drafts.id")),
    sa.Column("parent_rev", sa.Integer),
)
# The key is what makes two writers at one revision impossible, in any database.
_OPS: Final = sa.Table(
    "ops",
    _META,
    sa.Column("draft_id", sa.String(32), sa.ForeignKey("drafts.id"), primary_key=True),
    sa.Column("rev", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
)


@dataclass(frozen=True)
class Conflict:
    """Someone else was first: nothing was written.

    Attributes
    ----------
    rev : int
        Revision the draft has now.
    base_rev : int
        Revision the refused step was made on.
    since : tuple of Op
        The steps in between, so that the user can see what happened.
    """

    rev: int
    base_rev: int
    since: tuple[Op, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What is known of a draft without its steps."""

    id: str
    project_id: str
    name: str
    author: str
    created_at: str
    parent_id: str | None = None
    parent_rev: int | None = None
    rev: int = 0
    changed_at: str = ""
    changed_by: str = ""


# The store has a method called list, which hides the type inside the class.
Ops = list[Op]
Drafts = list[Draft]


class DraftStore:
    """Drafts in one database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, such as ``sqlite:///drafts.sqlite`` or ``postgresql+psycopg://...``.

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

    def create(
        self, project_id: str, name: str, *, author: str, ops: Sequence[Op] = (), id: str | None = None
    ) -> Draft:
        """Create a draft, with its first steps (the plan in force, the rule values copied).

        Raises
        ------
        ValueError
            If the name is empty.
        FaultError
            If a step is not known.
        """
        if not name.strip():
            raise ValueError("a draft needs a name")
        drafts.check(ops)
        return self._insert(
            Draft(id or uuid4().hex, project_id, name.strip(), author, _now()),
            [_signed(o, author) for o in ops],
        )

    def fork(self, draft_id: str, name: str, *, author: str, rev: int | None = None) -> Draft:
        """Create a draft that starts from another at a revision (default: its last).

        Where the other has been turned to a new year since that revision, so is the new one.

        Raises
        ------
        KeyError
            If there is no such draft.
        ValueError
            If it has no such revision, or the name is empty.
        """
        parent = self.get(draft_id)
        at = parent.rev if rev is None else rev
        if not 0 <= at <= parent.rev:
            raise ValueError(f"no revision {at}: the draft has {parent.rev}")
        if not name.strip():
            raise ValueError("a draft needs a name")
        new = Draft(uuid4().hex, parent.project_id, name.strip(), author, _now(), parent.id, at)
        return self._insert(new, drafts.turns_since(self.history(draft_id), at))

    def append(self, draft_id: str, base_rev: int, op: Op, *, author: str = "") -> int | Conflict:
        """Append a step to a draft that is still at `base_rev`.

        Parameters
        ----------
        draft_id : str
            The draft.
        base_rev : int
            Revision the step was made on.
        op : Op
            The step (see `planning.drafts`).
        author : str
            Who; default the author in the step.

        Returns
        -------
        int or Conflict
            The new revision, on disk when this returns; or, if the draft has moved on, a conflict.

        Raises
        ------
        KeyError
            If there is no such draft.
        ValueError
            If the draft has not reached `base_rev`.
        FaultError
            If the step is not known.
        """
        head = self.get(draft_id).rev
        if base_rev > head or base_rev < 0:
            raise ValueError(f"no revision {base_rev}: the draft has {head}")
        drafts.check([op], first=base_rev + 1)
        if base_rev == head and self._add(draft_id, base_rev + 1, _signed(op, author)):
            return base_rev + 1
        since = tuple(self.history(draft_id)[base_rev:])
        return Conflict(base_rev + len(since), base_rev, since)

    def undo(self, draft_id: str, base_rev: int, *, author: str) -> int | Conflict | None:
        """Append the restore that takes back the last step; None if there is nothing to undo."""
        return self._back(draft_id, base_rev, author, redo=False)

    def redo(self, draft_id: str, base_rev: int, *, author: str) -> int | Conflict | None:
        """Append the restore that brings back what undo took; None if there is nothing to redo."""
        return self._back(draft_id, base_rev, author, redo=True)

    def history(self, draft_id: str) -> Ops:
        """Return the draft's own steps, oldest first: step n is revision n."""
        query = sa.select(_OPS).where(_OPS.c.draft_id == draft_id).order_by(_OPS.c.rev)
        with self._engine.connect() as connection:
            return [Op(r.kind, r.payload, r.author, r.at, r.rev) for r in connection.execute(query)]

    def steps(self, draft_id: str) -> Ops:
        """Return the effective steps of a draft, those of the drafts it was copied from first."""
        return [*self._base(self.get(draft_id)), *drafts.effective(self.history(draft_id))]

    def state(self, draft_id: str, rev: int | None = None) -> DraftState:
        """Return the draft at a revision (default: its last).

        Raises
        ------
        KeyError
            If there is no such draft.
        ValueError
            If it has no such revision.
        """
        return drafts.fold(self.history(draft_id), base=self._base(self.get(draft_id)), rev=rev)

    def get(self, draft_id: str) -> Draft:
        """Return what is known of a draft.

        Raises
        ------
        KeyError
            If there is no such draft.
        """
        found = self._select(_DRAFTS.c.id == draft_id)
        if not found:
            raise KeyError(draft_id)
        return found[0]

    def list(self, project_id: str | None = None) -> pd.DataFrame:
        """List drafts, last changed first.

        Returns
        -------
        DataFrame
            draft_id, project_id, name, author, created_at, parent_id, parent_rev, rev, changed_at,
            changed_by; times in UTC, ISO 8601.
        """
        where = sa.true() if project_id is None else _DRAFTS.c.project_id == project_id
        found = sorted(self._select(where), key=lambda d: (d.changed_at, d.id), reverse=True)
        names = [field.name for field in fields(Draft)]
        frame = pd.DataFrame([astuple(draft) for draft in found], columns=names)
        return frame.rename(columns={"id": "draft_id"}).astype({"parent_rev": "Int64"})

    def compare(self, a: str, b: str) -> pd.DataFrame:
        """Return the units that two drafts place differently (see `planning.drafts.moved`)."""
        return drafts.moved(self.state(a), self.state(b))

    def export(self, draft_id: str) -> str:
        """Return a draft with its whole history as one JSON text."""
        draft = self.get(draft_id)
        base = self._base(draft)
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "draft": {k: getattr(draft, k) for k in ("project_id", "name", "author", "created_at")},
            "base": [asdict(op) for op in base],
            "ops": [asdict(op) for op in self.history(draft_id)],
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    def load(self, text: str, *, author: str, project_id: str | None = None, file: str = "") -> Draft:
        """Create a draft from an exported JSON text, its history kept.

        What the exported draft was forked from becomes its first steps.

        Raises
        ------
        FaultError
            If the text is no exported draft.
        """
        document = _parse(text, file)
        head = document["draft"]
        base = [_op(row) for row in document["base"]]
        ops = base + [_shifted(_op(row), len(base)) for row in document["ops"]]
        drafts.check(ops, file=file)
        project = project_id or str(head.get("project_id", ""))
        new = Draft(uuid4().hex, project, str(head.get("name", "")), author, _now())
        return self._insert(new, [_signed(op, author) for op in ops])

    def _back(self, draft_id: str, base_rev: int, author: str, *, redo: bool) -> int | Conflict | None:
        ops = self.history(draft_id)[:base_rev]
        target = drafts.redo_target(ops) if redo else drafts.undo_target(ops)
        if target is None:
            return None
        step = drafts.restore(target, via="redo" if redo else "undo")
        return self.append(draft_id, base_rev, step, author=author)

    def _base(self, draft: Draft) -> Ops:
        """Return the effective steps of all ancestors up to the forks, oldest first."""
        parts: Sequence[Ops] = ()
        while draft.parent_id is not None:
            parts = [*parts, drafts.effective(self.history(draft.parent_id), draft.parent_rev)]
            draft = self.get(draft.parent_id)
        return [op for part in reversed(parts) for op in part]

    def _insert(self, draft: Draft, ops: Sequence[Op]) -> Draft:
        row = {c.name: getattr(draft, c.name) for c in _DRAFTS.columns}
        with self._engine.begin() as connection:
            connection.execute(_DRAFTS.insert().values(row))
            if ops:
                rows = [_row(draft.id, number, op) for number, op in enumerate(ops, 1)]
                connection.execute(_OPS.insert(), rows)
        return self.get(draft.id)

    def _add(self, draft_id: str, rev: int, op: Op) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.execute(_OPS.insert().values(_row(draft_id, rev, op)))
        except IntegrityError:
            return False
        return True

    def _select(self, where: sa.ColumnElement[bool]) -> Drafts:
        heads = sa.select(_OPS.c.draft_id, sa.func.max(_OPS.c.rev).label("rev"))
        last = heads.group_by(_OPS.c.draft_id).subquery()
        joined = _DRAFTS.outerjoin(last, last.c.draft_id == _DRAFTS.c.id).outerjoin(
            _OPS, sa.and_(_OPS.c.draft_id == _DRAFTS.c.id, _OPS.c.rev == last.c.rev)
        )
        columns = [*_DRAFTS.c, last.c.rev, _OPS.c.at, _OPS.c.author.label("by")]
        query: sa.Select[Any] = sa.select(*columns).select_from(joined).where(where)
        with self._engine.connect() as connection:
            return [_draft(row) for row in connection.execute(query)]


def _draft(row: Any) -> Draft:
    known = {column.name: getattr(row, column.name) for column in _DRAFTS.columns}
    known |= {"rev": row.rev or 0, "changed_at": row.at or row.created_at, "changed_by": row.by or row.author}
    return Draft(**known)


def sqlite_url(path: str | Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite:///{Path(path).resolve().as_posix()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _signed(op: Op, author: str) -> Op:
    return Op(op.kind, op.payload, op.author or author, op.at or _now())


def _row(draft_id: str, rev: int, op: Op) -> dict[str, Any]:
    payload = dict(op.payload)
    return {
        "draft_id": draft_id,
        "rev": rev,
        "kind": op.kind,
        "payload": payload,
        "author": op.author,
        "at": op.at,
    }


def _op(row: Any) -> Op:
    known = row if isinstance(row, dict) else {}
    payload = known.get("payload")
    text = {k: str(known.get(k, "")) for k in ("kind", "author", "at")}
    return Op(text["kind"], payload if isinstance(payload, dict) else {}, text["author"], text["at"])


def _shifted(op: Op, by: int) -> Op:
    rev = op.payload.get("rev")
    if op.kind != "restore" or not isinstance(rev, int):
        return op
    return Op(op.kind, {**op.payload, "rev": rev + by}, op.author, op.at)


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise FaultError([Fault("draft_file", file=file, found=str(error))]) from error
    known = isinstance(document, dict) and document.get("format") == FORMAT
    if not known or document.get("version") != FORMAT_VERSION:
        found = str(document.get("version", document.get("format"))) if isinstance(document, dict) else "—"
        raise FaultError([Fault("draft_file", file=file, found=found)])
    shapes = {"draft": dict, "base": list, "ops": list}
    bad = [name for name, kind in shapes.items() if not isinstance(document.get(name), kind)]
    if bad or not str(document["draft"].get("name", "")).strip():
        raise FaultError([Fault("draft_file", file=file, found=", ".join(bad) or "name")])
    return document
