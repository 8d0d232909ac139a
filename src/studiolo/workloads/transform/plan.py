"""What a host of a transform job is to do, as its controller writes it down (services/sagemaker/kinds/transform_job) and
its processes read it. Everything lies below /opt/ml/transform:

    plan.json       this
    input/<id>      the files
    parts/          what is not whole yet
    output/<id>     a file's whole result, there only when it is complete
    state.json      how far it is: {"bytes", "records", "total"}
    errors.json     ["s3://…: record 7 …", …] of the files that failed
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    id: int
    uri: str
    """As reasons name it."""
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    files: Sequence[Source]
    content_type: str
    accept: str
    split: str
    single: bool
    max_payload: int
    """Bytes; 0 for no limit."""
    assemble: str
    gzip: bool
    input_filter: str
    join: str
    output_filter: str
    workers: int
    seconds: float
    retries: int
    following: Sequence[str] = ()
    """Sockets of the containers after the first."""
    startup: float = 600.0

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "plan.json", asdict(self))


def load(folder: Path) -> Plan:
    held: dict[str, Any] = json.loads((folder / "plan.json").read_text())
    held["files"] = [Source(**one) for one in held["files"]]
    return Plan(**held)


def write(path: Path, document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(document))
    os.replace(new, path)
