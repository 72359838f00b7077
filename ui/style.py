"""The little that the theme cannot say: less empty margin, quiet secondary text, print without controls."""

import streamlit as st

CSS = """
<style>
.stMainBlockContainer { padding: 3.5rem 2.5rem 4rem; }
.stMainBlockContainer h1 { padding: 0 0 .25rem; font-size: 1.75rem; }
p.question { color: #52606d; margin: 0; }
.stMetric [data-testid="stMetricValue"], .stDataFrame { font-variant-numeric: tabular-nums; }
.stMetric [data-testid="stMetricValue"] { font-size: 1.75rem; }
.stMetric [data-testid="stMetricValue"] * { white-space: normal; overflow: visible; }
.stMetric [data-testid="stMetricLabel"] * { white-space: normal; }
[class*="st-key-decision-"] { gap: .1rem; border-top: 1px solid #e4e7eb; padding-top: .5rem; }
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], .stButton, .stDownloadButton { display: none; }
}
</style>
"""


def apply() -> None:
    """Put the style on the page."""
    st.html(CSS)
