"""What an editor's file says of its last use: any time but the future."""

import asyncio
import os
import time

import pytest

from studiolo.services.sagemaker.workbench.asking import activity


async def asked(path, answer):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        return await activity(path, "CodeEditor", "/spaces/1/lab/")
    finally:
        server.close()


GOOD = b"HTTP/1.1 200 OK\r\n\r\nabc"


def test_the_time_of_the_file_is_when_it_was_used(tmp_path):
    file = tmp_path / "activity"
    file.touch()
    os.utime(file, (1000.0, 1000.0))
    found = asyncio.run(asked(tmp_path / "app.sock", GOOD))
    assert found is not None and (found.last, found.busy) == (1000.0, False)


def test_nobody_is_used_tomorrow(tmp_path):
    file = tmp_path / "activity"
    file.touch()
    os.utime(file, (time.time() + 1e6, time.time() + 1e6))
    found = asyncio.run(asked(tmp_path / "app.sock", GOOD))
    assert found is not None and found.last <= time.time()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 No\r\n\r\n", b"", GOOD])
def test_what_does_not_answer_or_has_no_file_is_not_there(tmp_path, answer):
    assert asyncio.run(asked(tmp_path / "app.sock", answer)) is None
