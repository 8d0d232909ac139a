"""What the router adds: a request through the studio (signature, authorisation, routing, metrics) against the same request
on the worker's own socket, on one kept connection each, by the same client.

    python bench/router.py [--requests 5000]
"""

import argparse
import gc
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import endpoints


def exchange(link: socket.socket, request: bytes) -> bytes:
    link.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += link.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    assert b" 200 " in head[:20], data
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += link.recv(1 << 16)
    return body


def timed(ask: Callable[[], object], count: int) -> list[float]:
    """Milliseconds each."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return took


def text(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join((*lines, f"content-length: {len(body)}", "", "")).encode() + body


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=5000)
    count = arguments.parse_args().requests
    with tempfile.TemporaryDirectory() as folder, endpoints.studio() as studio:
        data = endpoints.xgboost_model(studio, Path(folder))
        studio.client("s3").put_object(Bucket=studio.bucket, Key="model.tar.gz", Body=data)
        model = {"Image": endpoints.jobs.XGBOOST, "ModelDataUrl": f"s3://{studio.bucket}/model.tar.gz"}
        endpoints.endpoint(studio, "one", model, {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1})
        body = endpoints.body()
        url, headers = endpoints.signed(studio, "one", body)
        through = text(url.partition(str(studio.port))[2], {**headers, "host": f"127.0.0.1:{studio.port}"}, body)
        straight = text("/invocations", {"content-type": "application/json", "accept": "application/json"}, body)
        routed = socket.create_connection(("127.0.0.1", studio.port))
        routed.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bare = socket.socket(socket.AF_UNIX)
        os.chdir(endpoints.sockets(studio)[0].parent)
        bare.connect("w.sock")
        assert exchange(routed, through) == exchange(bare, straight)
        both: dict[str, list[float]] = {"on the worker's socket": [], "through the router": []}
        gc.disable()
        for _ in range(10):
            # In turns, so that what else the machine does meets both.
            both["on the worker's socket"] += timed(lambda: exchange(bare, straight), count // 10)
            both["through the router"] += timed(lambda: exchange(routed, through), count // 10)
        print("| one connection | median ms | p99 ms |\n|---|---|---|")
        for name, took in both.items():
            print(f"| {name} | {statistics.median(took):.3f} | {endpoints.percentile(took, 0.99):.3f} |")
        worker, router = both.values()
        print(
            f"| the router adds | {statistics.median(router) - statistics.median(worker):.3f} | "
            f"{endpoints.percentile(router, 0.99) - endpoints.percentile(worker, 0.99):.3f} |"
        )


if __name__ == "__main__":
    main()
