"""Small counts of children left out of tables that may be published.

One to four children in a place may be known to their neighbours, all the more with a flag (随迁, 寄宿). In
what is published such a count reads "<5"; zero stays zero. The project itself keeps the counts for planning.
"""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from gis.faults import Words

#: Counts from one up to below this are not published.
SMALLEST: Final = 5
HIDDEN: Final = f"<{SMALLEST}"
#: Layers that count children by home: the whole, and its parts.
COUNTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "attendance": ("pupils", ("migrant", "boarding")),
    "children": ("children", ("migrant",)),
}
NOTE: Final = Words(
    f"各小区、村的 1—{SMALLEST - 1} 名儿童或学生写作“{HIDDEN}”（图层中留空），以免认出个人；"
    "不要与合计相减还原。",
    f'By estate and village, 1 to {SMALLEST - 1} children or pupils read "{HIDDEN}" (blank in layers), so '
    "that nobody can be recognised; do not work the numbers out of totals.",
)
INTERNAL: Final = Words(
    "内部资料：含 1—4 人的小数，仅供本单位规划使用，不得公布。",
    "Internal: holds counts of 1 to 4 children, for the bureau's own planning; not to be published.",
)


def small(counts: pd.Series) -> pd.Series:
    """Tell which counts are not published."""
    return counts.between(1, SMALLEST - 1).fillna(False).astype(bool)


def suppressed(layer: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a layer as it may be published.

    Parameters
    ----------
    layer : str
        Its name; layers that do not count children by home come back as they are.
    frame : DataFrame
        With the layer's columns.

    Returns
    -------
    DataFrame
        Small counts as "<5". A part (随迁, 寄宿) is hidden, too, where what is left of the whole is small.

    Examples
    --------
    >>> counts = pd.DataFrame({"children": [3, 12, 12], "migrant": [0, 2, 10]})
    >>> suppressed("children", counts).to_dict("list")
    {'children': ['<5', 12, 12], 'migrant': [0, '<5', '<5']}
    """
    if layer not in COUNTS:
        return frame
    whole, parts = COUNTS[layer]
    total = frame[whole]
    out: dict[str, Any] = {whole: hidden(total, small(total))}
    for part in parts:
        if part in frame:
            out[part] = hidden(
                frame[part], small(frame[part]) | (small(total - frame[part]) & (frame[part] > 0))
            )
    return frame.assign(**out)


def hidden(counts: pd.Series, where: pd.Series) -> pd.Series:
    """Return counts with those told by `where` as "<5"; the others stay numbers."""
    return counts.astype(object).where(~where.fillna(False).astype(bool), HIDDEN)
