"""The short way of invocations on a real connection: what it takes, what it hands to the chain, and that neither spoils the
connection for the other."""

import asyncio
import socket

import pytest
import uvicorn

from studiolo.server.quick import protocol_of

INVOKE = b"POST /endpoints/ep/invocations HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody"


class Quick:
    """Answers as it is told: bytes, "refuse" (not for this way) or "fail" (ask the chain after all)."""

    def __init__(self):
        self.say = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nquick"
        self.seen = []
        self.held = None

    def begin(self, path, headers, body, answered):
        self.seen.append((path, dict(headers), body))
        if self.say == "refuse":
            return False
        if self.say == "hold":
            self.held = answered
        else:
            asyncio.get_running_loop().call_soon(answered, None if self.say == "fail" else self.say)
        return True


async def chain(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    text = b"chain:" + scope["method"].encode() + b":" + scope["path"].encode() + b":" + body
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@pytest.fixture
def world():
    return Quick()


def talk(world, act):
    async def main():
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(chain, http=protocol_of(world), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", listening.getsockname()[1])
        try:
            async with asyncio.timeout(10):
                return await act(reader, writer)
        finally:
            writer.close()
            server.should_exit = True
            await serving

    return asyncio.run(main())


async def answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


@pytest.mark.parametrize(
    ("say", "wanted"), [(b"", b"quick"), ("refuse", b"chain:POST:/endpoints/ep/invocations:body"),
                        ("fail", b"chain:POST:/endpoints/ep/invocations:body")]
)  # fmt: skip
def test_an_invocation_is_answered_whatever_way_it_takes(world, say, wanted):
    if say:
        world.say = say

    async def act(reader, writer):
        got = []
        for _ in range(3):
            writer.write(INVOKE)
            got.append(await answer(reader))
        return got

    assert talk(world, act) == [wanted] * 3
    assert world.seen[0][2] == b"body"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n",
        b"POST /endpoints/ep/invocations HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        b"POST /endpoints/ep/async-invocations HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody",
        b"POST /endpoints/ep/invocations?x=1 HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody",
        b"POST /endpoints/ep/invocations HTTP/1.1\r\nhost: h\r\ncontent-length: 2000000\r\n\r\n" + b"x" * 2_000_000,
    ],
)
def test_everything_else_goes_the_chain_and_back(world, request_):
    async def act(reader, writer):
        writer.write(request_)
        first = await answer(reader)
        writer.write(INVOKE)
        return first, await answer(reader)

    first, second = talk(world, act)
    assert first.startswith(b"chain:")
    assert second == b"quick"


def test_a_body_in_pieces_is_taken_whole(world):
    async def act(reader, writer):
        for piece in (INVOKE[:20], INVOKE[20:-2], INVOKE[-2:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        return await answer(reader)

    assert talk(world, act) == b"quick"
    assert world.seen[0][2] == b"body"


def test_a_second_request_before_the_answer_ends_the_connection_after_it(world):
    """Nothing of it was read, so its sender may safely send it again."""

    async def act(reader, writer):
        writer.write(INVOKE + INVOKE)
        return await answer(reader), await reader.read()

    assert talk(world, act) == (b"quick", b"")
    assert len(world.seen) == 1


def test_a_caller_that_left_is_not_answered(world):
    world.say = "hold"

    async def act(reader, writer):
        writer.write(INVOKE)
        while world.held is None:
            await asyncio.sleep(0.01)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        world.held(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return True

    assert talk(world, act)
