"""What jobs leave: files that become objects, and the reason of a failure. Keys are fixed by the job, so doing it again after
a crash replaces the same objects with the same content."""

from collections.abc import Iterator
from pathlib import Path

from studiolo.blobs.protocol import NoSuchKey
from studiolo.run.protocol import MemberState
from studiolo.series import logs
from studiolo.services.platform import Platform
from studiolo.services.s3uri import S3Uri

MAX_REASON = 1024


class OutputError(Exception):
    """The results can't be stored; the message is the job's FailureReason."""


def files(folder: Path) -> Iterator[Path]:
    """Links are left out: what they lead to is not the job's to give."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def store_files(platform: Platform, folder: Path, uri: S3Uri) -> None:
    for path in files(folder):
        key = uri.child(path.relative_to(folder).as_posix()).key
        platform.blobs.upload(path, uri.bucket, key, now=platform.clock())


def store_changed(platform: Platform, folder: Path, uri: S3Uri) -> None:
    """Files that are not yet stored in this size, or have changed since; called again and again while a job runs."""
    for path in files(folder):
        key = uri.child(path.relative_to(folder).as_posix()).key
        about = path.stat()
        try:
            stored = platform.blobs.head(uri.bucket, key)
            if stored.size == about.st_size and stored.modified >= about.st_mtime:
                continue
        except NoSuchKey:
            pass
        platform.blobs.upload(path, uri.bucket, key, now=platform.clock())


def why_failed(member: MemberState, written: str) -> str:
    """The FailureReason of a host. written: what it wrote down itself, if anything."""
    if member.reason == "out_of_memory":
        return "AlgorithmError: The job used more memory than its instance type has: OutOfMemory, exit code: 137"
    if member.reason in ("lost", "start_failed"):
        return f"InternalServerError: {member.message}"
    text = written.strip()
    if text.startswith("ClientError"):
        return text[:MAX_REASON]
    ending = f", exit code: {member.exit_code}"
    if not text:
        last = "\n".join(logs.tail(member.log, 10))
        text = f"ExecuteUserScriptError: ExitCode {member.exit_code}" + (f"\n{last}" if last else "")
        return f"AlgorithmError: {text[-(MAX_REASON - 60) :] if len(text) > MAX_REASON - 60 else text}{ending}"
    return f"AlgorithmError: {text[: MAX_REASON - 60]}{ending}"


def read_small(path: Path) -> str:
    """What a job wrote is data: a link out of its folder is not followed."""
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(4 * MAX_REASON).decode("utf-8", "replace")
