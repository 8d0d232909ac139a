"""Brings tuning jobs to their end: looks at the training jobs that run, starts others as long as there may be more, and writes
down what came of them. A trial's job has a name that follows from the tuning job and its number, so that a crash between
starting it and noting it starts nothing twice.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Asker, Handlers
from studiolo.services.sagemaker.failing import reason
from studiolo.services.sagemaker.held import Held
from studiolo.services.sagemaker.keys import unfinished
from studiolo.services.sagemaker.tuning import definitions, trials
from studiolo.services.sagemaker.tuning.curves import Curves
from studiolo.services.sagemaker.tuning.definitions import objective_of
from studiolo.services.sagemaker.tuning.search import Search, Trial
from studiolo.services.sagemaker.tuning.spec import rule_of, search_of
from studiolo.services.sagemaker.tuning.stopping import Median
from studiolo.store.protocol import Change, Missing, Stale, Store

KIND = "HyperParameterTuningJob"
LOOK = 5.0
WATCH = 1.0
"""Seconds between two looks at what running trials have printed, where they may be stopped early."""
MAX_FAILED = 5
"""So many failures before the first success end the tuning job: there is something wrong with all of them."""
TAKEN = (
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig",
    "StoppingCondition", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining",
    "CheckpointConfig", "RetryStrategy", "Environment",
)  # fmt: skip
"""Members of the definition that a training job takes as they are."""
_CHILD = re.compile(r"(.+)-\d{3,4}-[0-9a-f]{8}$")
Trials = dict[int, dict[str, Any]]


def child(name: str, number: int) -> str:
    """<tuning job>-<number>-<8 digits>, as AWS names them."""
    return f"{name}-{number:03}-{hashlib.sha256(f'{name}/{number}'.encode()).hexdigest()[:8]}"


class TuningJobController:
    kind = KIND

    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._ask = Asker(handlers).ask
        self._held = Held(platform.store)
        self._searches: dict[tuple[Key, int], Search] = {}
        self._curves: dict[Key, Curves] = {}

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._held.get(key)
        except Missing:
            return None
        if record.status["HyperParameterTuningJobStatus"] in trials.ENDED:
            self._forget(record)
            if record.deleting:
                self._platform.store.delete(record)
            return None
        try:
            return await self._step(record)
        except Stale:
            return Again(0)

    def _forget(self, record: Record) -> None:
        self._held.drop(record.key)
        self._curves.pop(record.key, None)
        for index in range(definitions.count(record.spec)):
            self._searches.pop((record.key, index), None)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status["HyperParameterTuningJobStatus"] not in trials.ENDED:
                self._write(record, trials.of(record), "Failed", reason("tuning job", error, failures))
        except (Missing, Stale):
            return

    def _write(
        self, record: Record, held: Trials, word: str = "InProgress", why: str = "", *, converged: bool = False
    ) -> None:
        status: dict[str, Any] = {**record.status, "_trials": {str(number): one for number, one in held.items()}}
        if word in trials.ENDED:
            status |= {"HyperParameterTuningJobStatus": word, "HyperParameterTuningEndTime": self._platform.clock()}
        if converged:
            status["_converged"] = self._platform.clock()
        if why:
            status["FailureReason"] = why[:1024]
        if status != record.status:
            self._held.keep(self._platform.store.write(record, now=self._platform.clock(), status=status))

    async def _step(self, record: Record) -> Again | None:
        held, now = trials.of(record), self._platform.clock()
        for one in held.values():
            if one["Status"] not in trials.ENDED:
                self._look(record, one)
        limits = record.spec["HyperParameterTuningJobConfig"]["ResourceLimits"]
        running = [one for one in held.values() if one["Status"] not in trials.ENDED]
        stopping = "_stop" in record.spec or record.deleting
        converged = trials.converged(record, held)
        enough = stopping or converged or trials.reached(record, held, now) or _hopeless(held)
        if enough:
            for one in running:
                await self._stop(record, one)
        else:
            await self._stop_early(record, held)
        exhausted = len(held) >= limits["MaxNumberOfTrainingJobs"]
        while not enough and not exhausted and len(running) < limits["MaxParallelTrainingJobs"]:
            made = await self._start(record, held)
            if made is None:
                exhausted = True
                break
            running += [made] if made["Status"] not in trials.ENDED else []
            exhausted = len(held) >= limits["MaxNumberOfTrainingJobs"]
            if _hopeless(held):
                break
        if running or not (enough or exhausted or _hopeless(held)):
            self._write(record, held)
            return Again(LOOK if rule_of(record.spec) is None else WATCH)
        self._end(record, held, stopping, converged)
        return None

    async def _stop_early(self, record: Record, held: Trials) -> None:
        rule = rule_of(record.spec)
        if rule is None:
            return
        curves = self._curves.setdefault(record.key, Curves(self._platform)).of(record, held)
        ended = [number for number, one in held.items() if one["Status"] == "Completed"]
        for number, one in held.items():
            if one["Status"] in trials.ENDED or one.get("Early"):
                continue
            if rule.stops(number, curves, ended) if isinstance(rule, Median) else rule.stops(number, curves):
                await self._stop(record, one)
                one["Early"] = True

    def _end(self, record: Record, held: Trials, stopping: bool, converged: bool) -> None:
        if stopping:
            self._write(record, held, "Stopped")
        elif held and trials.best(record, held) is None:
            metric = objective_of(record.spec)["MetricName"]
            first = next(
                (one["Reason"] for one in held.values() if one.get("Reason")), f"no job reported the metric {metric}"
            )
            self._write(record, held, "Failed", f"No training job succeeded in optimizing the objective: {first}")
        else:
            self._write(record, held, "Completed", converged=converged)

    # Trials.

    def _look(self, record: Record, one: dict[str, Any]) -> None:
        try:
            job = self._platform.store.get(Key(record.key.project, "TrainingJob", one["Name"]))
        except Missing:
            one |= {"Status": "Failed", "Ended": self._platform.clock(), "Reason": "The training job was deleted."}
            return
        word = job.status["TrainingJobStatus"]
        if "TrainingStartTime" in job.status:
            one["Started"] = job.status["TrainingStartTime"]
        if word not in trials.ENDED:
            return
        one |= {"Status": word, "Ended": job.status.get("TrainingEndTime", self._platform.clock())}
        if "FailureReason" in job.status:
            one["Reason"] = job.status["FailureReason"][:300]
        wanted = objective_of(record.spec, one.get("Definition", 0))["MetricName"]
        for metric in job.status.get("FinalMetricDataList", ()):
            if metric["MetricName"] == wanted and word != "Failed":
                one["Value"] = metric["Value"]

    async def _start(self, record: Record, held: Trials) -> dict[str, Any] | None:
        number = next(reversed(held), 0) + 1
        index, place = definitions.turn(record.spec, number)
        alike = {other: one for other, one in held.items() if one.get("Definition", 0) == index}
        known = [*self._before(record), *trials.as_search(record, alike)]
        # Optuna's import takes seconds, its thinking milliseconds.
        params = await asyncio.to_thread(self._search(record, index).next, place, known)
        if params is None:
            return None
        name = child(record.key.name, number)
        one: dict[str, Any] = {
            "Name": name,
            "Params": params,
            "Status": "InProgress",
            "Created": self._platform.clock(),
        }
        if definitions.count(record.spec) > 1:
            one["Definition"] = index
        held[number] = one
        try:
            one["Params"] = await self._create(record, name, params, index)
        except ApiError as error:
            one |= {
                "Status": "Failed",
                "Ended": self._platform.clock(),
                "Reason": f"ClientError: {error.message}"[:300],
            }
        return one

    def _search(self, record: Record, index: int) -> Search:
        place = (record.key, index)
        if place not in self._searches:
            self._searches[place] = search_of(record.spec, record.key.name, index)
        return self._searches[place]

    def _before(self, record: Record) -> list[Trial]:
        """Trials of the jobs it starts warm from."""
        found: list[Trial] = []
        for name in record.spec.get("_warm", ()):
            try:
                parent = self._platform.store.get(Key(record.key.project, self.kind, name))
            except Missing:
                continue
            found += [one for one in trials.as_search(record, trials.of(parent)) if one.ended]
        return found

    async def _create(self, record: Record, name: str, params: Mapping[str, str], index: int) -> Mapping[str, str]:
        """The parameters that the trial really has. Raises ApiError."""
        definition = definitions.raw(record.spec)[index]
        static = definition.get("StaticHyperParameters", {})
        objective = {"_tuning_objective_metric": objective_of(record.spec, index)["MetricName"]}
        request = {one: definition[one] for one in TAKEN if one in definition}
        request["ResourceConfig"] = record.spec["_definitions"][index]["Resources"]
        request |= {"TrainingJobName": name, "HyperParameters": {**static, **params, **objective}}
        private = {"_tuning_job": sagemaker_arn(record.key.project, "hyper-parameter-tuning-job", record.key.name)}
        try:
            await self._ask(record, "CreateTrainingJob", request, private)
        except ApiError:
            # Started before a crash, and not noted: its record says whose it is.
            try:
                there = self._platform.store.get(Key(record.key.project, "TrainingJob", name))
            except Missing:
                there = None
            if (
                there is None
                or there.spec.get("_tuning_job") != private["_tuning_job"]
                or there.created < record.created
            ):
                raise
            # Asked again after the crash, the search may have said something else.
            return {one: there.spec["HyperParameters"][one] for one in params}
        return params

    async def _stop(self, record: Record, one: Mapping[str, Any]) -> None:
        try:
            await self._ask(record, "StopTrainingJob", {"TrainingJobName": one["Name"]})
        except ApiError:
            return


def _hopeless(held: Trials) -> bool:
    return len(held) >= MAX_FAILED and all(one["Status"] == "Failed" for one in held.values())


def watch_children(store: Store) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """A source for the control loop: a change of a trial's job has its tuning job looked at."""

    def watch(watcher: Callable[[str], None]) -> Callable[[], None]:
        def changed(change: Change) -> None:
            if change.key.kind != "TrainingJob":
                return
            if change.record is not None and change.record.status["TrainingJobStatus"] == "InProgress":
                # How far it is, is seen at the next look.
                return
            match = _CHILD.match(change.key.name)
            if match is not None:
                watcher(Key(change.key.project, KIND, match.group(1)).handle())

        return store.watch(changed)

    return watch
