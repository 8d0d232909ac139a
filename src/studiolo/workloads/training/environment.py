"""The SM_* variables of SageMaker's training contract, from the files the platform left in /opt/ml/input/config.

The names, and which of them hold JSON, are those of AWS's sagemaker-training toolkit, on which users' scripts rely.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLATFORM_HYPERPARAMETERS = frozenset(
    {
        "sagemaker_program", "sagemaker_submit_directory", "sagemaker_container_log_level", "sagemaker_job_name",
        "sagemaker_region", "sagemaker_enable_cloudwatch_metrics", "sagemaker_s3_output", "sagemaker_estimator_class_name",
        "sagemaker_estimator_module", "_tuning_objective_metric", "sagemaker_mpi_enabled", "sagemaker_mpi_num_of_processes_per_host",
        "sagemaker_mpi_custom_mpi_options", "sagemaker_parameter_server_enabled", "sagemaker_instance_type",
        "sagemaker_distributed_dataparallel_enabled", "sagemaker_torch_distributed_enabled", "sagemaker_instance_groups",
    }
)  # fmt: skip
"""Ours to read, not the script's to get."""


class Config:
    """What the platform says about the job, seen from one host."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hyperparameters = {name: decode(value) for name, value in self._read("hyperparameters").items()}
        self.resources = self._read("resourceconfig")
        self.channels = self._read("inputdataconfig")

    def _read(self, name: str) -> dict[str, Any]:
        path = self.root / "input" / "config" / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def user_hyperparameters(self) -> dict[str, Any]:
        return {name: value for name, value in self.hyperparameters.items() if name not in PLATFORM_HYPERPARAMETERS}

    def setting(self, name: str) -> str | None:
        """A platform setting, as a hyperparameter (`sagemaker_program`) or a variable (SAGEMAKER_PROGRAM)."""
        value = self.hyperparameters.get(name, os.environ.get(name.upper()))
        return str(value) if value is not None else None


def decode(value: Any) -> Any:
    """SDK v2 sends script hyperparameters JSON-encoded, others send plain text: what is no JSON is text."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """`--name value` in order of the names; one-letter names get one dash, mappings become a=1,b=2."""
    words: list[str] = []
    for name, value in sorted(hyperparameters.items()):
        words.append(f"-{name}" if len(name) == 1 else f"--{name}")
        if isinstance(value, dict):
            words.append(",".join(f"{key}={item}" for key, item in sorted(value.items())))
        else:
            words.append(
                value if isinstance(value, str) else json.dumps(value) if isinstance(value, list) else str(value)
            )
    return words


def variables(config: Config, program: str | None, args: list[str]) -> dict[str, str]:
    root, hosts = config.root, config.resources.get("hosts", ["algo-1"])
    current = config.resources.get("current_host", "algo-1")
    user = config.user_hyperparameters
    platform = {name: value for name, value in config.hyperparameters.items() if name in PLATFORM_HYPERPARAMETERS}
    groups = config.resources.get("instance_groups", [])
    group = config.resources.get("current_group_name", "homogeneousCluster")
    cores = os.environ.get("OMP_NUM_THREADS") or str(len(os.sched_getaffinity(0)))
    devices = os.environ.get("CUDA_VISIBLE_DEVICES")
    module = (program or "").removesuffix(".py")
    env: dict[str, Any] = {
        "SM_MODEL_DIR": root / "model",
        "SM_INPUT_DIR": root / "input",
        "SM_INPUT_CONFIG_DIR": root / "input" / "config",
        "SM_OUTPUT_DIR": root / "output",
        "SM_OUTPUT_DATA_DIR": root / "output" / "data",
        "SM_OUTPUT_INTERMEDIATE_DIR": root / "output" / "intermediate",
        "SM_CHANNELS": sorted(config.channels),
        "SM_INPUT_DATA_CONFIG": config.channels,
        "SM_HPS": user,
        "SM_HOSTS": hosts,
        "SM_CURRENT_HOST": current,
        "SM_HOST_COUNT": len(hosts),
        "SM_CURRENT_HOST_RANK": hosts.index(current),
        "SM_MASTER_ADDR": hosts[0],
        "SM_MASTER_PORT": "7777",
        "SM_CURRENT_INSTANCE_TYPE": config.resources.get("current_instance_type", ""),
        "SM_CURRENT_INSTANCE_GROUP": group,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": hosts,
        "SM_INSTANCE_GROUPS": [one["instance_group_name"] for one in groups],
        "SM_INSTANCE_GROUPS_DICT": {one["instance_group_name"]: one for one in groups},
        "SM_DISTRIBUTION_INSTANCE_GROUPS": [],
        "SM_IS_HETERO": "false",
        "SM_NUM_CPUS": cores,
        "SM_NUM_GPUS": len(devices.split(",")) if devices else 0,
        "SM_NUM_NEURONS": 0,
        "SM_NETWORK_INTERFACE_NAME": config.resources.get("network_interface_name", "lo"),
        "SM_RESOURCE_CONFIG": config.resources,
        "SM_FRAMEWORK_PARAMS": platform,
        "SM_FRAMEWORK_MODULE": os.environ.get("SAGEMAKER_TRAINING_MODULE", ""),
        "SM_MODULE_NAME": module,
        "SM_MODULE_DIR": config.setting("sagemaker_submit_directory") or str(root / "code"),
        "SM_USER_ENTRY_POINT": program or "",
        "SM_USER_ARGS": args,
        "SM_LOG_LEVEL": config.setting("sagemaker_container_log_level") or "20",
    }
    env |= {f"SM_CHANNEL_{name.upper()}": root / "input" / "data" / name for name in config.channels}
    env |= {f"SM_HP_{name.upper()}": value for name, value in user.items()}
    texts = {name: _text(str(value) if isinstance(value, Path) else value) for name, value in env.items()}
    texts["SM_TRAINING_ENV"] = json.dumps(
        {
            "channel_input_dirs": {name: str(root / "input" / "data" / name) for name in config.channels},
            "current_host": current, "hosts": hosts, "hyperparameters": user, "input_dir": str(root / "input"),
            "input_config_dir": str(root / "input" / "config"), "input_data_config": config.channels,
            "job_name": os.environ.get("TRAINING_JOB_NAME", ""), "model_dir": str(root / "model"), "module_name": module,
            "num_cpus": int(cores), "num_gpus": int(texts["SM_NUM_GPUS"]), "output_data_dir": str(root / "output" / "data"),
            "output_dir": str(root / "output"), "resource_config": config.resources, "user_entry_point": program,
            "log_level": int(texts["SM_LOG_LEVEL"]) if texts["SM_LOG_LEVEL"].isdigit() else 20,
        }
    )  # fmt: skip
    return texts
