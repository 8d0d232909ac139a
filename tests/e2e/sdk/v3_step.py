"""An ordinary script of the SDK's third generation: two decorated functions, of which one takes what the other returns."""

import os

from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.function_step import step
from sagemaker.mlops.workflow.pipeline import Pipeline

role, session = os.environ["SAGEMAKER_ROLE"], PipelineSession()
image = "studiolo-sagemaker:3"
given = {"instance_type": "ml.m5.large", "role": role, "image_uri": image}


@step(name="Double", **given)
def double(number):
    return {"twice": 2 * number}


@step(name="Say", **given)
def say(found):
    print("the answer is", found["twice"])
    return found["twice"]


number = ParameterInteger("Number", default_value=21)
pipeline = Pipeline(name="v3-step", parameters=[number], steps=[say(double(number))], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start()
try:
    execution.wait(delay=1, max_attempts=240)
finally:
    for one in execution.list_steps():
        print(one["StepName"], one["StepStatus"], one.get("FailureReason"))
print(execution.result("Say"))
