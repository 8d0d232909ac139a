"""The `studio` service: what AWS has no public API for, in the same form as AWS's own services."""

import asyncio
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from studiolo.base.arn import REGION
from studiolo.base.errors import AccessDenied, NotFound
from studiolo.base.instances import instance, table
from studiolo.base.record import Key
from studiolo.blobs.protocol import NoSuchBucket, NoSuchKey
from studiolo.control.protocol import Controller
from studiolo.run.protocol import Resources
from studiolo.services.metering.metering import Metering
from studiolo.services.metering.prices import currency, prices
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.s3uri import default_bucket
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.sagemaker.workbench.door import Door
from studiolo.services.sagemaker_runtime.asynchronous.processor import Processor
from studiolo.services.sts.service import role_arn
from studiolo.services.studio import names, shapes
from studiolo.services.studio.automation.functions import FunctionCode
from studiolo.services.studio.automation.rules import Rules
from studiolo.services.studio.automation.schedules import Schedules
from studiolo.services.studio.costs import Costs
from studiolo.services.studio.datasets import records
from studiolo.services.studio.datasets.controller import DataSetVersionController
from studiolo.services.studio.datasets.service import DataSets
from studiolo.services.studio.environments import EnvironmentVersions
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.invocations import Invocations
from studiolo.services.studio.notebooks.jobs import NotebookJobs
from studiolo.services.studio.notebooks.snapshots import Snapshots
from studiolo.services.studio.oidc.mappings import GroupMappings
from studiolo.services.studio.package_cards import PackageCards
from studiolo.services.studio.people import People
from studiolo.services.studio.previews import preview
from studiolo.services.studio.running import Running
from studiolo.services.studio.snippets import snippets
from studiolo.services.studio.together.activity import Activity
from studiolo.services.studio.together.comments import Comments
from studiolo.services.studio.together.here import PeopleHere
from studiolo.services.studio.together.notices import Notices
from studiolo.services.studio.together.views import SavedViews
from studiolo.services.studio.together.webhooks import Webhooks
from studiolo.services.studio.usage import UsageOperations
from studiolo.services.studio.workbench import Workbench
from studiolo.store.protocol import Indexer, Missing
from studiolo.wire.model import add_models

MODELS = Path(__file__).parent / "model"
add_models(MODELS)

OWN = frozenset({
    "PutComment", "UpdateComment", "DeleteComment", "MarkNotificationsRead", "PutNotificationPreferences", "PutWebhook",
    "DeleteWebhook", "SendTestWebhook", "PutPresence", "PutSavedView", "DeleteSavedView",
})  # fmt: skip
"""Taking part in the talk, and hearing of it: for viewers, too."""


def indexers() -> Mapping[str, Indexer]:
    return {records.VERSION: records.index, records.DATA_SET: records.index_set}


def controllers(platform: Platform) -> list[Controller]:
    return [DataSetVersionController(platform)]


