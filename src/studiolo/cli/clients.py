"""What a client's shell needs: variables, the SDKs' configuration file, and a botocore plugin of a few lines.

boto3 and the AWS CLI follow AWS_ENDPOINT_URL. The `sagemaker` SDKs reach STS by an address of their own and report usage
to AWS: the plugin sends the former here, the configuration file switches the latter off. docs/connect.md tells users.
"""

import configparser
import shlex
import shutil
from pathlib import Path

from studiolo.base.arn import REGION
from studiolo.base.config import Config
from studiolo.services.s3uri import default_bucket
from studiolo.services.sagemaker.tracking import names as tracking
from studiolo.services.sagemaker.tracking import tokens
from studiolo.services.sts.service import role_arn
from studiolo.workloads import aws_plugin

PLUGIN = "studiolo_aws_plugin"


def write_files(config: Config, account: str) -> Path:
    """The folder with the plugin and the SDK configuration."""
    folder = config.home / "client"
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(aws_plugin.__file__, folder / f"{PLUGIN}.py")
    (folder / "sagemaker.yaml").write_text(
        "SchemaVersion: '1.0'\n"
        "SageMaker:\n"
        "  PythonSDK:\n"
        "    Modules:\n"
        "      TelemetryOptOut: true\n"
        "      Session:\n"
        f"        DefaultS3Bucket: {default_bucket(account)}\n"
    )
    return folder


def variables(config: Config, account: str, key: tuple[str, str]) -> dict[str, str]:
    folder = write_files(config, account)
    return {
        "AWS_ENDPOINT_URL": config.url,
        # Some operations (StartLiveTail) would be sent to a host of another name, which the studio has not.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_ACCESS_KEY_ID": key[0],
        "AWS_SECRET_ACCESS_KEY": key[1],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "SAGEMAKER_ROLE": role_arn(account),
        # MLflow's own clients, and those of AWS's plugin, which go by a server's ARN.
        "MLFLOW_TRACKING_URI": f"{config.url}{tracking.path_of(account, tracking.OWN)}",
        "MLFLOW_TRACKING_TOKEN": tokens.make(*key),
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": config.url,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(folder / "sagemaker.yaml"),
        "BOTOCORE_EXPERIMENTAL__PLUGINS": f"studiolo={PLUGIN}",
        "PYTHONPATH": str(folder),
    }


def exports(found: dict[str, str]) -> str:
    """Lines for `eval`. What was set for another account would win over the key, so it is unset."""
    lines = ["unset AWS_PROFILE AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]
    for name, value in found.items():
        if name == "PYTHONPATH":
            lines.append(f'export PYTHONPATH={shlex.quote(value)}"${{PYTHONPATH:+:$PYTHONPATH}}"')
        else:
            lines.append(f"export {name}={shlex.quote(value)}")
    return "\n".join(lines)


def write_profile(config: Config, account: str, key: tuple[str, str], profile: str) -> list[Path]:
    """An AWS profile beside those that are there; the files written."""
    aws = Path("~/.aws").expanduser()
    aws.mkdir(mode=0o700, exist_ok=True)
    written: list[Path] = []
    sections = (
        ("config", "default" if profile == "default" else f"profile {profile}",
         {"region": REGION, "endpoint_url": config.url, "output": "json", "disable_host_prefix_injection": "true"}),
        ("credentials", profile, {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]}),
    )  # fmt: skip
    for name, section, values in sections:
        path = aws / name
        parser = configparser.RawConfigParser()
        parser.read(path)
        if not parser.has_section(section):
            parser.add_section(section)
        for option, value in values.items():
            parser.set(section, option, value)
        new = path.with_suffix(".studiolo-new")
        with new.open("w") as file:
            parser.write(file)
        new.chmod(0o600)
        new.replace(path)
        written.append(path)
    return written
