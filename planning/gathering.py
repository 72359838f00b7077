"""What came in, gathered: files, folders of returns and archives, each table guessed to be a layer.

Several tables may make one layer (a workbook a town). What cannot be read is listed with how to save it; what
looks like no layer is listed too, so that nothing is left out unseen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from gis.faults import WARNING, Fault, FaultError, register_kinds
from gis.layers import SCHEMAS
from gis.readers import TableInfo, inspect
from planning import mappings
from planning.reading import Source

register_kinds(
    {
        "import_word": (
            "“{found}”应写成 图层=文件（如 units=小区.xlsx），或是一个文件夹或 .zip。图层有：{layers}。",
            '"{found}" should read layer=file (such as units=units.xlsx), or be a folder or a .zip. '
            "Layers: {layers}.",
        ),
        "import_stated_unknown": (
            "“{found}”应写成 文件名=坐标系，且文件名要在这次导入的文件里：{files}。",
            '"{found}" should read file=system, with a file of this import: {files}.',
        ),
    }
)
register_kinds(
    {
        "import_table_left": (
            "看不出是哪个图层，没有导入。要导入的话，请写成 图层=文件，或在导入页为它选定图层。",
            "looks like no layer and was not imported. To import it, write layer=file, or choose its layer "
            "on the import page.",
        ),
    },
    level=WARNING,
)
ARCHIVES: Final = (".zip",)


@dataclass(frozen=True)
class Gathered:
    """Sources by layer, and what is said about the files that are in none.

    Attributes
    ----------
    sources : dict of str to tuple of Source
        Layer -> its tables, in the order of the files.
    unread : list of Fault
        Files that cannot be read, with how to save them, and tables that look like no layer.
    """

    sources: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    unread: list[Fault] = field(default_factory=list)


def files_in(path: str | Path, *, into: Path | None = None) -> tuple[list[Path], list[Fault]]:
    """Return the files to look at in a file, a folder with its subfolders, or a .zip, and those left out.

    Parameters
    ----------
    path : str or Path
    into : Path, optional
        Folder in which an archive is unpacked.

    Raises
    ------
    FaultError
        If an archive cannot be unpacked, or there is nothing at `path`.
    """
    from gis.archives import expand

    found = expand(Path(path), into=into)
    return list(found.files), list(found.faults)


def gather(paths: Iterable[str | Path], *, into: Path | None = None, home: Path | None = None) -> Gathered:
    """Look at every file and take each table for the layer it looks like.

    Parameters
    ----------
    paths : iterable of path
        Files, folders, archives.
    into : Path, optional
        Folder in which archives are unpacked.
    home : Path, optional
        Folder of projects, for what is remembered about headers and words (`planning.mappings`).
    """
    sources: dict[str, list[Source]] = {}
    unread: list[Fault] = []
    for path in paths:
        try:
            files, faults = files_in(path, into=into)
        except FaultError as error:
            unread += error.faults
            continue
        unread += faults
        for file in files:
            try:
                tables = inspect(file)
            except FaultError as error:
                unread += error.faults
                continue
            named = [table for table in tables if table.layer]
            unread += [Fault("import_table_left", file.name, t.name) for t in tables if t not in named]
            for layer in dict.fromkeys(table.layer for table in named):
                own = [table for table in named if table.layer == layer]
                sources.setdefault(layer, []).append(_source(file, layer, own, home))
    order = [layer for layer in SCHEMAS if layer in sources]
    return Gathered({layer: tuple(sources[layer]) for layer in order}, unread)


def _source(file: Path, layer: str, tables: Sequence[TableInfo], home: Path | None) -> Source:
    # Sheets that look alike are one table: that is the reader's own rule for a file without a table named.
    table = tables[0].name if len(tables) == 1 else ""
    known = mappings.recall(layer, tables[0].columns, home)
    if known is None:
        return Source(file, table)
    return Source(file, table, mapping=known.columns, words=known.words)


def parse(
    words: Sequence[str],
    *,
    stated: Sequence[str] = (),
    into: Path | None = None,
    home: Path | None = None,
) -> Gathered:
    """Return the sources that words of a command line name: `units=小区.xlsx`, a folder, or a .zip.

    Parameters
    ----------
    words : sequence of str
        A layer may be given several files. Tables of folders and archives are taken for what they look like.
    stated : sequence of str
        `学校.csv=BD-09`: the coordinate system of one file.
    into, home : Path, optional
        As in `gather`.

    Raises
    ------
    FaultError
        For every word that is neither, and every statement about a file that is not there.
    """
    wrong = [word for word in words if not _is_pair(word) and not _is_place(word)]
    if wrong:
        params = {"layers": list(SCHEMAS)}
        raise FaultError([Fault("import_word", found=word, params=params) for word in wrong])
    found = gather([word for word in words if not _is_pair(word)], into=into, home=home)
    sources = {layer: list(given) for layer, given in found.sources.items()}
    for layer, path in (word.split("=", 1) for word in words if _is_pair(word)):
        sources.setdefault(layer, []).append(Source(path))
    return Gathered(_with_systems(sources, stated), found.unread)


def _is_place(word: str) -> bool:
    path = Path(word)
    return path.is_dir() or (path.suffix.lower() in ARCHIVES and path.is_file())


def _is_pair(word: str) -> bool:
    return not _is_place(word) and all(word.partition("=")[::2])


def _with_systems(
    sources: Mapping[str, Sequence[Source]], stated: Sequence[str]
) -> dict[str, tuple[Source, ...]]:
    names = {source.name for given in sources.values() for source in given}
    pairs = [word.rpartition("=")[::2] for word in stated]
    wrong = [word for word, (name, crs) in zip(stated, pairs, strict=True) if name not in names or not crs]
    if wrong:
        params = {"files": sorted(names)}
        raise FaultError([Fault("import_stated_unknown", found=word, params=params) for word in wrong])
    said = dict(pairs)
    return {
        layer: tuple(replace(source, crs=said.get(source.name, source.crs)) for source in given)
        for layer, given in sources.items()
    }
