"""How the workbench's records are named, and where a space's files lie.

A space's and a profile's record is "<domain>/<name>"; an app's has dots in place of slashes, since it stands in a handle.
"""

import hashlib
from pathlib import Path

from studiolo.base.arn import sagemaker_arn
from studiolo.base.config import Config
from studiolo.base.errors import NotFound
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing, Query

DOMAIN, PROFILE, SPACE, APP = "Domain", "UserProfile", "Space", "App"
LIFECYCLE = "StudioLifecycleConfig"
APP_NAME = "default"
"""Of the one app a space has at a time, as AWS asks for."""
OVER = ("Deleted", "Failed")
"""Words of apps that no longer run and will not."""


def own_domain(project: str) -> str:
    """The id of the domain that a project has by itself."""
    return f"d-{hashlib.sha256(project.encode()).hexdigest()[:12]}"


def domain_key(project: str, domain: str) -> Key:
    return Key(project, DOMAIN, domain)


def profile_key(project: str, domain: str, name: str) -> Key:
    return Key(project, PROFILE, f"{domain}/{name}")


def space_key(project: str, domain: str, name: str) -> Key:
    return Key(project, SPACE, f"{domain}/{name}")


def app_key(project: str, domain: str, space: str, type: str, name: str) -> Key:
    return Key(project, APP, ".".join((domain, space, type, name)))


def app_arn(record: Record) -> str:
    return sagemaker_arn(record.key.project, "app", record.key.name.replace(".", "/"))


def find(platform: Platform, key: Key, arn: str) -> Record:
    """Raises ResourceNotFound in AWS's words."""
    try:
        return platform.store.get(key)
    except Missing:
        text = sagemaker_arn(key.project, arn, key.name.replace(".", "/") if key.kind == APP else key.name)
        raise NotFound(f"{key.kind} [{text}] does not exist.") from None


def space_named(platform: Platform, project: str, name: str) -> Record | None:
    """Spaces of all domains of a project: their names differ, since their addresses do."""
    page = platform.store.query(Query(SPACE, project, labels={"Space": name.lower()}, limit=1))
    return page.records[0] if page.records else None


def apps_of(platform: Platform, project: str, domain: str, space: str) -> list[Record]:
    labels = {"Domain": domain.lower(), "Space": space.lower()}
    return list(platform.store.query(Query(APP, project, labels=labels, limit=100)).records)


def homes(config: Config) -> Path:
    return config.home / "spaces"


def home_of(platform: Platform, space: Record) -> Path:
    """What its apps see as /home/sagemaker-user; it stays as long as the space does."""
    return homes(platform.config) / space.key.project / str(space.spec["_folder"])
