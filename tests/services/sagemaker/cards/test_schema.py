import json

import pytest

from studiolo.base.errors import ValidationError
from studiolo.services.sagemaker.cards.schema import CARD, PACKAGE_CARD, check

FULL = {
    "model_overview": {"model_name": "churn", "model_version": 2, "model_artifact": ["s3://b/m.tar.gz"]},
    "intended_uses": {"purpose_of_model": "who leaves", "risk_rating": "Low"},
    "training_details": {
        "objective_function": {"function": {"function": "Minimize", "facet": "Loss"}},
        "training_job_details": {
            "training_metrics": [{"name": "loss", "value": 0.1}],
            "hyper_parameters": [{"name": "lr", "value": "0.1"}],
        },
    },
    "evaluation_details": [
        {
            "name": "held out",
            "metric_groups": [
                {
                    "name": "quality",
                    "metric_data": [
                        {"name": "accuracy", "type": "number", "value": 0.9},
                        {"name": "confusion", "type": "matrix", "value": [[1, 2], [3, 4]], "x_axis_name": ["a", "b"]},
                        {"name": "roc", "type": "linear_graph", "value": [[0, 0], [1, 1]], "x_axis_name": "fpr"},
                        {"name": "good", "type": "boolean", "value": True},
                    ],
                }
            ],
        }
    ],
    "additional_information": {"custom_details": {"owner": "ada"}},
}


def test_what_the_sdk_writes_fits():
    assert check(json.dumps(FULL)) == FULL
    assert check("{}") == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "no JSON"),
        ("[]", "JSON object"),
        ({"overview": {}}, "has no member overview"),
        ({"intended_uses": {"risk_rating": "Huge"}}, "intended_uses.risk_rating must be one of High"),
        ({"model_overview": {"model_name": 3}}, "model_overview.model_name must be a text"),
        ({"model_overview": {"model_version": 0}}, "at least 1"),
        ({"model_overview": {"model_artifact": ["x"] * 16}}, "at most 15"),
        ({"business_details": {"business_problem": "x" * 2049}}, "0 to 2048 characters"),
        ({"evaluation_details": [{"datasets": []}]}, "evaluation_details[0] needs the member name"),
        (
            {"evaluation_details": [{"name": "a", "metric_groups": [{"name": "g", "metric_data": [{"name": "m"}]}]}]},
            "needs the member type",
        ),
        (
            {
                "evaluation_details": [
                    {
                        "name": "a",
                        "metric_groups": [
                            {"name": "g", "metric_data": [{"name": "m", "type": "number", "value": "high"}]}
                        ],
                    }
                ]
            },
            "metric_data[0].value must be a number",
        ),
    ],
)
def test_what_does_not_fit_is_named(content, said):
    with pytest.raises(ValidationError) as error:
        check(content if isinstance(content, str) else json.dumps(content))
    assert said in error.value.message


def test_a_versions_card_does_not_say_the_version_again():
    check(json.dumps({"model_overview": {"model_creator": "ada"}}), PACKAGE_CARD)
    with pytest.raises(ValidationError):
        check(json.dumps({"model_overview": {"model_name": "churn"}}), PACKAGE_CARD)
    check(json.dumps({"model_package_details": {"model_package_version": 1}}), CARD)
    with pytest.raises(ValidationError):
        check(json.dumps({"model_package_details": {}}), PACKAGE_CARD)
