"""The S3 server against the disk itself: one large object put and got, ten thousand small ones put and listed.

    python bench/s3.py            # --mib 1024 --objects 10000

The limit: copying the same file and hashing it (`cp` and `md5sum`), in the same run on the same disk. Put and get go by
boto3 in one request each (so the client's own hashing and signing are in the figures), in parts as boto3 does by default,
and by curl, which only moves the bytes; listing is timed with and without boto3's parsing of the XML.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
BLOCK = os.urandom(1 << 20)


def timed(act: Callable[[], object], times: int = 1) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.monotonic()
        act()
        best = min(best, time.monotonic() - began)
    return best


def pages(s3, bucket: str) -> None:
    """Ten pages as raw XML, signed beforehand: the server's part of a listing."""
    token = None
    while True:
        extra = {"ContinuationToken": token} if token else {}
        url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket, "Prefix": "small/", **extra})
        with urllib.request.urlopen(url) as got:
            body = got.read()
        if b"<IsTruncated>true" not in body:
            return
        token = body.split(b"<NextContinuationToken>")[1].split(b"<")[0].decode()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mib", type=int, default=1024)
    arguments.add_argument("--objects", type=int, default=10_000)
    chosen = arguments.parse_args()
    import conftest
    from boto3.s3.transfer import TransferConfig

    folder = Path(tempfile.mkdtemp(prefix="studiolo-bench-"))
    large = folder / "large"
    with large.open("wb") as file:
        for _ in range(chosen.mib):
            file.write(BLOCK)
    whole, parts = TransferConfig(multipart_threshold=1 << 40), TransferConfig()
    studio = conftest.Studio(folder / "home")
    studio.start()
    try:
        s3, bucket = studio.client("s3"), studio.bucket

        def disk() -> None:
            shutil.copyfile(large, folder / "copy")
            subprocess.run(["md5sum", folder / "copy"], check=True, capture_output=True)

        rows: list[tuple[str, float]] = [("cp + md5sum", timed(disk, 2))]
        (folder / "copy").unlink()
        for name, transfer in (("one request", whole), ("in parts", parts)):
            rows.append(
                (f"put, {name}", timed(lambda t=transfer: s3.upload_file(str(large), bucket, "large", Config=t), 2))
            )
            rows.append(
                (
                    f"get, {name}",
                    timed(lambda t=transfer: s3.download_file(bucket, "large", str(folder / "got"), Config=t), 2),
                )
            )
            assert (folder / "got").stat().st_size == large.stat().st_size
        for method, operation, words in (
            ("put", "put_object", ["-T", large]),
            ("get", "get_object", ["-o", folder / "got"]),
        ):
            url = s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "large"})
            command = ["curl", "-sS", "--fail", *words, url]
            rows.append((f"{method}, curl by presigned URL", timed(lambda c=command: subprocess.run(c, check=True), 2)))
        base = rows[0][1]
        print(f"| {chosen.mib} MiB | s | against cp + md5sum |\n|---|---|---|")
        for name, seconds in rows:
            print(f"| {name} | {seconds:.2f} | {seconds / base:.2f}x |")
        began = time.monotonic()
        for number in range(chosen.objects):
            s3.put_object(Bucket=bucket, Key=f"small/{number:06d}", Body=b"x" * 100)
        rate = chosen.objects / (time.monotonic() - began)
        raw = timed(lambda: pages(s3, bucket), 3)
        whole_list = timed(
            lambda: [None for _ in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="small/")], 3
        )
        print(f"\n| {chosen.objects} objects of 100 bytes | |\n|---|---|")
        print(f"| put by one boto3 client | {rate:.0f} a second |")
        print(f"| listed, raw XML over HTTP | {raw * 1000:.0f} ms |")
        print(f"| listed and parsed by boto3 | {whole_list * 1000:.0f} ms |")
    finally:
        conftest.end(studio)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
