"""Texts ready to paste that connect a client to a project. The key is named, never shown: a new one is made for that."""

from typing import Any

from studiolo.services.s3uri import default_bucket
from studiolo.services.sts.service import role_arn


def snippets(url: str, account: str) -> list[dict[str, Any]]:
    bucket, role = default_bucket(account), role_arn(account)
    return [
        {
            "Language": "shell",
            "Title": "A shell on this machine",
            "Text": 'eval "$(studiolo env)"\naws sagemaker list-training-jobs\naws s3 ls',
        },
        {
            "Language": "python",
            "Title": "boto3, from anywhere",
            "Text": (
                "import boto3\n\n"
                "session = boto3.Session(\n"
                '    aws_access_key_id="<your access key id>",\n'
                '    aws_secret_access_key="<its secret>",\n'
                '    region_name="us-east-1",\n'
                ")\n"
                f'sagemaker = session.client("sagemaker", endpoint_url="{url}")\n'
                'print(sagemaker.list_training_jobs()["TrainingJobSummaries"])'
            ),
        },
        {
            "Language": "python",
            "Title": "sagemaker SDK v2",
            "Text": (
                "from sagemaker.sklearn import SKLearn\n\n"
                "estimator = SKLearn(\n"
                '    entry_point="train.py", framework_version="1.2-1", instance_type="ml.m5.large",\n'
                f'    role="{role}",\n'
                ")\n"
                f'estimator.fit({{"train": "s3://{bucket}/data/"}})'
            ),
        },
        {
            "Language": "python",
            "Title": "sagemaker SDK v3",
            "Text": (
                "from sagemaker.core.training.configs import SourceCode\nfrom sagemaker.train import ModelTrainer\n\n"
                "trainer = ModelTrainer(\n"
                '    training_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",\n'
                '    source_code=SourceCode(source_dir="src", entry_script="train.py"),\n'
                ")\n"
                "trainer.train()"
            ),
        },
    ]
