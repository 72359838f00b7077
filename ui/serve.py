"""Serve the app, loading what its first page needs while the browser opens.

Run as `python -m ui.serve [options of "streamlit run"]` from the project's folder; `run.py` does.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time

from streamlit import runtime
from streamlit.web import cli

from ui import uploads

FIRST_PAGE = "ui.pages.overview"


def preload() -> None:
    """Import the first page once the server answers, in the second the browser takes to load its scripts."""
    while not runtime.exists():
        time.sleep(0.02)
    importlib.import_module(FIRST_PAGE)


def main() -> None:
    """Start Streamlit in this process; ends when it does."""
    uploads.keep_in_memory()
    threading.Thread(target=preload, name="preload", daemon=True).start()
    cli.main(["run", "app.py", *sys.argv[1:]], prog_name="streamlit")


if __name__ == "__main__":
    main()
