"""What jobs and spaces know of MLflow: the project's own tracking server, and whose runs theirs are."""

import json
from collections.abc import Mapping

from studiolo.services.platform import Platform
from studiolo.services.sagemaker.tracking import names, tokens


def variables(
    platform: Platform, project: str, user: str, key: tuple[str, str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """key: id and secret of the access key they have. given: variables of the user's own, which win; a server of the user's is
    told no token of ours."""
    url = platform.config.url
    found = {
        "MLFLOW_TRACKING_URI": f"{url}{names.path_of(project, names.OWN)}",
        "MLFLOW_TRACKING_TOKEN": tokens.make(*key),
        "MLFLOW_RUN_CONTEXT": json.dumps({"mlflow.user": user}),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # For AWS's plugin, which takes the ARN of a server as its address.
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": url,
    }
    given = given or {}
    if "MLFLOW_TRACKING_URI" in given:
        found.pop("MLFLOW_TRACKING_TOKEN")
    return {**found, **given}
