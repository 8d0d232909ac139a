"""Evaluates alarms, period by period, and carries out what a change of state has to do.

Level-triggered: the state is worked out from the datapoints there are; actions wait in the status (`_todo`) until they
are done, so a crash repeats a webhook rather than forgets it. Scaling policies named as actions need nothing done here:
application_autoscaling looks at the alarms' states itself.
"""

import asyncio
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.arn import REGION
from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services.cloudwatch import history
from studiolo.services.cloudwatch.alarm_record import KIND, asked, item, moved
from studiolo.services.cloudwatch.alarm_state import evaluate, period_of, window
from studiolo.services.cloudwatch.queries import Queries
from studiolo.services.platform import Platform
from studiolo.services.sns import publishing
from studiolo.services.sns.delivery import BadWebhook, check_webhook
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan

log = logging.getLogger(__name__)
LAG = 1.5
"""Seconds after which the points of a period are surely written."""
SOONEST, LATEST = 1.0, 10.0
TRIES, TIMEOUT = 3, 10.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _post(url: str, message: Mapping[str, Any]) -> str | None:
    """Why it failed, None where it did not."""
    try:
        check_webhook(url)
    except (BadWebhook, ValueError) as error:
        return str(error)[:200]
    body = json.dumps(message).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json", "user-agent": "studiolo"})
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except (OSError, ValueError) as error:
        return str(error)[:200]


def datapoints(queries: Queries, record: Record, start: float, end: float) -> Mapping[float, float]:
    """Of the metric, or of the expression that returns data. Raises ApiError."""
    spec = record.spec
    if "Metrics" in spec:
        results = queries.run(record.key.project, spec["Metrics"], start, end)
        return results[0].points if results else {}
    metric = {name: spec[name] for name in ("Namespace", "MetricName", "Dimensions") if name in spec}
    stat = {"Metric": metric, "Period": spec["Period"], "Stat": spec.get("Statistic") or spec["ExtendedStatistic"]}
    if "Unit" in spec:
        stat["Unit"] = spec["Unit"]
    return queries.run(record.key.project, [{"Id": "m", "MetricStat": stat}], start, end)[0].points


class AlarmController:
    kind = KIND

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._queries = Queries(platform)

    def keys(self) -> Sequence[Key]:
        return [one.key for one in scan(self._platform.store, Query(KIND, None))]

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            return None
        try:
            return await asyncio.to_thread(self._step, record)
        except (Stale, Missing):
            return Again(0)

    def _write(self, record: Record, status: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._platform.clock(), status=dict(status))

    def _step(self, record: Record) -> Again | None:
        pause = min(max(period_of(record.spec), SOONEST), LATEST)
        if record.status.get("_todo"):
            self._do(record)
            return Again(0)
        if record.status.get("_configured") != record.spec["_configured"]:
            self._write(record, self._configured(record))
            return Again(0)
        given = asked(record)
        if given is not None:
            status = moved(record, given["StateValue"], given["StateReason"], given.get("StateReasonData"), given["At"])
            self._write(record, {**status, "_set_at": given["At"]})
            return Again(pause)
        self._judge(record)
        return Again(pause)

    def _configured(self, record: Record) -> dict[str, Any]:
        """Notes in the history that the alarm was made or changed."""
        word = "created" if "_configured" not in record.status else "updated"
        when = record.spec["_configured"]
        shown = {name: value for name, value in record.spec.items() if not name.startswith("_")}
        noted = item(
            "ConfigurationUpdate", f'Alarm "{record.key.name[:200]}" {word}', {"type": word, "alarm": shown}, when
        )
        return {**record.status, "_configured": when, "_todo": {"Items": [noted], "Actions": []}}

    def _judge(self, record: Record) -> None:
        now = self._platform.clock() - LAG
        times = window(record.spec, now)
        end = times[-1] + period_of(record.spec)
        try:
            points = datapoints(self._queries, record, times[0], end)
        except ApiError as error:
            # An expression may fail by its data; the alarm then knows nothing.
            if record.status["StateValue"] != "INSUFFICIENT_DATA":
                self._write(record, moved(record, "INSUFFICIENT_DATA", error.message[:1023], None, now))
            return
        current = record.status["StateValue"]
        judged = evaluate(record.spec, points, now, current)
        if judged.state != current:
            self._write(record, moved(record, judged.state, judged.reason, judged.data, now + LAG))

    def _do(self, record: Record) -> None:
        """All that waits, one after the other; what was done is taken off at once."""
        todo = record.status["_todo"]
        now = self._platform.clock()
        if todo["Items"]:
            history.write(self._platform.store, record.key, todo["Items"][0])
            history.prune(self._platform.store, record.key.project, now)
            rest = {**todo, "Items": todo["Items"][1:]}
        else:
            noted = self._act(record.key.project, todo["Actions"][0], now)
            rest = {"Items": [noted], "Actions": todo["Actions"][1:]}
        status = {name: value for name, value in record.status.items() if name != "_todo"}
        self._write(record, {**status, "_todo": rest} if rest["Items"] or rest["Actions"] else status)

    def _act(self, project: str, wanted: Mapping[str, Any], now: float) -> dict[str, Any]:
        """The history of an action carried out, or not."""
        action, why = wanted["Action"], None
        if action.startswith(("http://", "https://")):
            for _ in range(TRIES):
                why = _post(action, wanted["Message"])
                if why is None:
                    break
        elif action.startswith("arn:aws:sns:"):
            why = self._publish(project, action, wanted["Message"])
        elif ":scalingPolicy:" not in action:
            why = "actions of this kind are stored and not carried out by this version of studiolo"
        if why is None:
            return item("Action", f"Successfully executed action {action}", {"actionState": "Succeeded"}, now)
        log.warning("the action %s of an alarm failed: %s", action, why)
        return item("Action", f"Failed to execute action {action}", {"actionState": "Failed", "error": why}, now)

    def _publish(self, project: str, topic: str, message: Mapping[str, Any]) -> str | None:
        """To a topic's subscribers, in the words of CloudWatch's own notifications."""
        subject = f'{message["NewStateValue"]}: "{message["AlarmName"]}" in {REGION}'[:100]
        told = {**message, "AWSAccountId": project, "Region": REGION}
        try:
            publishing.publish(self._platform, project, topic, json.dumps(told), subject=subject)
        except publishing.NoSuchTopic:
            return "there is no such topic"
        return None
