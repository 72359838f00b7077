"""The GeoPackage that holds a project's layers: read one at a time, written whole.

Only GDAL touches the file. Drafts live in another file (`planning.store`), because two libraries
writing one GeoPackage corrupt it.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

import pandas as pd
import pyogrio


class LazyLayers(Mapping[str, pd.DataFrame]):
    """Layers of a GeoPackage by name, each read when first asked for.

    Treat the frames as immutable: copy before changing one, since every reader gets the same frame.

    Parameters
    ----------
    path : Path
        The GeoPackage.
    names : sequence of str
        Layers it holds, in order.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._path = path
        self._names = names
        self._frames: dict[str, pd.DataFrame] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a layer; `KeyError` if the project does not have it."""
        if name not in self._names:
            raise KeyError(name)
        with self._lock:
            if name not in self._frames:
                self._frames[name] = read(self._path, name)
            return self._frames[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether the layer is there, without reading it."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self._names)

    def __getstate__(self) -> dict[str, object]:
        """Pickle the address only, so that a job reads the file itself."""
        return {"path": self._path, "names": self._names}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore from the address."""
        self.__init__(state["path"], state["names"])  # type: ignore[misc]


def read(path: Path, layer: str) -> pd.DataFrame:
    """Read one layer with the dtypes it was saved with.

    Parameters
    ----------
    path : Path
        GeoPackage.
    layer : str
        Name of the layer or table.

    Returns
    -------
    DataFrame or GeoDataFrame
        Whole numbers and flags with gaps come back as `Int64` and `boolean`, not as floats and objects.

    Raises
    ------
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError
        If the file or the layer cannot be read.
    """
    info = pyogrio.read_info(path, layer=layer)
    frame = pyogrio.read_dataframe(path, layer=layer, use_arrow=True)
    stored = dict(zip(info["fields"], info["dtypes"], strict=True))
    mended: dict[str, object] = {}
    for column, kind in stored.items():
        now = frame[column].dtype
        if str(kind).startswith("int") and now.kind == "f":
            mended[column] = frame[column].astype("Int64")
        elif str(kind) == "bool" and now.kind == "O":
            mended[column] = frame[column].astype("boolean")
    return frame.assign(**mended) if mended else frame


def write(path: Path, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write all layers to a new GeoPackage, or leave no file and no change.

    The file is written under a temporary name beside its place and moved there when it is complete.

    Parameters
    ----------
    path : Path
        Where the file shall stand; an older one there is replaced.
    layers : mapping of str to DataFrame or GeoDataFrame
        At least one layer.

    Raises
    ------
    ValueError
        If there is no layer.
    pyogrio.errors.DataSourceError, pyogrio.errors.FieldError, OSError
        If a frame cannot be written; what was at `path` is untouched.
    """
    if not layers:
        raise ValueError("a project needs at least one layer")
    # A directory of its own also catches the -journal and -wal files SQLite may put beside the file.
    scratch = path.with_name(f".{path.stem}.writing")
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / path.name
    try:
        target.unlink(missing_ok=True)
        for name, frame in layers.items():
            pyogrio.write_dataframe(_plain(frame), target, layer=name, driver="GPKG")
        target.replace(path)
    finally:
        for left in scratch.glob("*"):
            left.unlink(missing_ok=True)
        with suppress(OSError):
            scratch.rmdir()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose gaps GDAL understands: it would write `pd.NA` in an object column as "<NA>"."""
    loose = [column for column in frame.columns if frame[column].dtype == object]
    typed = {column: frame[column].convert_dtypes() for column in loose}
    empty = {
        column: values.astype(object).where(values.notna(), None)
        for column, values in typed.items()
        if values.dtype == object
    }
    return frame.assign(**{**typed, **empty}).reset_index(drop=True)
