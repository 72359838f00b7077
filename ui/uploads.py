"""Uploads in memory: nothing of a file that a planner hands over is written before a page decides to."""

from __future__ import annotations


def keep_in_memory() -> None:
    """Keep the server from spooling uploads to the disk.

    Streamlit holds uploads in memory, but the server under it parses requests with temporary files: whatever
    is larger than 1 MB would go through the disk on its way. Their size is bounded by `server.maxUploadSize`.
    """
    from starlette.formparsers import MultiPartParser

    MultiPartParser.spool_max_size = 0  # no limit, as in `tempfile.SpooledTemporaryFile`
