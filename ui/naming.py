"""Names of places and schools in the tab's language: the English ones where a project has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from threading import Lock

import pandas as pd

from planning.project import Project

ENGLISH = "name_en"


class EnglishLayers(Mapping[str, pd.DataFrame]):
    """The layers of a project with `name` in English, row by row, where there is an English name.

    Attributes
    ----------
    stored : mapping of str to DataFrame
        The layers as they are stored, with the names the bureau uses.
    """

    def __init__(self, stored: Mapping[str, pd.DataFrame]) -> None:
        self.stored = stored
        self._frames: dict[str, pd.DataFrame] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a layer; `KeyError` if the project does not have it."""
        with self._lock:
            if name not in self._frames:
                self._frames[name] = _named(self.stored[name])
            return self._frames[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether the layer is there, without reading it."""
        return name in self.stored

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.stored)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self.stored)


@dataclass(frozen=True)
class EnglishProject(Project):
    """A project as an English page shows it; what is cached for it is kept apart from the Chinese."""

    @property
    def key(self) -> str:
        """Return what a cache goes by: that of the stored project, marked."""
        return f"{super().key}-en"


def english(project: Project) -> Project:
    """Return the project with the English names of its units, schools and estates in place of the Chinese."""
    own = {field.name: getattr(project, field.name) for field in fields(project)}
    return EnglishProject(**{**own, "layers": EnglishLayers(project.layers)})


def stored(project: Project) -> Mapping[str, pd.DataFrame]:
    """Return the layers with the names they are stored with, whatever the page shows."""
    return project.layers.stored if isinstance(project.layers, EnglishLayers) else project.layers


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    if "name" not in frame or ENGLISH not in frame:
        return frame
    known = frame[ENGLISH].notna() & (frame[ENGLISH].astype(str).str.strip() != "")
    return frame.assign(name=frame[ENGLISH].where(known, frame["name"]))
