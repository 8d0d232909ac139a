"""The operations on pipelines and their executions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studiolo.base.errors import ApiError, ConflictError, NotFound, Unsupported, ValidationError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import NoSuchBucket, NoSuchKey
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker.documents import everything
from studiolo.services.sagemaker.fitting import as_text
from studiolo.services.sagemaker.pipelines import names, shown, versions
from studiolo.services.sagemaker.pipelines.definition import MAX_BYTES, Definition, parse, values
from studiolo.services.sagemaker.pipelines.kind import KIND, index_execution, last_execution
from studiolo.services.sagemaker.pipelines.known import StepValues
from studiolo.services.sagemaker.pipelines.selection import restricted, taken_over
from studiolo.services.sagemaker.pipelines.versions import Versions, with_aliases
from studiolo.services.sagemaker.verbs import refused, tags_of
from studiolo.store.protocol import AlreadyExists, BadToken, Condition, Every, Is, Missing, Page, Query, Stale
from studiolo.store.scan import scan

NOT_YET = ("MlflowExperimentName", "ManagedBy")
PAGE = 10
ENDED = ("Succeeded", "Failed", "Stopped")
EXPERIMENT = ("ExperimentName", "TrialName")


def _check_supported(call: Call) -> None:
    for member in NOT_YET:
        if call.params.get(member):
            raise Unsupported(f"{member} of {call.operation} is not supported by this version of studiolo.")


class Pipelines:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._versions = Versions(platform)

    def operations(self) -> Mapping[str, Handler]:
        return {
            "CreatePipeline": self.create,
            "UpdatePipeline": self.update,
            "DeletePipeline": self.delete,
            "DescribePipeline": self.describe,
            "ListPipelines": self.list,
            "ListPipelineVersions": self.list_versions,
            "UpdatePipelineVersion": self.update_version,
            "StartPipelineExecution": self.start,
            "DescribePipelineExecution": self.describe_execution,
            "ListPipelineExecutions": self.list_executions,
            "ListPipelineExecutionSteps": self.list_steps,
            "ListPipelineParametersForExecution": self.list_parameters,
            "DescribePipelineDefinitionForExecution": self.definition_of,
            "UpdatePipelineExecution": self.update_execution,
            "StopPipelineExecution": self.stop,
            "RetryPipelineExecution": self.retry,
            "SendPipelineExecutionStepSuccess": self.succeed,
            "SendPipelineExecutionStepFailure": self.fail,
        }

    # Pipelines.

    def _find(self, call: Call) -> Record:
        key = names.pipeline_key(call.caller.project, str(call.params["PipelineName"]))
        try:
            return self._store.get(key)
        except Missing:
            raise refused(KIND.missing, names.pipeline_arn(key.project, key.name), key.name) from None

    def _definition(self, call: Call) -> str | None:
        """The text, from the request or from S3, checked. None where the request has none."""
        text, place = call.params.get("PipelineDefinition"), call.params.get("PipelineDefinitionS3Location")
        if text is not None and place is not None:
            raise ValidationError("Specify either PipelineDefinition or PipelineDefinitionS3Location, and not both.")
        if place is not None:
            text = self._from_s3(call, place)
        if text is not None:
            parse(text)
        return text

    def _from_s3(self, call: Call, place: Mapping[str, Any]) -> str:
        if "VersionId" in place:
            raise Unsupported("VersionId of PipelineDefinitionS3Location is not supported: buckets keep no versions.")
        uri = s3uri.own(self._platform.blobs, call.caller.project, f"s3://{place['Bucket']}/{place['ObjectKey']}")
        try:
            found, stream = self._platform.blobs.open_read(uri.bucket, uri.key)
        except (NoSuchKey, NoSuchBucket):
            raise ValidationError(f"The definition {uri} does not exist.") from None
        with stream:
            if found.size > MAX_BYTES:
                raise ValidationError(f"The definition {uri} is larger than {MAX_BYTES >> 20} MiB.")
            try:
                return stream.read().decode()
            except UnicodeDecodeError:
                raise ValidationError(f"The definition {uri} is not UTF-8.") from None

    async def create(self, call: Call) -> Mapping[str, Any]:
        _check_supported(call)
        params, now = call.params, self._platform.clock()
        text = self._definition(call)
        if text is None:
            raise ValidationError("A pipeline needs a PipelineDefinition or a PipelineDefinitionS3Location.")
        kept = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
        spec: dict[str, Any] = {one: params[one] for one in kept if one in params}
        spec |= {"PipelineDefinition": text, "_user": call.caller.user, "_token": params["ClientRequestToken"]}
        spec |= {"_version": 1, "_versioned": now, "_versioned_by": call.caller.user}
        spec["_aliases"] = with_aliases({}, 1, params.get("PipelineVersionAliases", ()), ())
        key = Key(call.caller.project, names.PIPELINE, str(params["PipelineName"]))
        try:
            made = self._store.create(key, spec, KIND.born(spec, now), now=now, tags=tags_of(params.get("Tags")))
            self._versions.keep(made)
        except AlreadyExists as taken:
            there = taken.existing
            if there.spec.get("_token") != spec["_token"]:
                arn = names.pipeline_arn(key.project, there.key.name)
                raise refused(KIND.taken, arn, there.key.name) from None
        return {"PipelineArn": names.pipeline_arn(key.project, key.name)}

    async def update(self, call: Call) -> Mapping[str, Any]:
        _check_supported(call)
        text = self._definition(call)
        kept = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
        changed: dict[str, Any] = {one: call.params[one] for one in kept if one in call.params}
        aliases = call.params.get("PipelineVersionAliases", ())
        while True:
            record = self._find(call)
            # No version may be lost that is not the newest any more.
            self._versions.keep(record)
            spec = {**record.spec, **changed, "_changed_by": call.caller.user}
            if text is not None and text != record.spec["PipelineDefinition"]:
                number = versions.newest(record) + 1
                held = with_aliases(record.spec.get("_aliases", {}), number, aliases, ())
                new = {"_version": number, "_versioned": self._platform.clock(), "_versioned_by": call.caller.user}
                spec |= {"PipelineDefinition": text, "_aliases": held, **new}
            elif aliases:
                raise ValidationError(
                    "PipelineVersionAliases go with another definition: this update makes no new version of the pipeline."
                )
            try:
                record = self._store.write(record, now=self._platform.clock(), spec=spec)
            except (Stale, Missing):
                continue
            self._versions.keep(record)
            arn = names.pipeline_arn(record.key.project, record.key.name)
            return {"PipelineArn": arn, "PipelineVersionId": versions.newest(record)}

    async def list_versions(self, call: Call) -> Mapping[str, Any]:
        pipeline = self._find(call)
        self._versions.keep(pipeline)
        query = Query(names.VERSION, call.caller.project, labels={"Pipeline": pipeline.key.name.lower()})
        page = self._page(call, query)
        found = [self._versions.summary(pipeline, one) for one in page.records]
        return {"PipelineVersionSummaries": found, "NextToken": page.token}

    async def update_version(self, call: Call) -> Mapping[str, Any]:
        params, number = call.params, int(call.params["PipelineVersionId"])
        call = replace(call, params={**params, "PipelineName": params["PipelineArn"]})
        version = self._versions.find(self._find(call), {"PipelineVersionId": number})
        asked = params.get("PipelineVersionAliasOperations") or {}
        add, remove = asked.get("Add") or (), asked.get("Remove") or ()
        while add or remove:
            pipeline = self._find(call)
            held = with_aliases(pipeline.spec.get("_aliases", {}), number, add, remove)
            try:
                self._store.write(pipeline, now=self._platform.clock(), spec={**pipeline.spec, "_aliases": held})
            except (Stale, Missing):
                continue
            break
        changed = {name: params[name] for name in versions.ABOUT if name in params}
        if changed:
            self._versions.describe_as(version, changed)
        return {"PipelineArn": params["PipelineArn"], "PipelineVersionId": number}

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            record = self._find(call)
            KIND.may_delete(self._platform, record)
            try:
                self._store.delete(record)
            except (Stale, Missing):
                continue
            return {"PipelineArn": names.pipeline_arn(record.key.project, record.key.name)}

    async def describe(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        version = self._versions.find(record, call.params)
        known = {**everything(KIND, self._platform, record), **self._versions.about(record, version)}
        known["PipelineDefinition"] = version.spec["PipelineDefinition"]
        if "_user" in version.spec and versions.number_of(version) != versions.newest(record):
            # Who made that version, not who changed the pipeline last.
            known["LastModifiedBy"] = {"UserProfileName": version.spec["_user"]}
        return {name: value for name, value in known.items() if name != "LastExecutionTime"}

    async def list(self, call: Call) -> Mapping[str, Any]:
        _check_supported(call)
        params = call.params
        prefix = params.get("PipelineNamePrefix")
        where: Condition | None = None
        if prefix:
            where = Every((Is("name", ">=", prefix), Is("name", "<", f"{prefix}\U0010ffff")))
        page = self._page(call, Query(names.PIPELINE, call.caller.project, where=where), params.get("SortBy") == "Name")
        return {"PipelineSummaries": [self._summary(one) for one in page.records], "NextToken": page.token}

    def _summary(self, record: Record) -> dict[str, Any]:
        spec, last = record.spec, last_execution(self._platform, record)
        return {
            "PipelineArn": names.pipeline_arn(record.key.project, record.key.name),
            "PipelineName": record.key.name,
            "PipelineDisplayName": spec.get("PipelineDisplayName"),
            "PipelineDescription": spec.get("PipelineDescription"),
            "RoleArn": spec.get("RoleArn"),
            "CreationTime": record.created,
            "LastModifiedTime": record.modified,
            "LastExecutionTime": last.created if last else None,
        }

    def _page(self, call: Call, query: Query, by_name: bool = False) -> Page:
        params = call.params
        asked = replace(
            query,
            created_after=params.get("CreatedAfter"),
            created_before=params.get("CreatedBefore"),
            sort="name" if by_name else "created",
            descending=params.get("SortOrder", "Descending") == "Descending",
            limit=params.get("MaxResults", PAGE),
            token=params.get("NextToken"),
        )
        try:
            return self._store.query(asked)
        except BadToken:
            raise ValidationError(
                f'Invalid pagination token because "{asked.token}" was not issued for this list.'
            ) from None

    # Executions.

    async def start(self, call: Call) -> Mapping[str, Any]:
        _check_supported(call)
        params, pipeline = call.params, self._find(call)
        project, now = call.caller.project, self._platform.clock()
        version = self._versions.find(pipeline, params)
        text = version.spec["PipelineDefinition"]
        definition = parse(text)
        id = names.execution_id(project, pipeline.key.name, params["ClientRequestToken"])
        given = {one["Name"]: one["Value"] for one in params.get("PipelineParameters", ())}
        kept = ("PipelineExecutionDisplayName", "PipelineExecutionDescription", "SelectiveExecutionConfig")
        spec: dict[str, Any] = {
            **{one: params[one] for one in kept if one in params},
            "PipelineName": pipeline.key.name,
            "ParallelismConfiguration": params.get(
                "ParallelismConfiguration", pipeline.spec.get("ParallelismConfiguration", {})
            ),
            "RoleArn": params.get("RoleArn", pipeline.spec.get("RoleArn")),
            "_definition": text,
            "_experiment": definition.experiment,
            "_values": values(definition.parameters, given),
            "_user": call.caller.user,
            "_id": id,
            "_version": versions.number_of(version),
        }
        spec.setdefault("PipelineExecutionDisplayName", f"execution-{int(now * 1000)}")
        states: Mapping[str, Any] = {}
        if "SelectiveExecutionConfig" in params:
            source = self._source(pipeline, params["SelectiveExecutionConfig"])
            selected = [one["StepName"] for one in params["SelectiveExecutionConfig"]["SelectedSteps"]]
            states = taken_over(definition, selected, source.status["Steps"], names.execution_arn(source))
            spec["_only"] = sorted({*selected, *states})
            restricted(definition, spec["_only"])
        status = {"PipelineExecutionStatus": "Executing", "Steps": states}
        key = Key(project, names.EXECUTION, id)
        try:
            self._admit(key, call)
            record = self._store.create(key, spec, status, now=now)
        except AlreadyExists as taken:
            record = taken.existing
        return {"PipelineExecutionArn": names.execution_arn(record)}

    def _admit(self, key: Key, call: Call) -> None:
        """What was begun by the same request goes on being answered. Raises AlreadyExists or LimitExceeded."""
        try:
            raise AlreadyExists(self._store.get(key))
        except Missing:
            self._platform.admit(key, call.caller.user, {})

    def _source(self, pipeline: Record, config: Mapping[str, Any]) -> Record:
        arn = config.get("SourcePipelineExecutionArn")
        if arn is None:
            last = last_execution(self._platform, pipeline)
            if last is None:
                raise ValidationError(
                    "The pipeline has no execution yet whose steps could be reused: run it whole first."
                )
            return last
        return self._execution_of(pipeline.key.project, arn)

    def _execution_of(self, project: str, arn: str) -> Record:
        try:
            return self._store.get(names.execution_key(project, arn))
        except Missing:
            raise NotFound(f"Pipeline execution with the ARN {arn} does not exist.") from None

    def _execution(self, call: Call) -> Record:
        return self._execution_of(call.caller.project, str(call.params["PipelineExecutionArn"]))

    async def describe_execution(self, call: Call) -> Mapping[str, Any]:
        record = self._execution(call)
        known, number = shown.execution(record, index_execution), int(record.spec.get("_version", 1))
        aliases = self._aliases(record)
        return {**known, **self._experiment(record), "PipelineVersionId": number, "PipelineVersionAliases": aliases}

    def _experiment(self, record: Record) -> dict[str, Any]:
        given = record.spec.get("_experiment")
        if not given:
            return {}
        values = StepValues(self._platform, record, Definition({}, {}, given), {})
        return {"PipelineExperimentConfig": {name: as_text(values.experiment(name)) for name in EXPERIMENT}}

    def _aliases(self, execution: Record) -> Sequence[str] | None:
        """Of the version it runs, as they are now."""
        key = Key(execution.key.project, names.PIPELINE, str(execution.spec["PipelineName"]))
        try:
            found = versions.aliases_of(self._store.get(key), int(execution.spec.get("_version", 1)))
        except Missing:
            return None
        return found or None

    async def list_executions(self, call: Call) -> Mapping[str, Any]:
        pipeline = self._find(call)
        labels = {"Pipeline": pipeline.key.name.lower()}
        if "PipelineVersionAlias" in call.params:
            version = self._versions.find(pipeline, call.params)
            labels["Version"] = versions.label(pipeline, versions.number_of(version))
        query = Query(names.EXECUTION, call.caller.project, labels=labels)
        page = self._page(call, query, call.params.get("SortBy") == "PipelineExecutionArn")
        found = [
            {**shown.execution_summary(one, index_execution), "PipelineVersionAliases": self._aliases(one)}
            for one in page.records
        ]
        return {"PipelineExecutionSummaries": found, "NextToken": page.token}

    async def list_steps(self, call: Call) -> Mapping[str, Any]:
        if "PipelineExecutionArn" not in call.params:
            raise ValidationError("PipelineExecutionArn is required.")
        record = self._execution(call)
        steps = sorted(record.status["Steps"].items(), key=lambda item: item[1]["StartTime"])
        if call.params.get("SortOrder", "Descending") == "Descending":
            steps.reverse()
        start, limit = _number(call.params.get("NextToken")), call.params.get("MaxResults", PAGE)
        raws = shown.raw_steps(record)
        found = [
            shown.step(record, name, state, shown.raw_of(raws, name)) for name, state in steps[start : start + limit]
        ]
        more = len(steps) > start + limit
        return {"PipelineExecutionSteps": found, "NextToken": str(start + limit) if more else None}

    async def list_parameters(self, call: Call) -> Mapping[str, Any]:
        record = self._execution(call)
        found = [{"Name": name, "Value": shown.text(value)} for name, value in record.spec["_values"].items()]
        start, limit = _number(call.params.get("NextToken")), call.params.get("MaxResults", PAGE)
        more = len(found) > start + limit
        return {"PipelineParameters": found[start : start + limit], "NextToken": str(start + limit) if more else None}

    async def definition_of(self, call: Call) -> Mapping[str, Any]:
        record = self._execution(call)
        return {"PipelineDefinition": record.spec["_definition"], "CreationTime": record.created}

    def _change(self, call: Call, change: Any) -> Mapping[str, Any]:
        """change: a record to its new spec, None for none; raises where it can't be now."""
        while True:
            record = self._execution(call)
            spec = change(record)
            if spec is not None:
                try:
                    self._store.write(record, now=self._platform.clock(), spec=spec)
                except (Stale, Missing):
                    continue
            return {"PipelineExecutionArn": names.execution_arn(record)}

    async def update_execution(self, call: Call) -> Mapping[str, Any]:
        kept = ("PipelineExecutionDescription", "PipelineExecutionDisplayName", "ParallelismConfiguration")
        changed = {one: call.params[one] for one in kept if one in call.params}
        return self._change(call, lambda record: {**record.spec, **changed})

    async def stop(self, call: Call) -> Mapping[str, Any]:
        def change(record: Record) -> Mapping[str, Any] | None:
            word = record.status["PipelineExecutionStatus"]
            if word in ENDED:
                raise ConflictError(f"The pipeline execution has ended: it is {word}.")
            return None if "_stop" in record.spec else {**record.spec, "_stop": self._platform.clock()}

        return self._change(call, change)

    async def retry(self, call: Call) -> Mapping[str, Any]:
        """Idempotent by its token, as long as the retry is the newest."""
        token = call.params["ClientRequestToken"]

        def change(record: Record) -> Mapping[str, Any] | None:
            if record.spec.get("_retry_token") == token:
                return None
            word = record.status["PipelineExecutionStatus"]
            if word not in ("Failed", "Stopped"):
                raise ConflictError(f"Only an execution that failed or was stopped can be retried; this one is {word}.")
            self._platform.admit(record.key, call.caller.user, {})
            spec = {name: value for name, value in record.spec.items() if name != "_stop"}
            if "ParallelismConfiguration" in call.params:
                spec["ParallelismConfiguration"] = call.params["ParallelismConfiguration"]
            return {**spec, "_retry": int(spec.get("_retry", 0)) + 1, "_retry_token": token}

        return self._change(call, change)

    # Callbacks.

    def _call_back(self, call: Call, said: Mapping[str, Any]) -> Mapping[str, Any]:
        token = str(call.params["CallbackToken"])
        while True:
            record = self._waiting_for(call.caller.project, token)
            known = record.spec.get("_callbacks", {})
            if token not in known:
                try:
                    spec = {**record.spec, "_callbacks": {**known, token: said}}
                    self._store.write(record, now=self._platform.clock(), spec=spec)
                except (Stale, Missing):
                    continue
            elif known[token]["Status"] != said["Status"]:
                raise ConflictError(f"The callback {token} was answered already.")
            return {"PipelineExecutionArn": names.execution_arn(record)}

    def _waiting_for(self, project: str, token: str) -> Record:
        for state in ("Executing", "Stopping"):
            for record in scan(self._store, Query(names.EXECUTION, project, state=state)):
                if any(one.get("Token") == token for one in record.status["Steps"].values()):
                    return record
        raise NotFound(f"No step waits for the callback token {token}.")

    async def succeed(self, call: Call) -> Mapping[str, Any]:
        outputs = {one["Name"]: one["Value"] for one in call.params.get("OutputParameters", ())}
        return self._call_back(call, {"Status": "Succeeded", "OutputParameters": outputs})

    async def fail(self, call: Call) -> Mapping[str, Any]:
        return self._call_back(call, {"Status": "Failed", "FailureReason": call.params.get("FailureReason", "")})


def _number(token: Any) -> int:
    if token is None:
        return 0
    if not str(token).isdecimal() or len(str(token)) > 9:
        raise ApiError("Invalid pagination token.", code="ValidationException", status=400)
    return int(token)
