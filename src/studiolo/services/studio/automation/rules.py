"""Rules as their page shows them: what each waits for and starts, and what came of the events that it was told of lately."""

import json
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.events import names
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio.automation import listing, runs
from studiolo.store.protocol import BadToken, Missing, Query

FIRINGS = 20


class Rules:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def list(self, call: Call) -> Mapping[str, Any]:
        page = listing.page_of(self._platform, call, names.RULE)
        return {"Rules": [self._shown(one) for one in page.records], "NextToken": page.token}

    async def firings(self, call: Call) -> Mapping[str, Any]:
        """The newest first; ended ones are kept for a day."""
        params, project = call.params, call.caller.project
        try:
            rule = self._platform.store.get(Key(project, names.RULE, str(params["RuleName"])))
        except Missing:
            raise NotFound(f"Rule {params['RuleName']} does not exist.") from None
        query = self._deliveries(rule, int(params.get("MaxResults", FIRINGS)), params.get("NextToken"))
        try:
            page = self._platform.store.query(query)
        except BadToken:
            raise ValidationError("This NextToken was not issued for this list: begin with the first page.") from None
        return {"Firings": [self._firing(one) for one in page.records], "NextToken": page.token}

    def _deliveries(self, rule: Record, limit: int, token: str | None = None) -> Query:
        labels = {"Rule": rule.key.name.lower()}
        return Query(
            names.DELIVERY, rule.key.project, labels=labels, sort="created", descending=True, limit=limit, token=token
        )

    def _shown(self, record: Record) -> dict[str, Any]:
        spec, last = record.spec, self._platform.store.query(self._deliveries(record, 1)).records
        kept = ("State", "EventPattern", "ScheduleExpression", "Description")
        return {
            "Name": record.key.name,
            "Arn": names.rule_arn(record.key.project, record.key.name),
            "User": spec.get("_user", ""),
            "CreationTime": record.created,
            **{one: spec[one] for one in kept if one in spec},
            "Targets": [runs.target_of(one) for one in spec["_targets"].values()],
            **({"Last": self._firing(last[0])} if last else {}),
        }

    def _firing(self, record: Record) -> dict[str, Any]:
        spec, status = record.spec, record.status
        event, target = spec["Event"], spec["Target"]
        return {
            "Time": record.created,
            "Source": str(event.get("source", "")),
            "DetailType": str(event.get("detail-type", "")),
            "Event": json.dumps(event),
            "Target": runs.target_of(target),
            "Run": self._run(record.key.project, target, status),
        }

    def _run(self, project: str, target: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
        if "Started" in status:
            return runs.run_of(self._platform, project, target, str(status["Started"]))
        if not status.get("Done"):
            return {"Status": "Waiting", "Reason": status.get("Error")}
        return {"Status": "NotStarted", "Reason": status.get("Error")}
