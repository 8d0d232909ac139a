"""Puts the studio together: every port with its implementation, every service, the control loop, the server."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import studiolo
from studiolo.base.clock import system_clock
from studiolo.base.config import Config
from studiolo.base.reserve import Reserve
from studiolo.blobs.disk import DiskBlobs
from studiolo.control.loop import ControlLoop
from studiolo.control.protocol import Controller
from studiolo.meter.sqlite import SqliteMeter
from studiolo.run.local.environments.local import LocalEnvironments
from studiolo.run.local.runner import LocalRunner
from studiolo.series.sqlite import SqliteSeries
from studiolo.server.app import App
from studiolo.server.quick import QuickInvocations
from studiolo.server.run import serve
from studiolo.services.application_autoscaling import service as autoscaling
from studiolo.services.cloudwatch import service as cloudwatch
from studiolo.services.events import follower
from studiolo.services.events import service as events
from studiolo.services.events.buckets import Buckets
from studiolo.services.functions import service as functions
from studiolo.services.housekeeping import Housekeeping
from studiolo.services.iam.service import IamService
from studiolo.services.logs.service import LogsService
from studiolo.services.metering.admission import Admission
from studiolo.services.metering.budgets import BudgetController
from studiolo.services.metering.homes import Homes
from studiolo.services.metering.metering import MeteredRunner, Metering
from studiolo.services.metering.quotas import Room
from studiolo.services.platform import Platform
from studiolo.services.request import Service
from studiolo.services.s3.service import S3Service
from studiolo.services.sagemaker import service as sagemaker
from studiolo.services.sagemaker.lineage import maker as lineage
from studiolo.services.sagemaker.pipelines import controller as steps
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.sagemaker.tracking.door import TrackingDoor
from studiolo.services.sagemaker.tuning import controller as tuning
from studiolo.services.sagemaker.workbench.door import Door
from studiolo.services.sagemaker.workbench.names import homes
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.services.sagemaker_runtime.service import RuntimeService
from studiolo.services.scheduler import service as scheduler
from studiolo.services.sign_on import SingleSignOn
from studiolo.services.sns.delivery import Delivery
from studiolo.services.sns.service import SnsService
from studiolo.services.sts.service import StsService
from studiolo.services.studio import service as studio
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.oidc import settings as oidc_settings
from studiolo.services.studio.service import StudioService
from studiolo.services.studio.together import tables as together
from studiolo.services.studio.together.activity import Noted
from studiolo.services.studio.together.teller import Teller
from studiolo.services.studio.together.webhooks import WebhookDelivery
from studiolo.services.sweeping import Sweeping
from studiolo.store.protocol import Indexer
from studiolo.store.sqlite import SqliteStore

log = logging.getLogger(__name__)

SERVING = ("studiolo.workloads.serving.supervisor",)
"""What an instance that is waited for has imported already."""


def ui_folder() -> Path | None:
    """The built web pages: inside the package, or in a checkout beside it."""
    package = Path(studiolo.__file__).resolve().parent
    for folder in (package / "server" / "static", package.parents[1] / "ui" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    return None


def indexers() -> Mapping[str, Indexer]:
    """Of every kind of record that lists filter by more than its name."""
    services = {**sagemaker.indexers(), **cloudwatch.indexers(), **autoscaling.indexers()}
    services |= {**functions.indexers(), **scheduler.indexers(), **events.indexers(), **studio.indexers()}
    return {**services, invocation.KIND: invocation.index, **together.INDEXERS}


def controllers(platform: Platform) -> list[Controller]:
    parts = (sagemaker, cloudwatch, autoscaling, functions, studio)
    found = [controller for part in parts for controller in part.controllers(platform)]
    # What they start or stop, they do by the operations that clients use.
    handlers = SageMakerService(platform).handler
    own = [*scheduler.controllers(platform, handlers), *events.controllers(platform, handlers)]
    return [*found, *own, BudgetController(platform, handlers)]


def platform_of(config: Config) -> Platform:
    store = SqliteStore(config.records, indexers(), Reserve(config.home / "reserve"))
    meter = SqliteMeter(config.meter)
    blobs = DiskBlobs(config.blobs, durable=os.environ.get("STUDIOLO_DURABLE_OBJECTS") == "1")
    local = LocalRunner(config.runs, config.run_state, hide=[config.home], preload=SERVING)
    return Platform(
        config,
        system_clock,
        store,
        blobs,
        SqliteSeries(config.series),
        MeteredRunner(local, Metering(store, local, meter, system_clock)),
        LocalEnvironments(config.environments, config.home / "environments.toml", hide=[config.home]),
        Accounts(store, system_clock),
        meter=meter,
        admit=Admission(store, meter, system_clock, Room(store, blobs)),
    )


def metering_of(platform: Platform) -> Metering | None:
    return platform.runner.metering if isinstance(platform.runner, MeteredRunner) else None


def _room_of(platform: Platform) -> Room:
    """One for all, so that each knows what the others write."""
    return platform.admit.room if isinstance(platform.admit, Admission) else Room(platform.store, platform.blobs)


def services_of(platform: Platform, door: Door | None = None) -> list[Service]:
    accounts = platform.identity
    assert isinstance(accounts, Accounts)
    runtime = RuntimeService(platform)
    every: list[Service] = [
        SageMakerService(platform),
        runtime,
        S3Service(platform.blobs, platform.clock, _room_of(platform).take, platform.store),
        StsService(accounts),
        IamService(),
        LogsService(platform),
        SnsService(platform),
        cloudwatch.CloudWatchService(platform),
        autoscaling.ApplicationAutoScalingService(platform),
        functions.LambdaService(platform),
        scheduler.SchedulerService(platform),
        events.EventsService(platform),
        StudioService(platform, accounts, runtime.processor, door or Door(platform), metering_of(platform)),
    ]
    return [Noted(one, platform) if one.name in together.NOTED else one for one in every]


def sign_on_of(platform: Platform) -> SingleSignOn | None:
    """What the environment names; its libraries are in an extra, since most studios need none. Raises BadSettings."""
    settings = oidc_settings.read(os.environ)
    if settings is None:
        return None
    try:
        from studiolo.services.studio.oidc.flow import OidcSignOn
    except ImportError:
        raise oidc_settings.BadSettings("Single sign-on needs more libraries: pip install 'studiolo[sso]'") from None
    assert isinstance(platform.identity, Accounts)
    return OidcSignOn(settings, platform.store, platform.identity, platform.clock)


def run(config: Config, listening: socket.socket, announce: Callable[[Platform], Awaitable[None]]) -> None:
    """Serves until it is told to stop. Running jobs go on."""
    platform = platform_of(config)
    assert platform.identity is not None
    door = Door(platform)
    services = services_of(platform, door)
    runtime = next(one for one in services if isinstance(one, RuntimeService))
    platform.blobs.watch(Buckets(platform).created)
    app = App(
        services, platform.identity, platform.store, config, ui_folder(),
        sign_on=sign_on_of(platform), door=door, open_inference=runtime.open_inference, presence=platform.presence,
        tracking=TrackingDoor(platform),
    )  # fmt: skip
    quick = QuickInvocations(runtime.quick, platform.identity, platform.clock)
    loop = ControlLoop(
        platform.store,
        platform.runner,
        controllers(platform),
        [
            platform.demand.watch,
            steps.watch_children(platform.store),
            tuning.watch_children(platform.store),
            lineage.watch(platform.store),
            follower.watch(platform.store),
        ],
    )
    assert isinstance(platform.identity, Accounts)
    telling = (Teller(platform, platform.identity), WebhookDelivery(platform))
    metering = metering_of(platform)
    assert metering is not None
    background = (
        loop,
        runtime.processor,
        Delivery(platform),
        *telling,
        Housekeeping(platform),
        Sweeping(platform),
        metering,
        Homes(platform.store, homes(config), platform.clock),
    )

    async def main() -> None:
        async def ready() -> None:
            for one in background:
                await one.start()
            await announce(platform)

        async def stop() -> None:
            for one in reversed(background):
                await one.stop()
            platform.environments.close()

        await serve(app, listening, ready, stop, quick, app.spaces)

    try:
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    with runner:
        runner.run(main())
    runtime.flush()
    next(one for one in services if isinstance(one, LogsService)).close()
    platform.runner.close()
    if platform.meter is not None:
        platform.meter.close()
    platform.series.close()
    platform.blobs.close()
    platform.store.close()
