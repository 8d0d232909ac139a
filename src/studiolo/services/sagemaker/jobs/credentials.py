"""Keys of a job's own, with the rights of who started it, for as long as it may run."""

from collections.abc import Mapping

from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.sagemaker.tracking import inside


def variables(platform: Platform, project: str, user: str, seconds: float, given: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that let the code inside use the studio by AWS's clients and by MLflow's. given: the user's own,
    which name another tracking server where they want one, but no other keys."""
    if platform.identity is None:
        return dict(given)
    granted = platform.identity.temporary_key(Caller(user, project, "contributor"), seconds, contributor=True)
    return {
        **inside.variables(platform, project, user, (granted.access_key, granted.secret), given),
        "AWS_ENDPOINT_URL": platform.config.url,
        "AWS_ACCESS_KEY_ID": granted.access_key,
        "AWS_SECRET_ACCESS_KEY": granted.secret,
        "AWS_SESSION_TOKEN": granted.token,
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "studiolo=studiolo.workloads.aws_plugin",
    }
