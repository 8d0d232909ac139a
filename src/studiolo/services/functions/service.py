"""The `lambda` service: functions of Python, invoked one process at a time. No versions, aliases, layers or images."""

import asyncio
import base64
import binascii
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Controller
from studiolo.services.functions import code, invoking, names
from studiolo.services.functions.controller import InvocationController
from studiolo.services.functions.names import invalid
from studiolo.services.functions.policies import Policies
from studiolo.services.platform import Platform
from studiolo.services.request import Answer, Call, Handler
from studiolo.store.protocol import AlreadyExists, BadToken, Change, Indexer, Missing, Query, Stale

MAX_SYNC, MAX_EVENT = 6_291_456, 1_048_576
MAX_VARIABLES = 4096
MAX_TIMEOUT, MAX_MEMORY = 900, 10_240
PAGE = 50
KEPT = ("Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "Environment", "EphemeralStorage")
NOT_YET = (
    "Layers", "FileSystemConfigs", "ImageConfig", "CodeSigningConfigArn", "KMSKeyArn", "CapacityProviderConfig",
    "DurableConfig", "TenancyConfig", "AcceleratorConfig", "RuntimeConfig", "Publish", "PublishTo",
)  # fmt: skip
RESERVED = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip


def indexers() -> Mapping[str, Indexer]:
    return {names.INVOCATION: names.index_invocation}


def controllers(platform: Platform) -> list[Controller]:
    return [InvocationController(platform)]


def shown(record: Record) -> dict[str, Any]:
    """As FunctionConfiguration."""
    spec, stamp = record.spec, time.gmtime(record.modified)
    return {
        "FunctionName": record.key.name,
        "FunctionArn": names.function_arn(record.key.project, record.key.name),
        **{name: spec[name] for name in KEPT if name in spec},
        "CodeSize": spec["_code"]["Size"],
        "CodeSha256": spec["_code"]["Sha256"],
        "LastModified": f"{time.strftime('%Y-%m-%dT%H:%M:%S', stamp)}.{int(record.modified * 1000) % 1000:03d}+0000",
        "Version": names.LATEST,
        "RevisionId": spec["_revision"],
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": names.log_group(record.key.name)},
    }


def _check(params: Mapping[str, Any]) -> None:
    """What this version does not do is refused by name; empty values, which SDKs send, ask for nothing."""
    for member in NOT_YET:
        if params.get(member):
            raise invalid(f"{member} of functions is not supported by this version of studiolo.")
    vpc = params.get("VpcConfig") or {}
    if vpc.get("SubnetIds") or vpc.get("SecurityGroupIds"):
        raise invalid("VpcConfig is not supported: the studio has no networks of its own.")
    if (params.get("DeadLetterConfig") or {}).get("TargetArn"):
        raise invalid("DeadLetterConfig is not supported by this version of studiolo.")
    if params.get("PackageType", "Zip") != "Zip":
        raise invalid("Only functions of PackageType Zip are supported by this version of studiolo.")
    runtime = params.get("Runtime")
    if runtime is not None and not runtime.startswith("python3."):
        raise invalid(f"The runtime {runtime} is not supported: functions of this studio run on Python (python3.12).")
    if not 1 <= params.get("Timeout", 1) <= MAX_TIMEOUT:
        raise invalid(f"Timeout must be between 1 and {MAX_TIMEOUT} seconds.")
    if not 128 <= params.get("MemorySize", 128) <= MAX_MEMORY:
        raise invalid(f"'MemorySize' value failed to satisfy constraint: Member must be between 128 and {MAX_MEMORY}.")
    variables = (params.get("Environment") or {}).get("Variables") or {}
    if reserved := sorted(RESERVED & variables.keys()):
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have provided "
            "contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    if sum(len(name) + len(value) for name, value in variables.items()) > MAX_VARIABLES:
        raise invalid(f"Environment variables may have {MAX_VARIABLES} bytes at most.")


class LambdaService:
    name = "lambda"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._handlers: dict[str, Handler] = {
            "CreateFunction": self.create,
            "GetFunction": self.get,
            "GetFunctionConfiguration": self.configuration,
            "ListFunctions": self.list,
            "UpdateFunctionCode": self.update_code,
            "UpdateFunctionConfiguration": self.update_configuration,
            "DeleteFunction": self.delete,
            "Invoke": self.invoke,
            **Policies(self._find, self._store, platform.clock).operations(),
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Get", "List"))

    def _find(self, call: Call) -> Record:
        project = call.caller.project
        key = names.function_key(project, str(call.params["FunctionName"]), call.params.get("Qualifier"))
        try:
            return self._store.get(key)
        except Missing:
            raise names.not_found(project, key.name) from None

    # Functions.

    async def create(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        _check(params)
        for member in ("Runtime", "Handler"):
            if not params.get(member):
                raise invalid(f"{member} is mandatory for functions created with deployment packages.")
        key = names.function_key(project, str(params["FunctionName"]))
        packed = await asyncio.to_thread(code.read, self._platform, project, params["Code"])
        spec = {
            "Description": "",
            "Timeout": 3,
            "MemorySize": 128,
            "EphemeralStorage": {"Size": 512},
            **{name: params[name] for name in KEPT if params.get(name) is not None},
            "_code": await asyncio.to_thread(code.keep, self._platform, project, packed),
            "_revision": str(uuid.uuid4()),
            "_user": call.caller.user,
        }
        try:
            record = self._store.create(key, spec, {}, now=self._platform.clock(), tags=dict(params.get("Tags", {})))
        except AlreadyExists:
            message = f"Function already exist: {key.name}"
            raise ApiError(message, code="ResourceConflictException", status=409, members={"Type": "User"}) from None
        return shown(record)

    async def get(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        found: dict[str, Any] = {"Configuration": shown(record), "Code": {"RepositoryType": "S3"}}
        return {**found, "Tags": dict(record.tags)} if record.tags else found

    async def configuration(self, call: Call) -> Mapping[str, Any]:
        return shown(self._find(call))

    async def list(self, call: Call) -> Mapping[str, Any]:
        limit = min(int(call.params.get("MaxItems", PAGE)), PAGE)
        query = Query(
            names.FUNCTION, call.caller.project, sort="name", limit=limit, token=call.params.get("Marker") or None
        )
        try:
            page = self._store.query(query)
        except BadToken:
            raise invalid("Invalid Marker: it was not issued for this list.") from None
        return {"Functions": [shown(one) for one in page.records], "NextMarker": page.token}

    def _change(self, call: Call, changed: Mapping[str, Any]) -> Record:
        while True:
            record = self._find(call)
            wanted = call.params.get("RevisionId")
            if wanted and wanted != record.spec["_revision"]:
                message = (
                    "The Revision Id provided does not match the latest Revision Id. "
                    "Call the GetFunction API to retrieve the latest Revision Id"
                )
                raise ApiError(message, code="PreconditionFailedException", status=412)
            try:
                spec = {**record.spec, **changed, "_revision": str(uuid.uuid4())}
                return self._store.write(record, now=self._platform.clock(), spec=spec)
            except (Stale, Missing):
                continue

    async def update_code(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        _check(params)
        record = self._find(call)
        packed = await asyncio.to_thread(code.read, self._platform, record.key.project, params)
        kept = await asyncio.to_thread(code.keep, self._platform, record.key.project, packed)
        if params.get("DryRun"):
            shows = {"CodeSize": kept["Size"], "CodeSha256": kept["Sha256"]}
            return {**shown(record), **shows}
        return shown(self._change(call, {"_code": kept}))

    async def update_configuration(self, call: Call) -> Mapping[str, Any]:
        _check(call.params)
        return shown(
            self._change(call, {name: call.params[name] for name in KEPT if call.params.get(name) is not None})
        )

    async def delete(self, call: Call) -> Answer:
        """Invocations that have begun go on to their end."""
        while True:
            try:
                self._store.delete(self._find(call))
            except (Stale, Missing):
                continue
            return Answer({}, status=204)

    # Invocations.

    async def invoke(self, call: Call) -> Answer:
        record, params = self._find(call), call.params
        for member in ("DurableExecutionName", "TenantId"):
            if params.get(member):
                raise invalid(f"{member} is not supported by this version of studiolo.")
        how = params.get("InvocationType", "RequestResponse")
        event = _event(params.get("Payload") or b"{}", MAX_EVENT if how == "Event" else MAX_SYNC)
        if how == "DryRun":
            return Answer({"StatusCode": 204})
        more: dict[str, Any] = {}
        if params.get("ClientContext"):
            more["ClientContext"] = _client_context(params["ClientContext"])
        if params.get("LogType") == "Tail" and how == "RequestResponse":
            more["Tail"] = True
        one = invoking.begin(self._platform, record, event, call.request_id, call.caller.user, how, **more)
        if how == "Event":
            return Answer({"StatusCode": 202})
        status = (await self._ended(one.key)).status
        answer = {"StatusCode": 200, "ExecutedVersion": names.LATEST, "Payload": status["Response"].encode()}
        if "FunctionError" in status:
            answer["FunctionError"] = status["FunctionError"]
        if "Tail" in status:
            answer["LogResult"] = base64.b64encode(status["Tail"].encode()).decode()
        return Answer(answer)

    async def _ended(self, key: Key) -> Record:
        """Waits for it, and forgets it."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def watcher(change: Change) -> None:
            if change.key == key:
                loop.call_soon_threadsafe(changed.set)

        unwatch = self._store.watch(watcher)
        try:
            while True:
                changed.clear()
                record = self._store.get(key)
                if record.status["State"] == names.ENDED:
                    break
                await changed.wait()
        finally:
            unwatch()
        try:
            self._store.delete(record)
        except (Stale, Missing):
            pass
        return record


def _event(payload: bytes, most: int) -> str:
    if len(payload) > most:
        message = (
            f"{len(payload)} byte payload is too large for the RequestResponse invocation type (limit {most} bytes)"
        )
        raise ApiError(message, code="RequestTooLargeException", status=413)
    try:
        text = payload.decode()
        json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        raise ApiError(message, code="InvalidRequestContentException", status=400) from None
    return text


def _client_context(text: str) -> Any:
    try:
        return json.loads(base64.b64decode(text))
    except (ValueError, binascii.Error):
        raise ApiError(
            "Client context must be a valid Base64-encoded JSON object.",
            code="InvalidRequestContentException",
            status=400,
        ) from None
