"""Usage and cost, prices, budgets and quotas: operations of the studio service."""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.errors import AccessDenied, ConflictError, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.meter.days import DAY
from studiolo.meter.protocol import Question, Row
from studiolo.services.metering import budgets, quotas
from studiolo.services.metering.metering import Metering
from studiolo.services.metering.prices import KEY, OWN, changed, currency, list_prices
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sns.delivery import BadWebhook, check_webhook
from studiolo.services.sns.publishing import NoSuchTopic, topic_key
from studiolo.services.studio import names
from studiolo.services.studio.people import need_project_admin, need_studio_admin
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale

MAX_ROWS = 10_000
MAX_DAYS = 3660


class UsageOperations:
    def __init__(self, platform: Platform, metering: Metering | None) -> None:
        self._platform, self._metering = platform, metering

    # Usage.

    def _question(self, call: Call) -> Question:
        params, now = call.params, self._platform.clock()
        end = params.get("End", now)
        start = params.get("Start", end - 30 * DAY)
        first, last = int(start // DAY), int(end // DAY)
        if last < first:
            raise ValidationError("End must not lie before Start.")
        if last - first > MAX_DAYS:
            raise ValidationError("Ask for ten years at most.")
        everyone = params.get("AllProjects", False)
        if everyone:
            need_studio_admin(call)
        by = list(params.get("GroupBy", ()))
        if len(set(by)) < len(by):
            raise ValidationError("GroupBy names something twice.")
        if "Tag" in by and "TagKey" not in params:
            raise ValidationError("Grouping by Tag needs a TagKey: the name of the tag.")
        only = params.get("Filter", {})
        return Question(
            first,
            last,
            by,
            params.get("TagKey", ""),
            only.get("Project") if everyone else call.caller.project,
            only.get("User"),
            only.get("Kind"),
            only.get("Name"),
            None,
            only.get("InstanceType"),
            only.get("Tags", {}),
        )

    def ask(self, question: Question) -> Sequence[Row]:
        meter = self._platform.meter
        if meter is None:
            return []
        if self._metering is not None:
            self._metering.refresh()
        return meter.ask(question)

    async def get(self, call: Call) -> Mapping[str, Any]:
        question = self._question(call)
        rows = await asyncio.to_thread(self.ask, question)
        if len(rows) > MAX_ROWS:
            raise ValidationError(f"The answer has more than {MAX_ROWS} rows: group by less, or ask for fewer days.")
        return {
            "Rows": [
                {"Keys": dict(zip(question.by, one.keys, strict=True)), "Seconds": one.seconds, "Cost": one.cost}
                for one in rows
            ],
            "Seconds": sum(one.seconds for one in rows),
            "Cost": sum(one.cost for one in rows),
            "Currency": currency(self._platform.store),
            "Start": question.first * DAY,
            "End": (question.last + 1) * DAY,
        }

    async def export(self, call: Call) -> Mapping[str, Any]:
        question = self._question(call)
        rows = await asyncio.to_thread(self.ask, question)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*question.by, "InstanceHours", f"Cost ({currency(self._platform.store)})"])
        for one in rows:
            # A spreadsheet must not take a name for a formula.
            safe = [f"'{key}" if key[:1] in "=+-@\t\r" and key else key for key in one.keys]
            writer.writerow([*safe, f"{one.seconds / 3600:.4f}", f"{one.cost:.6f}"])
        return {"Csv": text.getvalue()}

    # Prices.

    async def get_prices(self, call: Call) -> Mapping[str, Any]:
        own = changed(self._platform.store)
        return {
            "Currency": currency(self._platform.store),
            "Prices": [
                {"InstanceType": type, "PricePerHour": own.get(type, price), "ListPrice": price, "Changed": type in own}
                for type, price in list_prices().items()
                if type.startswith("ml.") or type in OWN
            ],
        }

    async def put_prices(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        known = list_prices()
        store = self._platform.store
        new = dict(changed(store))
        for one in call.params.get("Prices", ()):
            if one["InstanceType"] not in known:
                raise ValidationError(
                    f"{one['InstanceType']} is no instance type of this studio; GetPrices lists them."
                )
            new[one["InstanceType"]] = one["PricePerHour"]
        for type in call.params.get("Reset", ()):
            new.pop(type, None)
        spec = {"Currency": call.params.get("Currency", currency(store)), "Prices": new}
        self._put(KEY, spec)
        return {}

    def _put(self, key: Key, spec: Mapping[str, Any]) -> Record:
        store, now = self._platform.store, self._platform.clock()
        for _ in range(20):
            try:
                return store.create(key, spec, {}, now=now)
            except AlreadyExists as taken:
                try:
                    return store.write(taken.existing, now=now, spec=spec)
                except (Stale, Missing):
                    continue
        raise ConflictError("It is being changed by somebody else at this moment: try again.")

    # Budgets.

    def _budget(self, record: Record) -> dict[str, Any]:
        spec, status = record.spec, record.status
        meter, now = self._platform.meter, self._platform.clock()
        used = budgets.spent(meter, record.key.project, spec.get("User"), now) if meter else 0.0
        this_month = status.get("Month") == budgets.month_of(now)[0]
        return {
            "Name": record.key.name,
            **{one: spec[one] for one in ("Amount", "Thresholds", "Action")},
            **{one: spec[one] for one in ("User", "TopicArn", "Webhook") if one in spec},
            "Spent": used,
            "Month": budgets.month_of(now)[0],
            "Alerts": list(status.get("Alerts", ())) if this_month else [],
            "Stopped": [
                {name: value for name, value in one.items() if not name.startswith("_")}
                for one in (status.get("Stopped", ()) if this_month else ())
            ],
            "Exceeded": used >= spec["Amount"],
        }

    async def put_budget(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        params, project = call.params, call.caller.project
        spec: dict[str, Any] = {"Thresholds": list(budgets.THRESHOLDS), "Action": "None"}
        spec |= {name: value for name, value in params.items() if name != "Name"}
        if spec["Amount"] <= 0:
            raise ValidationError("The Amount of a budget must be more than 0.")
        if not all(1 <= one <= 1000 for one in spec["Thresholds"]):
            raise ValidationError("Thresholds are percents from 1 to 1000.")
        if "User" in spec:
            try:
                spec["User"] = self._platform.store.get(names.user(spec["User"])).key.name
                self._platform.store.get(names.member(project, spec["User"]))
            except Missing:
                raise ValidationError(f"{spec['User']} is no member of the project.") from None
        if "TopicArn" in spec:
            try:
                self._platform.store.get(topic_key(project, spec["TopicArn"]))
            except (NoSuchTopic, Missing):
                raise ValidationError(f"There is no topic {spec['TopicArn']} in this project.") from None
        if "Webhook" in spec:
            try:
                await asyncio.to_thread(check_webhook, spec["Webhook"])
            except BadWebhook as bad:
                raise ValidationError(str(bad)) from None
        spec["Thresholds"] = sorted(set(spec["Thresholds"]))
        self._put(Key(project, budgets.KIND, params["Name"]), spec)
        return {}

    async def list_budgets(self, call: Call) -> Mapping[str, Any]:
        if self._metering is not None:
            await asyncio.to_thread(self._metering.refresh)
        found = self._platform.store.query(Query(budgets.KIND, call.caller.project, sort="name", limit=500)).records
        return {"Budgets": [self._budget(one) for one in found], "Currency": currency(self._platform.store)}

    async def delete_budget(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        while True:
            try:
                record = self._platform.store.get(Key(call.caller.project, budgets.KIND, call.params["Name"]))
                self._platform.store.delete(record)
            except Missing:
                raise NotFound(f"There is no budget {call.params['Name']} in this project.") from None
            except Stale:
                continue
            return {}

    # Quotas.

    async def put_quota(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        project = call.params.get("Project", call.caller.project)
        try:
            self._platform.store.get(names.project(project))
        except Missing:
            raise NotFound(f"There is no project {project}.") from None
        spec = {name: call.params[name] for name in ("Instances", "Cores", "StorageBytes") if name in call.params}
        self._put(Key(project, quotas.KIND, "quota"), spec)
        return {}

    async def list_quotas(self, call: Call) -> Mapping[str, Any]:
        if not call.params.get("AllProjects"):
            if not call.caller.project:
                raise AccessDenied("Quotas belong to a project: become a member of one first.")
            return {"Quotas": [await self._quota(call.caller.project)]}
        need_studio_admin(call)
        projects = self._platform.store.query(Query("Project", names.EVERYWHERE, limit=1000)).records
        return {"Quotas": [await self._quota(one.key.name) for one in projects]}

    async def _quota(self, project: str) -> dict[str, Any]:
        instances, cores = quotas.in_use(self._platform.store, project)
        held = await asyncio.to_thread(quotas.stored, self._platform.store, self._platform.blobs, project)
        used = {
            "Instances": instances,
            "Cores": cores,
            "StorageBytes": held.all,
            "ObjectBytes": held.objects,
            "HomeBytes": held.homes,
        }
        return {"Project": project, "Limits": dict(quotas.quota(self._platform.store, project)), "Used": used}
