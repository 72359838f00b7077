"""The little that the theme cannot say: less empty margin, quiet secondary text, print without controls."""

from functools import reduce

import streamlit as st

from ui.texts import _, language

CSS = """
<style>
.stMainBlockContainer { padding: 3.5rem 2.5rem 4rem; }
.stMainBlockContainer h1 { padding: 0 0 .25rem; font-size: 1.75rem; }
p.question { color: #52606d; margin: 0; }
.stMetric [data-testid="stMetricValue"], .stDataFrame { font-variant-numeric: tabular-nums; }
.stMetric [data-testid="stMetricValue"] { font-size: 1.75rem; }
.stMetric [data-testid="stMetricValue"] * { white-space: normal; overflow: visible; }
.stMetric [data-testid="stMetricLabel"] * { white-space: normal; }
.st-key-zones-figures { min-height: 183px; } /* comes after the board below it, which must not jump */
[class*="st-key-decision-"] { gap: .1rem; border-top: 1px solid #e4e7eb; padding-top: .5rem; }
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], .stButton, .stDownloadButton { display: none; }
}
</style>
"""


# Streamlit's uploader knows English only: its words are hidden and ours stand in their place.
UPLOADER = """
<style>
section[data-testid$="Dropzone"] > span button p { display: none; }
section[data-testid$="Dropzone"] > span button div[data-testid]::after {
  content: "BUTTON"; margin-left: .3rem;
}
section[data-testid$="Dropzone"] > [data-testid$="Instructions"] > * { display: none; }
section[data-testid$="Dropzone"] > [data-testid$="Instructions"]::after {
  content: "LIMIT"; font-size: .875rem; color: #52606d;
}
section[data-testid$="Dropzone"] > input + div:not(:last-child) > * { font-size: 0; }
section[data-testid$="Dropzone"] > input + div:not(:last-child) > *::after {
  content: "DROP"; font-size: 1rem;
}
</style>
"""


def apply() -> None:
    """Put the style on the page."""
    st.html(CSS)
    if language() == "zh":
        limit = _("可直接拖到这里,每个文件不超过 {n} MB", n=st.get_option("server.maxUploadSize"))
        words = {"BUTTON": _("选择文件"), "LIMIT": limit, "DROP": _("松开即可上传")}
        st.html(reduce(lambda css, pair: css.replace(*pair), words.items(), UPLOADER))
