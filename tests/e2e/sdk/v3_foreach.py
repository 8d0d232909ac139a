"""An ordinary script of the SDK's third generation: a function called once for each word of a list, and the longest chosen."""

import os
from pathlib import Path

from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.for_each_step import CurrentItem, ForEachSelector, ForEachStep, IterationOutput
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.pipeline import Pipeline

Path("measure.py").write_text(
    "def handler(event, context):\n    return {'length': len(event['word']), 'loud': event['word'].upper()}\n"
)
role, session = os.environ["SAGEMAKER_ROLE"], PipelineSession()
words = ParameterString("Words", default_value='["a", "longest", "ccc"]')
function = Lambda(
    function_name="v3-measure", execution_role_arn=role, script="measure.py", handler="measure.handler", session=session
)
outputs = [
    LambdaOutput(output_name="length", output_type=LambdaOutputTypeEnum.Integer),
    LambdaOutput(output_name="loud", output_type=LambdaOutputTypeEnum.String),
]
measure = LambdaStep(name="Measure", lambda_func=function, inputs={"word": CurrentItem()}, outputs=outputs)
each = ForEachStep(
    name="Each",
    iterable_items=words,
    max_concurrency=2,
    for_each_body=[measure],
    selector=ForEachSelector(pick="MaxBy", field=IterationOutput(measure).OutputParameters["length"]),
)
say = FailStep(name="Say", error_message=each.properties.Selected.OutputParameters["loud"])
pipeline = Pipeline(name="v3-foreach", parameters=[words], steps=[each, say], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start()
try:
    execution.wait(delay=1, max_attempts=60)
except Exception as error:
    # It ends with the step that says the word.
    assert "Failed" in str(error), error
found = {one["StepName"]: one for one in execution.list_steps()}
assert sorted(found) == ["Each", "Measure-0", "Measure-1", "Measure-2", "Say"], found
assert found["Each"]["StepStatus"] == "Succeeded"
print(found["Say"]["FailureReason"])
