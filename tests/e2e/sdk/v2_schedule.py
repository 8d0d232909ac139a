"""An ordinary script of the SDK's second generation: a pipeline with a schedule, which begins at once."""

import os
import time

from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.triggers import PipelineSchedule

role, session = os.environ["SAGEMAKER_ROLE"], PipelineSession()
what = ParameterString("What", default_value="x")
pipeline = Pipeline(
    name="v2-schedule", parameters=[what], steps=[FailStep(name="Say", error_message=what)], sagemaker_session=session
)
pipeline.upsert(role_arn=role)
made = pipeline.put_triggers(triggers=[PipelineSchedule(name="v2-often", rate=(1, "hour"))], role_arn=role)
changed = pipeline.put_triggers(triggers=[PipelineSchedule(name="v2-nightly", cron="0 3 * * ? *")], role_arn=role)
assert (
    pipeline.put_triggers(triggers=[PipelineSchedule(name="v2-nightly", cron="0 4 * * ? *")], role_arn=role) == changed
)
assert pipeline.describe_trigger("v2-nightly")["Schedule_Expression"] == "cron(0 4 * * ? *)"
deadline = time.monotonic() + 30
while not (found := pipeline.list_executions()["PipelineExecutionSummaries"]):
    assert time.monotonic() < deadline
    time.sleep(0.1)
assert len(found) == 1
pipeline.delete_triggers(["v2-often", "v2-nightly"])
print("OK")
