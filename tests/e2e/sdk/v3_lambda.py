"""An ordinary script of the SDK's third generation: a pipeline that calls a function it brings along."""

import os
from pathlib import Path

from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig

Path("double.py").write_text(
    "def handler(event, context):\n    return {'statusCode': 200, 'twice': 2 * event['number']}\n"
)
role, session = os.environ["SAGEMAKER_ROLE"], PipelineSession()
number = ParameterInteger("Number", default_value=21)
function = Lambda(
    function_name="v3-double",
    execution_role_arn=role,
    script="double.py",
    handler="double.handler",
    timeout=60,
    session=session,
)
output = LambdaOutput(output_name="twice", output_type=LambdaOutputTypeEnum.Integer)
step = LambdaStep(
    name="Double",
    lambda_func=function,
    inputs={"number": number},
    outputs=[output],
    cache_config=CacheConfig(enable_caching=True),
)
pipeline = Pipeline(name="v3-lambda", parameters=[number], steps=[step], sagemaker_session=session)
# Twice: the second time the function is updated.
pipeline.upsert(role_arn=role)
pipeline.upsert(role_arn=role)
execution = pipeline.start()
execution.wait(delay=1, max_attempts=60)
found = execution.list_steps()[0]
print(found["StepStatus"], found["Metadata"]["Lambda"]["OutputParameters"][0]["Value"])
