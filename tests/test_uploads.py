"""Uploads stay in memory, however large."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from ui.uploads import keep_in_memory

SIZE = 3_000_000


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = MultiPartParser.spool_max_size
    yield
    MultiPartParser.spool_max_size = before


def uploaded() -> UploadFile:
    """Return a file of three megabytes as the server parses it."""

    async def body() -> AsyncGenerator[bytes, None]:
        yield b'--x\r\nContent-Disposition: form-data; name="f"; filename="roll.csv"\r\n\r\n'
        for _ in range(3):
            yield b"1" * (SIZE // 3)
        yield b"\r\n--x--\r\n"

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})
    # in a thread of its own: the tests' browser leaves a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        form = pool.submit(asyncio.run, MultiPartParser(headers, body()).parse()).result()
    file = form["f"]
    assert isinstance(file, UploadFile)
    return file


def on_disk(file: UploadFile) -> bool:
    return bool(getattr(file.file, "_rolled"))  # noqa: B009 - no public way to ask


def test_a_large_upload_is_not_spooled() -> None:
    keep_in_memory()
    file = uploaded()
    assert not on_disk(file)
    assert len(file.file.read()) == SIZE


def test_it_would_be_with_a_limit() -> None:
    MultiPartParser.spool_max_size = SIZE // 3
    assert on_disk(uploaded())