class StudioService:
    name = "studio"

    def __init__(
        self,
        platform: Platform,
        accounts: Accounts,
        processor: Processor,
        door: Door,
        metering: Metering | None = None,
    ) -> None:
        self._platform = platform
        self._accounts = accounts
        self._environments = EnvironmentVersions(platform)
        people = People(platform, accounts)
        mappings = GroupMappings(platform, accounts)
        invocations = Invocations(platform, processor)
        workbench = Workbench(platform, door)
        activity, comments, notices = Activity(platform), Comments(platform, accounts), Notices(platform)
        webhooks, here, views = Webhooks(platform), PeopleHere(platform), SavedViews(platform)
        sagemaker = SageMakerService(platform)
        create, describe = sagemaker.handler("CreateTrainingJob"), sagemaker.handler("DescribeModelPackage")
        assert create is not None and describe is not None
        notebook_jobs = NotebookJobs(platform, workbench, create)
        snapshots = Snapshots(platform, workbench, notebook_jobs)
        usage = UsageOperations(platform, metering)
        schedules, rules = Schedules(platform, sagemaker.handler), Rules(platform)
        functions = FunctionCode(platform)
        self._handlers: dict[str, Handler] = {
            "GetSession": people.get_session,
            "ListProjects": people.list_projects,
            "CreateProject": people.create_project,
            "DescribeProject": people.describe_project,
            "UpdateProject": people.update_project,
            "DeleteProject": people.delete_project,
            "ListMembers": people.list_members,
            "PutMember": people.put_member,
            "RemoveMember": people.remove_member,
            "CreateInvitation": people.create_invitation,
            "ListInvitations": people.list_invitations,
            "DeleteInvitation": people.delete_invitation,
            "ListUsers": people.list_users,
            "CreateUser": people.create_user,
            "DeleteUser": people.delete_user,
            "SetPassword": people.set_password,
            "CreateAccessKey": self._create_key,
            "ListAccessKeys": self._list_keys,
            "DeleteAccessKey": self._delete_key,
            "GetConnection": self._connection,
            "DescribeMachine": self._machine,
            "ListRunning": Running(platform).list,
            "ListInstanceTypes": self._instance_types,
            "ListImages": self._images,
            "GetMetrics": self._metrics,
            "PreviewObject": self._preview,
            "DescribeOperationShape": shapes.describe,
            "ListGroupMappings": mappings.list,
            "PutGroupMapping": mappings.put,
            "DeleteGroupMapping": mappings.delete,
            "ListAsyncInvocations": invocations.list,
            "CancelAsyncInvocation": invocations.cancel,
            "DescribeWorkbench": workbench.own,
            **DataSets(platform).operations(),
            "DescribeSpaceState": workbench.describe,
            "ListSpaceFiles": workbench.list_files,
            "DeleteSpaceFile": workbench.delete_file,
            "DescribeEnvironmentVersion": self._environments.describe,
            "ListActivity": activity.list,
            "PutComment": comments.put,
            "ListComments": comments.list,
            "UpdateComment": comments.update,
            "DeleteComment": comments.delete,
            "ListNotifications": notices.list,
            "MarkNotificationsRead": notices.mark,
            "GetNotificationPreferences": notices.preferences,
            "PutNotificationPreferences": notices.put_preferences,
            "PutWebhook": webhooks.put,
            "ListWebhooks": webhooks.list,
            "DeleteWebhook": webhooks.delete,
            "SendTestWebhook": webhooks.test,
            "RunNotebook": notebook_jobs.run,
            "ListNotebookJobs": notebook_jobs.list,
            "DescribeNotebookJob": notebook_jobs.describe,
            "PutNotebookSchedule": notebook_jobs.schedules.put,
            "UpdateNotebookSchedule": notebook_jobs.schedules.update,
            "ListNotebookSchedules": notebook_jobs.schedules.list,
            "DescribeNotebookSchedule": notebook_jobs.schedules.describe,
            "DeleteNotebookSchedule": notebook_jobs.schedules.delete,
            "CreateNotebookSnapshot": snapshots.create,
            "GetNotebookSnapshot": snapshots.get,
            "ListNotebookSnapshots": snapshots.list,
            "DeleteNotebookSnapshot": snapshots.delete,
            "PutSavedView": views.put,
            "ListSavedViews": views.list,
            "DeleteSavedView": views.delete,
            "PutPresence": here.put,
            "ListPresence": here.list,
            "GetScheduleTimes": schedules.times,
            "ListScheduleStates": schedules.list,
            "RunSchedule": schedules.run,
            "ListRuleStates": rules.list,
            "ListRuleFirings": rules.firings,
            "GetFunctionCode": functions.get,
            "PutFunctionFiles": functions.put,
            "GetModelPackageCardPdf": PackageCards(platform, describe).pdf,
            "GetUsage": usage.get,
            "ExportUsage": usage.export,
            "GetResourceUsage": Costs(platform, usage.ask).get,
            "GetPrices": usage.get_prices,
            "PutPrices": usage.put_prices,
            "PutBudget": usage.put_budget,
            "ListBudgets": usage.list_budgets,
            "DeleteBudget": usage.delete_budget,
            "PutQuota": usage.put_quota,
            "ListQuotas": usage.list_quotas,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        """What concerns only oneself a viewer may do, too; people.py asks for more where more is needed."""
        own = OWN | names.FOR_STUDIO_ADMINS | {
            "CreateAccessKey", "DeleteAccessKey", "SetPassword", "PreviewObject", "ExportUsage", "CompareDataSetVersions",
        }  # fmt: skip
        return operation.startswith(("Get", "List", "Describe")) or operation in own

    # Keys.

    async def _create_key(self, call: Call) -> Mapping[str, Any]:
        if not call.caller.project:
            raise AccessDenied("Keys belong to a project: become a member of one first.")
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key makes no other keys: make them in the studio.")
        description = call.params.get("Description", "")
        key_id, secret = self._accounts.make_key(call.caller.user, call.caller.project, Description=description)
        return {"AccessKeyId": key_id, "SecretAccessKey": secret, "CreationTime": self._platform.clock()}

    async def _list_keys(self, call: Call) -> Mapping[str, Any]:
        found = [
            one
            for one in self._accounts.all("AccessKey")
            if one.spec["Account"] == call.caller.project
            and "Token" not in one.spec
            and (call.caller.role == "admin" or one.spec["User"] == call.caller.user)
        ]
        return {
            "AccessKeys": [
                {
                    "AccessKeyId": one.key.name,
                    "Description": one.spec.get("Description", ""),
                    "User": one.spec["User"],
                    "CreationTime": one.created,
                    "Status": "Active",
                }
                for one in sorted(found, key=lambda one: one.created)
            ]
        }

    async def _delete_key(self, call: Call) -> Mapping[str, Any]:
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key deletes no other keys: do it in the studio.")
        record = self._accounts.find(names.access_key(call.params["AccessKeyId"]))
        mine = record is not None and record.spec["Account"] == call.caller.project and (
            record.spec["User"] == call.caller.user or call.caller.role == "admin"
        )  # fmt: skip
        if record is None or not mine:
            raise NotFound(f"There is no access key {call.params['AccessKeyId']} of yours in this project.")
        self._platform.store.delete(self._platform.store.get(record.key))
        return {}

    async def _connection(self, call: Call) -> Mapping[str, Any]:
        account, url = call.caller.project, self._platform.config.url
        return {
            "Endpoint": url,
            "Region": REGION,
            "Account": account,
            "RoleArn": role_arn(account),
            "DefaultBucket": default_bucket(account),
            "Snippets": snippets(url, account),
        }

    # The machine.

    async def _machine(self, call: Call) -> Mapping[str, Any]:
        runner = self._platform.runner
        machine = runner.machine()
        running = [self._group(call, handle) for handle in machine.running]
        waiting: list[dict[str, Any]] = []
        for handle in machine.waiting:
            key = Key.of_handle(handle)
            name = key.name if key.project == call.caller.project else "(another project)"
            waiting.append({"Kind": key.kind, "Name": name, "Reason": runner.poll(handle).reason})
        disk = shutil.disk_usage(self._platform.config.home)
        return {
            "Total": _size(machine.total),
            "Granted": _size(machine.granted),
            "Running": running,
            "Waiting": waiting,
            "Hostname": socket.gethostname(),
            "Load": os.getloadavg()[0],
            "MemoryUsed": psutil.virtual_memory().used,
            "Disk": {"Total": disk.total, "Free": disk.free},
        }

    def _group(self, call: Call, handle: str) -> dict[str, Any]:
        key, state = Key.of_handle(handle), self._platform.runner.poll(handle)
        name = key.name if key.project == call.caller.project else "(another project)"
        used = self._platform.runner.usage(handle) if key.project == call.caller.project else []
        return {
            "Kind": key.kind,
            "Name": name,
            "Memory": sum(one.memory for one in used),
            "Since": min((member.started for member in state.members), default=None),
        }

    async def _instance_types(self, call: Call) -> Mapping[str, Any]:
        total, store = self._platform.runner.machine().total, self._platform.store
        price, money = prices(store), currency(store)
        return {
            "InstanceTypes": [
                {
                    "InstanceType": one.type,
                    "Cores": one.cores,
                    "Memory": one.memory,
                    "Gpus": one.gpus,
                    "PricePerHour": price[one.type],
                    "Currency": money,
                    "Fits": one.cores <= total.cores and one.memory <= total.memory * 1.1 and one.gpus <= total.gpus,
                }
                for one in table().values()
                if instance(one.type) is not None and one.type.startswith("ml.")
            ]
        }

    async def _images(self, call: Call) -> Mapping[str, Any]:
        own = self._environments.images(call.caller.project)
        return {"Images": [*own, *(dict(one) for one in self._platform.environments.catalog())]}

    # Series and objects.

    async def _metrics(self, call: Call) -> Mapping[str, Any]:
        key = Key(call.caller.project, call.params["Kind"], call.params["Name"])
        try:
            resource = self._platform.store.get(key).key.handle()
        except Missing:
            raise NotFound(f"There is no {key.kind} {key.name}.") from None
        return await asyncio.to_thread(self._read_metrics, call, resource)

    def _read_metrics(self, call: Call, resource: str) -> Mapping[str, Any]:
        params, series = call.params, self._platform.series
        wanted = params.get("Metrics")
        start, end = params.get("Start", 0.0), params.get("End", 1e18)
        found: list[dict[str, Any]] = []
        for one in series.metrics(resource):
            if wanted is not None and one.metric not in wanted:
                continue
            points = series.read(
                resource, one.metric, host=one.host, start=start, end=end, limit=params.get("MaxPoints", 500)
            )
            found.append(
                {
                    "Metric": one.metric,
                    "Host": one.host,
                    "Count": one.count,
                    "Last": one.last,
                    "Minimum": one.minimum,
                    "Maximum": one.maximum,
                    "Points": [{"Time": point.time, "Value": point.value} for point in points],
                }
            )
        return {"Metrics": found}

    async def _preview(self, call: Call) -> Mapping[str, Any]:
        bucket, key = call.params["Bucket"], call.params["Key"]
        try:
            owned = self._platform.blobs.bucket(bucket).owner == call.caller.project
            if not owned:
                raise NoSuchBucket(bucket)
            found, stream = self._platform.blobs.open_read(bucket, key)
        except (NoSuchBucket, NoSuchKey):
            raise NotFound(f"There is no object s3://{bucket}/{key}.") from None
        with stream:
            rows, offset = call.params.get("MaxRows", 100), call.params.get("Offset", 0)
            document = await asyncio.to_thread(preview, found, stream, rows, offset)
        return {**document, "Size": found.size}


def _size(resources: Resources) -> dict[str, Any]:
    return {"Cores": resources.cores, "Memory": resources.memory, "Gpus": resources.gpus}
