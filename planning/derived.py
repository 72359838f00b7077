"""Files of what a project leads to and can be computed again: in its folder `derived`.

Each stands under a name made of the versions of the layers and the settings it depends on; what a change does
not concern is read again, the rest computed anew.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

import pandas as pd

from planning.project import Project

FOLDER: Final = "derived"
# Raised when what is stored would be computed differently: it becomes part of the file names.
_RECIPE: Final = 4


def path(
    project: Project,
    what: str,
    *settings: object,
    layers: tuple[str, ...] | None = None,
    suffix: str = ".parquet",
) -> Path:
    """Return where something derived is stored for this version of the data and these settings.

    Parameters
    ----------
    project : Project
    what : str
        Name of the file.
    *settings
        Values that the result depends on.
    layers : tuple of str, optional
        The only layers it depends on: saving others leaves it valid. Default: all.
    suffix : str
        Ending of the name.
    """
    version, needed = project.version, None
    if layers is not None:
        needed = [
            (name, project.revisions.get(name, project.version)) for name in layers if name in project.layers
        ]
        version = max((number for _, number in needed), default=0)
    digest = hashlib.sha256(repr((_RECIPE, settings, needed)).encode()).hexdigest()[:8]
    return project.folder / FOLDER / f"{what}-v{version}-{digest}{suffix}"


def store(frame: pd.DataFrame, place: Path, *, attrs: tuple[str, ...] = ()) -> None:
    """Store a frame whole or not at all; of its attrs only those named, which must have a JSON form."""
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = place.with_suffix(".writing")
    # other attrs are working notes of the engines and need not have a JSON form
    plain = frame.copy(deep=False)
    plain.attrs = {name: frame.attrs[name] for name in attrs if name in frame.attrs}
    plain.to_parquet(scratch)
    publish(scratch, place)


def publish(scratch: Path, place: Path) -> None:
    """Put a finished file in its place and drop those of data versions before the last."""
    scratch.replace(place)
    what, version = place.name.split("-v")[0], int(place.name.split("-v")[1].split("-")[0])
    for old in place.parent.glob(f"{what}-v*"):
        number = old.name.split("-v")[1].split("-")[0]
        if number.isdecimal() and int(number) < version - 1:
            with suppress(PermissionError):
                old.unlink(missing_ok=True)
