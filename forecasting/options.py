"""Which options of the command go together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import forecasting.kinds  # noqa: F401  registers the wordings
from gis.faults import Fault, raise_errors

SYSTEMS = ("6-3", "5-4")


def check(
    files: Mapping[str, Path | None],
    *,
    project: str | None,
    own: Mapping[str, str | int | bool | None],
    from_outside: float | None,
) -> None:
    """Check that the forecast is of files or of a project, and that every option is heeded.

    Parameters
    ----------
    files : mapping of str to path
        The files by the name of their option.
    project : str, optional
        Id of a project.
    own : mapping of str to value
        Options that go with files only, among them ``--system``.
    from_outside : float, optional
        Option that goes with a project only.

    Raises
    ------
    FaultError
        With everything that does not go together.
    """
    found = []
    given = [name for name, path in files.items() if path is not None]
    if (files["history"] is None) == (project is None) or (project is not None and given):
        found.append(Fault("fc_option_source"))
    if own["--system"] not in (None, *SYSTEMS):
        found.append(Fault("fc_option_system", found=str(own["--system"])))
    stated = [name for name, value in own.items() if value]
    if project is not None and stated:
        found.append(Fault("fc_option_files", found=", ".join(stated)))
    if project is None and from_outside is not None:
        found.append(Fault("fc_option_outside"))
    raise_errors(found)
