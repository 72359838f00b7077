"""Words in both languages: the smallest pieces that faults and layers share."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One text in Chinese (the source) and English."""

    zh: str
    en: str

    def text(self, lang: str = "zh") -> str:
        """Return the text in ``lang`` (``"zh"`` or ``"en"``)."""
        return self.en if lang == "en" else self.zh


LAYER_WORDS: dict[str, Words] = {
    "units": Words("小区与村", "units"),
    "children": Words("适龄儿童", "children"),
    "schools": Words("学校", "schools"),
    "classes": Words("班级", "classes"),
    "enrolment": Words("在校生", "enrolment"),
    "attendance": Words("就读与居住", "attendance"),
    "aliases": Words("地址别名", "address aliases"),
    "doorplates": Words("门牌", "doorplates"),
    "births": Words("出生人口", "births"),
    "kindergarten": Words("在园幼儿", "kindergarten rolls"),
    "estates": Words("新建小区", "new estates"),
    "roads": Words("道路", "roads"),
    "barriers": Words("河流与铁路", "barriers"),
    "areas": Words("行政区", "areas"),
    "entrances": Words("出入口", "entrances"),
    "links": Words("相邻改动", "edited neighbours"),
    "catchments": Words("现行片区", "catchments in force"),
}


def layer_words(layer: str) -> Words:
    """Return the words for a layer; a name that is not a layer is shown as it is."""
    return LAYER_WORDS.get(layer, Words(layer, layer))
