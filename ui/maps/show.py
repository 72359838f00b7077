"""Put a one-file map on a page, in the app's own font."""

from __future__ import annotations

import streamlit as st

# Only inside the app: the file a planner downloads asks for nothing, not even a font.
FONT = (
    "<style>@font-face{font-family:'Noto Sans SC';src:local('Noto Sans SC'),"
    "url('/app/static/NotoSansSC-Regular.otf')}</style></head>"
)


def show(html: str, *, alt: str, height: int = 560) -> None:
    """Draw a one-file map; `alt` says in words what it shows."""
    st.iframe(html.replace("</head>", FONT, 1), height=height, alt=alt)
