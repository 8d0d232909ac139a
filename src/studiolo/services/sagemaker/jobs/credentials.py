"""Keys of a job's own, with the rights of who started it, for as long as it may run."""

from studiolo.services.platform import Platform
from studiolo.services.request import Caller


def variables(platform: Platform, project: str, user: str, seconds: float) -> dict[str, str]:
    """The environment variables that let the code inside use the studio by AWS's clients."""
    if platform.identity is None:
        return {}
    granted = platform.identity.temporary_key(Caller(user, project, "contributor"), seconds, contributor=True)
    return {
        "AWS_ENDPOINT_URL": platform.config.url,
        "AWS_ACCESS_KEY_ID": granted.access_key,
        "AWS_SECRET_ACCESS_KEY": granted.secret,
        "AWS_SESSION_TOKEN": granted.token,
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "studiolo=studiolo.workloads.aws_plugin",
    }
