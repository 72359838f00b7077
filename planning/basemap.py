"""A base map under the board: 天地图 with the bureau's own key, or a tile cache of the bureau's network.

Off unless one of the two is set, here or in the environment. Kept in the folder of projects (`basemap.json`),
beside them and in none of them: no export, bundle or new year carries the key.
"""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gis.faults import Fault, FaultError, register_kinds
from planning import project

FILE: Final = "basemap.json"
ENV_KEY: Final = "HUAPIAN_TIANDITU_KEY"
ENV_TILES: Final = "HUAPIAN_TILES"
#: Web Mercator sheets of 天地图 (tile matrix set "w"): vector map and its labels.
TIANDITU: Final = ("vec", "cva")
HOST: Final = "tianditu.gov.cn"
_KEY: Final = re.compile(r"[0-9A-Za-z]{16,64}")
_HOLDERS: Final = re.compile(r"\{[^{}]*\}")

register_kinds(
    {
        "basemap_key": (
            "天地图密钥应为 16 到 64 位字母和数字。请从天地图控制台复制“浏览器端”密钥。",
            "a Tianditu key is 16 to 64 letters and digits. Copy the one for browsers from its console.",
        ),
        "basemap_template": (
            "瓦片地址“{found}”不能用:应以 http:// 或 https:// 开头,含 {expected},不含空格和引号。",
            'the tile address "{found}" cannot be used: it begins with http:// or https:// and holds '
            "{expected}, and no blanks or quotes.",
        ),
    }
)


@dataclass(frozen=True)
class BaseMap:
    """What is set.

    Attributes
    ----------
    key : str
        Key of 天地图; empty for none.
    template : str
        Address of a tile of the bureau's own cache, with {z}, {x} and {y} (or {-y}); it stands before 天地图.
    given : bool
        Set in the environment, so not to be changed in the app.
    """

    key: str = ""
    template: str = ""
    given: bool = False

    def sheets(self) -> list[str]:
        """Return the addresses of tiles to draw, the lowest first; none where nothing is set."""
        if self.template:
            return [self.template]
        return [_address(layer, self.key) for layer in TIANDITU] if self.key else []

    def host(self) -> str:
        """Return the machine that a browser asks for tiles; empty where nothing is set."""
        if self.template:
            return urlsplit(self.template).hostname or ""
        return HOST if self.key else ""


def _address(layer: str, key: str) -> str:
    query = (
        f"SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default&TILEMATRIXSET=w"
        f"&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
    )
    return f"https://t0.{HOST}/{layer}_w/wmts?{query}"


def check(base: BaseMap) -> list[Fault]:
    """Return what is wrong with a key or an address; the key itself is never told."""
    faults = []
    if base.key and not _KEY.fullmatch(base.key):
        faults.append(Fault("basemap_key"))
    if base.template and not _usable(base.template):
        params = {"expected": "{z} {x} {y}"}
        faults.append(Fault("basemap_template", found=base.template, params=params))
    return faults


def _usable(template: str) -> bool:
    if re.search(r"[\s\"'<>\\]", template) or not template.startswith(("http://", "https://")):
        return False
    try:
        host = urlsplit(template).hostname
    except ValueError:
        return False
    holders = sorted(_HOLDERS.findall(template))
    return bool(host) and holders in (["{x}", "{y}", "{z}"], ["{-y}", "{x}", "{z}"])


def stored(home: Path | None = None) -> BaseMap:
    """Return what is set: in the environment, else in the folder of projects; nothing where that is wrong."""
    env = BaseMap(os.environ.get(ENV_KEY, "").strip(), os.environ.get(ENV_TILES, "").strip(), given=True)
    if env.key or env.template:
        return BaseMap(given=True) if check(env) else env
    place = _place(home)
    try:
        found = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
        base = BaseMap(str(found.get("key", "")), str(found.get("template", "")))
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError):
        return BaseMap()
    return BaseMap() if check(base) else base


def store(base: BaseMap, home: Path | None = None) -> None:
    """Keep a key or an address, whole or not at all; only the owner of the folder may read it.

    Raises
    ------
    FaultError
        With everything that is wrong; what was set stays.
    """
    if faults := check(base):
        raise FaultError(faults)
    place = _place(home)
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = place.with_suffix(".json.writing")
    values = {name: value for name, value in asdict(base).items() if name != "given"}
    scratch.touch(0o600)
    scratch.write_text(json.dumps(values), encoding="utf-8")
    scratch.replace(place)


def _place(home: Path | None) -> Path:
    return (home if home is not None else project.home()) / FILE
