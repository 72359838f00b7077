"""The words of the board, in the tab's language."""

from __future__ import annotations

from gis import symbols
from gis.symbols import BRICK, INK
from planning.clauses import BASES
from ui import widgets
from ui.board import layers
from ui.maps.zones import hatch_row
from ui.state import Context, plan_name, stage_word
from ui.texts import _, language
from ui.views.breaks import hard_words
from ui.views.edits import Desk


def words() -> dict[str, str]:
    """Return every word that the browser's side of the board writes; it fills the braces itself."""
    return {
        "map": _("划片底图"),
        "wait": _("地图正在载入……"),
        "tools": _("画图工具"),
        "pan": _("移图"),
        "ask": _("查看单元"),
        "pick": _("取片区"),
        "brush": _("画笔"),
        "box": _("框选"),
        "ring": _("圈选"),
        "line": _("分界线"),
        "town": _("整镇街"),
        "lock": _("锁定"),
        "split": _("拆分"),
        "size": _("画笔大小"),
        "undo": _("撤销"),
        "redo": _("重做"),
        "fit": _("看哪里"),
        "paint_into": _("划入"),
        "choose": _("先选片区:点学校,或在“划入”中选。"),
        "none": _("移出片区(未划入)"),
        "room": _("{load} 人 / 招生计划 {seats}", load="{load}", seats="{seats}"),
        "loose": _("未划入 {n} 人", n="{n}"),
        "help_pan": _("拖动看图,滚轮缩放。点学校可选片区。") + _("选好片区后,在单元上涂抹即可改划。"),
        "help_ask": _("点一个单元:下方说明它为什么在这里、还能去哪里、怎样改最好。"),
        "help_pick": _("点一个单元,取它的片区。"),
        "help_brush": _("按住涂抹,碰到的单元划入所选片区。右键取片区。"),
        "help_box": _("拖出方框,框内单元划入所选片区。"),
        "help_ring": _("圈一圈,圈内单元划入所选片区。"),
        "help_line": _("画一条线穿过一个片区:离它学校的那一侧划入所选片区。线的两端按直线延长。"),
        "no_cut": _("这条线没有分出单元:请从一个片区(不是所选的)中间画过,学校留在另一侧。"),
        "help_town": _("点一个单元,它所在镇街整个划入所选片区。"),
        "help_lock": _("点单元锁定或解锁;锁定的单元涂不动。"),
        "help_split": _("画一条线穿过一个大单元,把它拆成两个;下方先看结果,确认后才改。"),
        "no_split": _("这条线的中点不在任何单元内:请从一个单元的一边画到另一边。"),
        "held": _("有锁定的单元没有改动。"),
        "sending": _("正在保存 {n} 笔……", n="{n}"),
        "saving": _("保存中……"),
        "school": _("学校"),
        "entrants": _("入学人数"),
        "walk": _("步行距离"),
        "state": _("状态"),
        "unassigned": _("未划入"),
        "locked": _("已锁定"),
        "cut": _("飞地:与学校不相连"),
        "moved": _("较现行片区已调整"),
        "comma": _("、"),
        "trouble": _("逐个查看未划入和不相连的单元"),
        "troubles": _("待处理 {n}", n="{n}"),
        "hold": _("锁定片区"),
        "free": _("解锁片区"),
        "help_hold": _("锁定“划入”中所选片区的全部单元;已全部锁定时解锁。"),
        "legend": _("图例"),
        "guess": _("估"),
    }


def rules() -> dict[str, str]:
    """Return a warning for each rule that the board watches while painting; the browser fills the braces."""
    names, lang = hard_words(), language()
    found = {
        "overload": _("{n} 个片区超出,最多的是{zone},超 {more} 人", n="{n}", zone="{zone}", more="{more}"),
        "cut_off": _("{n} 个单元与学校不相连", n="{n}"),
        "unassigned": _("{n} 个单元没有片区", n="{n}"),
        "lock_broken": _("{n} 个锁定的单元没有改动", n="{n}"),
    }
    return {
        kind: _(
            "{rule}:{what}。依据:{basis}", rule=names[kind], what=what, basis=BASES[kind].source.text(lang)
        )
        for kind, what in found.items()
    }


def walk(metres: str, mark: str) -> str:
    """Return a walk in words, with a mark where it is no walk along roads."""
    return f"{metres} {mark}" if mark and metres != "—" else metres


def said(desk: Desk) -> str:
    """Return what the board says while the plan in force is open, which is never edited itself."""
    return _("这是现行片区:一落笔就会请您先建一个方案。") if desk.draft is None else ""


def title(context: Context) -> list[str]:
    """Return the heading of the board and what stands below it: plan, year and stage."""
    below = [plan_name(context), widgets.school_year(context.year), stage_word(context.stage)]
    return [_("划片底图"), " · ".join(below)]


def legend(context: Context) -> str:
    """Return the legend as markup: what the marks of the board mean."""
    words = {"primary": _("小学"), "junior": _("初中"), "nine_year": _("九年一贯制")}
    rows = [
        *(symbols.school_row(words[kind], kind) for kind in (context.stage, "nine_year")),
        symbols.swatch(_("未划入的单元"), "#ffffff", border=BRICK),
        symbols.swatch(_("飞地:与学校不相连"), BRICK, fill=0.55),
        hatch_row(_("已锁定的单元")),
        symbols.dot(_("较现行片区已调整的单元"), INK, count=1),
        symbols.written(_("满员(100% 及以上)的片区名为红色"), "100%", BRICK),
        *layers.legend(context),
    ]
    return symbols.legend_html(rows, note=_("负荷 = 入学人数 ÷ 招生计划"))
