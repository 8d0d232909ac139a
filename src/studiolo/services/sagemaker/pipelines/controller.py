"""Brings executions of pipelines from their start to their end. It looks at what its steps have made, decides (decide.py),
starts what is ready, and writes the steps' states. What it starts has fixed names, so after a crash between a start and its
note the same is found again and nothing is started twice.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.sagemaker.failing import reason
from studiolo.services.sagemaker.held import Held
from studiolo.services.sagemaker.keys import unfinished
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.decide import RUNNING, again_from, decide, over
from studiolo.services.sagemaker.pipelines.definition import Definition, parse
from studiolo.services.sagemaker.pipelines.expanding import expanded
from studiolo.services.sagemaker.pipelines.makers import Things
from studiolo.services.sagemaker.pipelines.news import LOOK, Looks, News, execution_of
from studiolo.services.sagemaker.pipelines.running import Running, State
from studiolo.services.sagemaker.pipelines.selection import restricted
from studiolo.store.protocol import Change, Missing, Stale, Store

KEPT = 64
ENDED = ("Succeeded", "Failed", "Stopped")
PARALLEL = 50


class PipelineExecutionController:
    kind = names.EXECUTION

    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._things = Things(handlers)
        self._definitions: OrderedDict[Key, Definition] = OrderedDict()
        self._held = Held(platform.store)
        self._news = News()
        platform.store.watch(self._news.hear)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, ("Executing", "Stopping"))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._held.get(key)
        except Missing:
            return None
        asked = int(record.spec.get("_retry", 0))
        if asked > int(record.status.get("_retried", 0)):
            record = self._begin_again(record, asked)
        if record.status["PipelineExecutionStatus"] in ENDED:
            self._definitions.pop(key, None)
            self._news.forget(key)
            self._held.drop(key)
            return None
        looks = self._news.take(key, "_stop" in record.spec, self._platform.clock())
        try:
            return await self._step(record, looks)
        except BaseException as error:
            # What was told is lost with this look: the next one is at everything.
            self._news.forget(key)
            if isinstance(error, Stale):
                return Again(0)
            raise

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status["PipelineExecutionStatus"] not in ENDED:
                self._write(
                    record, self._over(record, record.status["Steps"], "Failed", reason("execution", error, failures))
                )
        except (Missing, Stale):
            return

    def _definition(self, record: Record) -> Definition:
        """Parsed once: an execution's never changes."""
        found = self._definitions.get(record.key)
        if found is None:
            found = restricted(parse(record.spec["_definition"]), record.spec.get("_only"))
            self._definitions[record.key] = found
            if len(self._definitions) > KEPT:
                self._definitions.popitem(last=False)
        return found

    def _write(self, record: Record, status: dict[str, Any]) -> Record:
        if status == record.status:
            return record
        return self._held.keep(self._platform.store.write(record, now=self._platform.clock(), status=status))

    def _begin_again(self, record: Record, asked: int) -> Record:
        steps = record.status["Steps"]
        states = again_from(expanded(self._definition(record), steps), steps)
        kept = {name: value for name, value in record.status.items() if name not in ("FailureReason", "EndTime")}
        return self._write(record, {**kept, "PipelineExecutionStatus": "Executing", "Steps": states, "_retried": asked})

    async def _step(self, record: Record, looks: Looks) -> Again | None:
        states: dict[str, State] = {name: dict(one) for name, one in record.status["Steps"].items()}
        plain = self._definition(record)
        definition = expanded(plain, states)
        running = Running(self._platform, self._things, record, definition)
        stopping = "_stop" in record.spec
        for name, state in list(states.items()):
            if state["Status"] in RUNNING and looks(definition.steps[name], state):
                states[name] = await running.look(definition.steps[name], state, stopping)
        await self._try_again(running, definition, states)
        parallel = int(record.spec.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps", PARALLEL))
        while True:
            # Conditions and models end as they start, loops with their last child; more may be ready then.
            for name in over(definition, states, stopping):
                states[name] = await running.close(definition.steps[name], states)
            todo = decide(definition, states, parallel, stopping)
            if not todo.start:
                break
            for name in todo.start:
                states[name] = await running.start(definition.steps[name], states)
            if any(definition.steps[name].body for name in todo.start):
                definition = expanded(plain, states)
                running.expand(definition)
        if todo.ending is None:
            self._write(record, {**record.status, "Steps": states})
            return Again(self._pause(states))
        why = next(
            (
                f"Step failure: {name}: {one.get('FailureReason', '')}"
                for name, one in states.items()
                if one["Status"] == "Failed"
            ),
            "",
        )
        self._write(record, self._over(record, states, todo.ending, why if todo.ending == "Failed" else ""))
        return None

    async def _try_again(self, running: Running, definition: Definition, states: dict[str, State]) -> None:
        now = self._platform.clock()
        for name, state in list(states.items()):
            if state.get("_at", now + 1) <= now:
                states[name] = await running.start(definition.steps[name], states, state)

    def _pause(self, states: dict[str, State]) -> float:
        now = self._platform.clock()
        return max(0.05, min([LOOK, *(one["_at"] - now for one in states.values() if "_at" in one)]))

    def _over(self, record: Record, states: Any, status: str, why: str) -> dict[str, Any]:
        done = {**record.status, "Steps": states, "PipelineExecutionStatus": status, "EndTime": self._platform.clock()}
        return {**done, "FailureReason": why[:1024]} if why else done


def watch_children(store: Store) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """A source for the control loop: a change of what a step made has its execution looked at."""

    def watch(watcher: Callable[[str], None]) -> Callable[[], None]:
        def changed(change: Change) -> None:
            execution = execution_of(change)
            if execution is not None:
                watcher(execution.handle())

        return store.watch(changed)

    return watch
