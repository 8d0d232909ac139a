"""A page of schedules or rules, filtered by name, state and what they start."""

from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.services import targets
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.store.protocol import BadToken, Page, Query

SORTS: dict[str, Any] = {"Name": "name", "CreationTime": "created", "State": "state"}
PAGE = 50


def page_of(platform: Platform, call: Call, kind: str) -> Page:
    params, labels = call.params, dict[str, str]()
    if "TargetName" in params:
        labels[targets.label(str(params.get("TargetKind", "Pipeline")), str(params["TargetName"]))] = targets.STARTED
    query = Query(
        kind, call.caller.project, name_contains=params.get("NameContains"), state=params.get("StatusEquals"), labels=labels,
        sort=SORTS[params.get("SortBy", "Name")], descending=params.get("SortOrder", "Ascending") == "Descending",
        limit=int(params.get("MaxResults", PAGE)), token=params.get("NextToken"),
    )  # fmt: skip
    try:
        return platform.store.query(query)
    except BadToken:
        raise ValidationError("This NextToken was not issued for this list: begin with the first page.") from None
