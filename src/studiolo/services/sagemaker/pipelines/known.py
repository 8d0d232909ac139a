"""What the values of one step's arguments may be made of: see values.Known. Made for one start, used in a thread."""

import datetime
from collections.abc import Mapping
from typing import Any

import orjson

from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.blobs.protocol import NoSuchBucket, NoSuchKey
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.definition import Definition
from studiolo.services.sagemaker.pipelines.expanding import part_of
from studiolo.services.sagemaker.pipelines.paths import Part
from studiolo.services.sagemaker.pipelines.values import CannotResolve, resolve

MAX_FILE = 16 * 2**20


class StepValues:
    def __init__(
        self,
        platform: Platform,
        record: Record,
        definition: Definition,
        documents: Mapping[str, Mapping[str, Any]],
        turn: tuple[int, Any] | None = None,
    ) -> None:
        """documents: what Describe says of each step that has ended. turn: in a ForEach, the item's index, and the item."""
        self._platform = platform
        self._record = record
        self._definition = definition
        self._documents = documents
        self._turn = turn

    def parameter(self, name: str) -> Any:
        return self._record.spec["_values"][name]

    def execution(self, name: str) -> Any:
        record, pipeline = self._record, self._record.spec["PipelineName"]
        if name in ("StartDateTime", "CurrentDateTime"):
            at = record.created if name == "StartDateTime" else self._platform.clock()
            return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="milliseconds")
        known = {
            "PipelineName": pipeline,
            "PipelineArn": names.pipeline_arn(record.key.project, pipeline),
            "PipelineExecutionId": record.key.name,
            "PipelineExecutionArn": names.execution_arn(record),
        }
        if name not in known:
            raise CannotResolve(f"Execution.{name} is not known to a pipeline's step.")
        return known[name]

    def experiment(self, name: str) -> Any:
        given = self._definition.experiment.get(name)
        # By default both are named after the pipeline and the execution.
        if given is None:
            given = {"Get": f"Execution.{'PipelineName' if name == 'ExperimentName' else 'PipelineExecutionId'}"}
        return resolve(given, self)

    def step(self, name: str) -> Mapping[str, Any]:
        if name not in self._documents:
            raise CannotResolve(f"There is nothing to be read of the step {name!r}: what it made is gone.")
        return self._documents[name]

    def item(self, parts: list[Part], whole: str) -> Any:
        if self._turn is None:
            raise CannotResolve(f"{whole!r} is known only to steps in a ForEachBody.")
        index, item = self._turn
        return index if parts[0] == "Index" else part_of(item, parts[1:], whole)

    def property_file(self, step: str, name: str) -> Any:
        output, path = self._definition.property_file(step, name)
        outputs = self.step(step).get("ProcessingOutputConfig", {}).get("Outputs", ())
        for one in outputs:
            if one["OutputName"] == output and "S3Output" in one:
                return self.json_at(str(s3uri.parse(one["S3Output"]["S3Uri"]).child(path.lstrip("/"))))
        raise CannotResolve(
            f"The property file {name!r} of the step {step!r} names the output {output!r}, which it has not."
        )

    def json_at(self, uri: str) -> Any:
        try:
            place = s3uri.own(self._platform.blobs, self._record.key.project, uri)
            found, stream = self._platform.blobs.open_read(place.bucket, place.key)
            with stream:
                if found.size > MAX_FILE:
                    raise CannotResolve(f"{uri} is larger than {MAX_FILE >> 20} MiB.")
                return orjson.loads(stream.read())
        except (NoSuchKey, NoSuchBucket):
            raise CannotResolve(f"{uri} does not exist.") from None
        except ApiError as error:
            raise CannotResolve(error.message) from None
        except orjson.JSONDecodeError as error:
            raise CannotResolve(f"{uri} is no JSON: {error}.") from None
