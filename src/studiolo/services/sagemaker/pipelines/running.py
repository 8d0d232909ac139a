"""One step of one execution, from its start to its end. A step's state is a plain document; it is changed here and nowhere
else, and written by the controller.

    Status, StartTime, EndTime, FailureReason, AttemptCount, CacheHitResult, SelectiveExecutionResult  as AWS shows them
    Made       the name of what it made;  Key  of its place in the cache
    Outcome    of a condition;  OutputParameters, Token  of a callback
    FunctionArn, Made, OutputParameters  of a function
    Arguments  of a deployment, Asked  whether the endpoint was told
    Items      of a ForEach, as they were when it began;  Selected  which of its children
    _at        epoch seconds of the next try
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.fitting import as_text
from studiolo.services.sagemaker.pipelines import caching, calling, names, retries
from studiolo.services.sagemaker.pipelines.calling import CannotCall
from studiolo.services.sagemaker.pipelines.conditions import holds
from studiolo.services.sagemaker.pipelines.definition import Definition, Step
from studiolo.services.sagemaker.pipelines.deploying import CannotDeploy
from studiolo.services.sagemaker.pipelines.expanding import child, children, counted, items_of, summed
from studiolo.services.sagemaker.pipelines.known import StepValues
from studiolo.services.sagemaker.pipelines.makers import ENDS, MAKERS, Refused, Things
from studiolo.services.sagemaker.pipelines.paths import BadPath, follow, split
from studiolo.services.sagemaker.pipelines.values import CannotResolve, resolve

State = dict[str, Any]
MAX_REASON = 1024


class Running:
    """The steps of one execution, for one look."""

    def __init__(self, platform: Platform, things: Things, record: Record, definition: Definition) -> None:
        """definition: expanded, also by what begins meanwhile."""
        self._platform = platform
        self._things = things
        self._record = record
        self._definition = definition

    def expand(self, definition: Definition) -> None:
        self._definition = definition

    def _now(self) -> float:
        return self._platform.clock()

    def _tries(self, state: State) -> str:
        return f"{self._record.spec.get('_retry', 0)}.{state['AttemptCount']}"

    # Values.

    async def _values(self, step: Step, states: Mapping[str, State]) -> StepValues:
        documents: dict[str, Mapping[str, Any]] = {}
        for name in step.after:
            other, state = self._definition.steps.get(name), states.get(name)
            if other is None or state is None:
                continue
            # A step of the same turn is called as the definition calls it.
            called = other.written if step.parent and other.parent == step.parent else name
            if other.body:
                documents[called] = await self._of_loop(other, states, self._members_read(step, called))
            else:
                found = await self._document(other, state)
                if found is not None:
                    documents[called] = found
        turn = (step.index, states[step.parent]["Items"][step.index]) if step.parent else None
        return StepValues(self._platform, self._record, self._definition, documents, turn)

    async def _document(self, step: Step, state: State) -> Mapping[str, Any] | None:
        """What may be read of a step that has succeeded."""
        if step.type in MAKERS and "Made" in state:
            return await self._things.properties(self._record, MAKERS[step.type], state["Made"])
        return {one: state[one] for one in ("Outcome", "OutputParameters") if one in state}

    def _members_read(self, step: Step, loop: str) -> set[str]:
        paths = [split(path) for path in step.reads]
        return {str(parts[2]) for parts in paths if parts[0] == "Steps" and parts[1] == loop}

    async def _of_loop(self, step: Step, states: Mapping[str, State], members: set[str]) -> dict[str, Any]:
        """What may be read of a ForEach; what its children made is looked up only where it is asked for."""
        state = states[step.name]
        found = counted(list(step.body), state, states)
        if "IterationOutputs" in members:
            turns: list[dict[str, Any]] = [{} for _ in state["Items"]]
            for one in children(step, state):
                turns[one.index][one.written] = await self._document(one, states[one.name]) or {}
            found["IterationOutputs"] = turns
        if "Selected" in members and "Selected" in state:
            chosen = child(state["Selected"]["StepName"], state["Selected"]["Index"])
            one = next(one for one in children(step, state) if one.name == chosen)
            found["Selected"] = await self._document(one, states[chosen]) or {}
        return found

    # Starting.

    async def start(self, step: Step, states: Mapping[str, State], old: State | None = None) -> State:
        began = old["StartTime"] if old else self._now()
        state: State = {
            "Status": "Executing", "StartTime": began, "AttemptCount": old["AttemptCount"] + 1 if old else 1
        }  # fmt: skip
        try:
            values = await self._values(step, states)
            if step.type == "Condition":
                state["Outcome"] = await asyncio.to_thread(holds, step.arguments["Conditions"], values)
                return self._ended(state, "Succeeded")
            if step.body:
                items = await asyncio.to_thread(resolve, step.arguments["IterableItems"], values)
                return {**state, "Items": items_of(items)}
            arguments = await asyncio.to_thread(resolve, step.arguments, values)
            if step.type == "Fail":
                return self._ended(state, "Failed", as_text(arguments.get("ErrorMessage", "")))
            if step.type == "Callback":
                state["Token"] = names.token(self._record.key.name, step.name, self._tries(state))
                return {**state, "Arguments": arguments}
            if step.type == "Deploy":
                return await self._deploy(step, {**state, "Arguments": arguments}, stopping=False)
            if step.type == "Lambda":
                arn = await asyncio.to_thread(resolve, step.raw["FunctionArn"], values)
                return self._call(step, {**state, "FunctionArn": str(arn)}, arguments)
            return await self._make(step, state, arguments)
        except CannotCall as error:
            return self._failed(step, state, str(error), error.code)
        except CannotResolve as error:
            return self._ended(state, "Failed", f"ClientError: {error}")
        except Refused as error:
            return self._failed(step, state, str(error), error.code)

    async def _make(self, step: Step, state: State, arguments: Mapping[str, Any]) -> State:
        if caching.wanted(step):
            state["Key"] = caching.key_of(self._record, step, arguments)
            hit = caching.find(self._platform, self._record.key.project, state["Key"], step, self._now())
            if hit is not None and await self._stands(step, hit["Made"]):
                state |= {"Made": hit["Made"], "CacheHitResult": {"SourcePipelineExecutionArn": hit["Execution"]}}
                return self._ended(state, "Succeeded")
        state["Made"] = await self._things.make(self._record, step, arguments, self._tries(state))
        return state if MAKERS[step.type].state else self._ended(state, "Succeeded")

    def _call(self, step: Step, state: State, event: Any) -> State:
        if caching.wanted(step):
            # The outputs are in the cache as well, so that another list of outputs is another call.
            asked = {
                "FunctionArn": state["FunctionArn"],
                "Event": event,
                "Outputs": step.raw.get("OutputParameters") or [],
            }
            state["Key"] = caching.key_of(self._record, step, asked)
            hit = caching.find(self._platform, self._record.key.project, state["Key"], step, self._now())
            if hit is not None:
                state |= {"Made": hit["Made"], "OutputParameters": hit["OutputParameters"]}
                state["CacheHitResult"] = {"SourcePipelineExecutionArn": hit["Execution"]}
                return self._ended(state, "Succeeded")
        tries = self._tries(state)
        return {**state, "Made": calling.begin(self._platform, self._record, step, state["FunctionArn"], event, tries)}

    async def _stands(self, step: Step, made: str) -> bool:
        """What the cache names may have been deleted meanwhile."""
        maker = MAKERS[step.type]
        found = await self._things.describe(self._record, maker, made)
        return found is not None and ENDS.get(found.get(maker.state or "", "")) == "Succeeded"

    # Looking.

    async def look(self, step: Step, state: State, stopping: bool) -> State:
        if "_at" in state:
            return self._ended(state, "Stopped") if stopping else state
        if step.body:
            # It is over when its children are: see `close`.
            return state
        if step.type == "Callback":
            return self._called_back(state, stopping)
        if step.type == "Deploy":
            return await self._deploy(step, state, stopping)
        if step.type == "Lambda":
            return self._called(step, state, stopping)
        maker = MAKERS[step.type]
        found = await self._things.describe(self._record, maker, state["Made"])
        if found is None:
            return self._ended(state, "Failed", f"ClientError: The {maker.thing} {state['Made']} was deleted.")
        end = ENDS.get(found[maker.state or ""])
        if end is None:
            if stopping and state["Status"] != "Stopping":
                if not maker.stops:
                    return self._ended(state, "Stopped")
                await self._things.stop(self._record, maker, state["Made"])
                return {**state, "Status": "Stopping"}
            return state
        if end == "Succeeded":
            if "Key" in state:
                caching.keep(self._platform, self._record, state["Key"], state["Made"], self._now())
            return self._ended(state, "Succeeded")
        if end == "Stopped" and not stopping:
            return self._ended(state, "Failed", f"ClientError: The {maker.thing} {state['Made']} was stopped.")
        if end == "Stopped":
            return self._ended(state, "Stopped")
        return self._failed(step, state, str(found.get("FailureReason", "")), "")

    async def _deploy(self, step: Step, state: State, stopping: bool) -> State:
        if stopping:
            # A deployment that is under way goes on to its end.
            return self._ended(state, "Stopped")
        try:
            state, serves = await self._things.deploying(self._record).look(state, step.name, self._tries(state))
        except CannotDeploy as error:
            return self._failed(step, state, str(error), error.code)
        return self._ended(state, "Succeeded") if serves else state

    def _called(self, step: Step, state: State, stopping: bool) -> State:
        """A function that was called is not stopped: the execution waits for its end, as on AWS."""
        try:
            found = calling.look(self._platform, self._record, step, state["Made"])
        except CannotCall as error:
            return self._failed(step, state, str(error), error.code)
        if found is None:
            return {**state, "Status": "Stopping"} if stopping else state
        if "Key" in state:
            caching.keep(self._platform, self._record, state["Key"], state["Made"], self._now(), found)
        return self._ended({**state, "OutputParameters": found}, "Succeeded")

    def _called_back(self, state: State, stopping: bool) -> State:
        said = self._record.spec.get("_callbacks", {}).get(state["Token"])
        if said is None:
            return self._ended(state, "Stopped") if stopping else state
        if said["Status"] == "Failed":
            return self._ended(state, "Failed", said.get("FailureReason", ""))
        return self._ended({**state, "OutputParameters": said.get("OutputParameters", {})}, "Succeeded")

    # Loops.

    async def close(self, step: Step, states: Mapping[str, State]) -> State:
        """The last state of a ForEach all of whose children are over."""
        state, sum = states[step.name], summed(list(step.body), states[step.name], states)
        if sum.word != "Succeeded":
            return self._ended(state, sum.word, sum.why)
        selector = step.arguments.get("Selector")
        if selector is None:
            return self._ended(state, "Succeeded")
        best: tuple[float, int] | None = None
        _, name, *parts = split(str(selector["Field"]["Get"]))
        sign = 1 if selector["Pick"] == "MaxBy" else -1
        for one in children(step, state):
            if one.written != name:
                continue
            document = await self._document(one, states[one.name]) or {}
            try:
                value = sign * float(follow(document, parts, str(selector["Field"]["Get"])))
            except (BadPath, TypeError, ValueError):
                continue
            if best is None or value > best[0]:
                best = (value, one.index)
        if best is None and state["Items"]:
            return self._ended(state, "Failed", "ClientError: The Field of the Selector is a number in no iteration.")
        chosen = {} if best is None else {"Selected": {"StepName": str(name), "Index": best[1]}}
        return self._ended({**state, **chosen}, "Succeeded")

    # Ending.

    def _ended(self, state: State, status: str, why: str = "") -> State:
        done = {name: value for name, value in state.items() if name != "_at"}
        done |= {"Status": status, "EndTime": self._now()}
        if why:
            done["FailureReason"] = why[:MAX_REASON]
        return done

    def _failed(self, step: Step, state: State, why: str, code: str) -> State:
        policies, failed = step.raw.get("RetryPolicies") or (), retries.kinds_of(why, code)
        pause = retries.wait(policies, failed, state["AttemptCount"], state["StartTime"], self._now())
        if pause is None:
            return self._ended(state, "Failed", why)
        return {**state, "Status": "Starting", "FailureReason": why[:MAX_REASON], "_at": self._now() + pause}
