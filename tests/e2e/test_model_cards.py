"""Model cards by boto3 and by SDK v2's own class."""

import json
import subprocess
from pathlib import Path

import jobs
import pytest
import serving
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


def test_a_card_has_versions_and_becomes_a_pdf(studio):
    pytest.importorskip("fpdf")
    client, name = studio.client("sagemaker"), jobs.name("Card")
    content = {"intended_uses": {"purpose_of_model": "who leaves", "risk_rating": "Low"}}
    client.create_model_card(ModelCardName=name, Content=json.dumps(content), ModelCardStatus="Draft")
    arn = client.describe_model_card(ModelCardName=name)["ModelCardArn"]
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "growth"}])
    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "growth"}]
    content["intended_uses"]["risk_rating"] = "High"
    client.update_model_card(ModelCardName=name, Content=json.dumps(content))
    assert client.describe_model_card(ModelCardName=name)["ModelCardVersion"] == 2
    with pytest.raises(ClientError, match="risk_rating must be one of"):
        client.update_model_card(ModelCardName=name, Content='{"intended_uses": {"risk_rating": "None"}}')
    arn = client.create_model_card_export_job(
        ModelCardName=name,
        ModelCardVersion=1,
        ModelCardExportJobName="first",
        OutputConfig={"S3OutputPath": f"s3://{studio.bucket}/cards"},
    )["ModelCardExportJobArn"]
    done = serving.until(
        lambda: (d := client.describe_model_card_export_job(ModelCardExportJobArn=arn))["Status"] != "InProgress" and d
    )
    assert done["Status"] == "Completed", done.get("FailureReason")
    key = done["ExportArtifacts"]["S3ExportArtifacts"].removeprefix(f"s3://{studio.bucket}/")
    assert studio.client("s3").get_object(Bucket=studio.bucket, Key=key)["Body"].read(5) == b"%PDF-"
    client.delete_model_card(ModelCardName=name)
    with pytest.raises(ClientError, match="does not exist"):
        client.describe_model_card(ModelCardName=name)


def test_the_sdks_model_card_runs_unchanged(studio, tmp_path):
    pytest.importorskip("fpdf")
    python = ROOT / ".venvs" / "sdk2" / "bin" / "python"
    script = Path(__file__).parent / "sdk" / "v2_card.py"
    done = subprocess.run(
        [python, script, jobs.name("card")], env=studio.env(), cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
