"""The app as `python -m ui.serve` runs it, over whichever folder of projects it is told on its input.

Each line is a folder; it is written back once every page that opens shows that folder's projects.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import IO

from planning.project import ENV_HOME
from ui import serve


def obey(replies: IO[str]) -> None:
    """Take one folder after the other."""
    for line in sys.stdin:
        os.environ[ENV_HOME] = line.rstrip("\n")
        replies.write(line)
        replies.flush()


def main() -> None:
    """Serve; the app's own words go where errors do."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=obey, args=(replies,), daemon=True).start()
    serve.main()


if __name__ == "__main__":
    main()
