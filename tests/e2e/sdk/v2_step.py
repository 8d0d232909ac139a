"""An ordinary script of the SDK's second generation: a decorated function."""

import os

from sagemaker.workflow.function_step import step
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession

role, session = os.environ["SAGEMAKER_ROLE"], PipelineSession()
image = "studiolo-sagemaker:2"
given = {"instance_type": "ml.m5.large", "role": role, "image_uri": image}


@step(name="Double", **given)
def double(number):
    return 2 * number


number = ParameterInteger("Number", default_value=21)
pipeline = Pipeline(name="v2-step", parameters=[number], steps=[double(number)], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start()
try:
    execution.wait(delay=1, max_attempts=240)
finally:
    for one in execution.list_steps():
        print(one["StepName"], one["StepStatus"], one.get("FailureReason"))
print(execution.result("Double"))
