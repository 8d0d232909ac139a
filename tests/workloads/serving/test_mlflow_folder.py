"""What MLmodel and conda.yaml say, as MLflow writes them."""

import pytest

from studiolo.workloads.serving import mlflow_folder, models
from studiolo.workloads.serving.errors import NoModel

MLMODEL = """artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: {module}
  {flavour}:
    pickled_model: model.pkl
    sklearn_version: '1.5.0'
mlflow_version: 2.14.0
signature:
  inputs: '[]'
"""
CONDA = "channels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip<=24\n- pip:\n  - mlflow==2.14\n  - 'scikit-learn>=1'\nname: x\n"


def test_flavours_and_their_settings(tmp_path):
    (tmp_path / "MLmodel").write_text(MLMODEL.format(module="mlflow.sklearn", flavour="sklearn"))
    found = mlflow_folder.flavours(tmp_path)
    assert set(found) == {"python_function", "sklearn"}
    assert found["sklearn"] == {"pickled_model": "model.pkl", "sklearn_version": "1.5.0"}


def test_packages_are_those_of_folders_that_need_mlflow(tmp_path):
    assert models.packages(tmp_path) is None
    (tmp_path / "conda.yaml").write_text(CONDA)
    (tmp_path / "MLmodel").write_text(MLMODEL.format(module="mlflow.sklearn", flavour="sklearn"))
    assert models.packages(tmp_path) is None
    (tmp_path / "MLmodel").write_text(MLMODEL.format(module="own", flavour="own"))
    assert models.packages(tmp_path) == "mlflow==2.14\nscikit-learn>=1"
    (tmp_path / "requirements.txt").write_text("mlflow\n")
    assert models.packages(tmp_path) == "mlflow\n"


def test_without_mlflow_the_folder_is_refused_by_name(tmp_path):
    (tmp_path / "MLmodel").write_text(MLMODEL.format(module="own", flavour="own"))
    with pytest.raises(NoModel, match=r"requirements\.txt"):
        models.load(tmp_path, "python")
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    with pytest.raises(NoModel, match="no flavour"):
        models.load(tmp_path, "python")
