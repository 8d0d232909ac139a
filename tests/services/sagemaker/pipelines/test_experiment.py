"""The names of an execution's experiment and trial, as both SDKs write them."""

import json

import pytest
from studio_in_memory import ACCOUNT, Studio

from studiolo.base.errors import ApiError

SDKS = {"ExperimentName": {"Get": "Execution.PipelineName"}, "TrialName": {"Get": "Execution.PipelineExecutionId"}}
STEPS = [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "PipelineExperimentConfig.TrialName"}}}]


@pytest.fixture
def studio(tmp_path):
    return Studio(tmp_path)


def create(studio, experiment):
    document = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Team", "Type": "String", "DefaultValue": "blue"}],
        "PipelineExperimentConfig": experiment,
        "Steps": STEPS,
    }
    studio.ask(
        "CreatePipeline",
        PipelineName="Shells",
        PipelineDefinition=json.dumps(document),
        ClientRequestToken="t" * 32,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
    )


def described(studio):
    arn = studio.ask("StartPipelineExecution", PipelineName="Shells", ClientRequestToken="a" * 32)
    return studio.ask("DescribePipelineExecution", **arn)


def test_the_names_are_told_as_they_have_become(studio):
    create(studio, SDKS)
    told = described(studio)
    id = told["PipelineExecutionArn"].rpartition("/")[2]
    assert told["PipelineExperimentConfig"] == {"ExperimentName": "Shells", "TrialName": id}


def test_they_are_made_of_parameters_and_what_is_left_out_is_the_default(studio):
    create(studio, {"ExperimentName": {"Std:Join": {"On": "-", "Values": [{"Get": "Parameters.Team"}, "one"]}}})
    told = described(studio)["PipelineExperimentConfig"]
    assert told["ExperimentName"] == "blue-one" and told["TrialName"]


def test_without_an_experiment_none_is_told(studio):
    create(studio, None)
    assert "PipelineExperimentConfig" not in described(studio)


@pytest.mark.parametrize(
    "experiment",
    [
        "Shells",
        {"ExperimentName": {"Get": "Parameters.Nobody"}},
        {"ExperimentName": {"Get": "Steps.No.Arn"}},
        {"ExperimentName": {"Get": "Execution.TrainingJobName"}},
        {"TrialName": {"Get": "PipelineExperimentConfig.TrialName"}},
        {"TrialName": {"Get": 3}},
    ],
)
def test_what_is_not_known_at_the_start_is_refused(studio, experiment):
    with pytest.raises(ApiError, match="PipelineExperimentConfig"):
        create(studio, experiment)
