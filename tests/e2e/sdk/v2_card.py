"""An ordinary script for sagemaker SDK v2: a model card of its own, changed, exported as a PDF, listed and deleted."""

import sys

import boto3
import sagemaker
from sagemaker.model_card import (
    AdditionalInformation,
    EvaluationJob,
    IntendedUses,
    Metric,
    MetricGroup,
    MetricTypeEnum,
    ModelCard,
    ModelCardStatusEnum,
    ModelOverview,
    RiskRatingEnum,
)

name = sys.argv[1]
session = sagemaker.Session()
evaluation = EvaluationJob(
    name="held out",
    datasets=["s3://somewhere/rows.csv"],
    metric_groups=[
        MetricGroup(
            name="quality",
            metric_data=[
                Metric(name="accuracy", type=MetricTypeEnum.NUMBER, value=0.93),
                Metric(
                    name="confusion", type=MetricTypeEnum.MATRIX, value=[[5, 1], [2, 7]],
                    x_axis_name=["no", "yes"], y_axis_name=["no", "yes"],
                ),
            ],
        )
    ],
)  # fmt: skip
card = ModelCard(
    name=name,
    status=ModelCardStatusEnum.DRAFT,
    model_overview=ModelOverview(model_name="churn", model_version=2, model_owner="ada"),
    intended_uses=IntendedUses(purpose_of_model="who leaves", risk_rating=RiskRatingEnum.LOW),
    evaluation_details=[evaluation],
    additional_information=AdditionalInformation(custom_details={"team": "growth"}),
    sagemaker_session=session,
)
card.create()
assert card.version == 1, card.version
card.intended_uses.purpose_of_model = "who leaves, and why"
card.update(status=ModelCardStatusEnum.APPROVED)
loaded = ModelCard.load(name, sagemaker_session=session)
assert loaded.intended_uses.purpose_of_model == "who leaves, and why"
assert loaded.status == ModelCardStatusEnum.APPROVED
assert [one["ModelCardVersion"] for one in loaded.get_version_history()] == [2, 1]
uri = loaded.export_pdf(s3_output_path=f"s3://{session.default_bucket()}/cards")
bucket, _, key = uri.removeprefix("s3://").partition("/")
assert boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read(5) == b"%PDF-"
assert len(loaded.list_export_jobs()["ModelCardExportJobSummaries"]) == 1
loaded.delete()
print("done")
