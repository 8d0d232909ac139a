"""An ordinary script of the SDK's second generation: the three processors on real files."""

import os
from pathlib import Path

import sagemaker
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

SPLIT = """
import argparse, pathlib
import pandas as pd
given = argparse.ArgumentParser()
given.add_argument("--share", type=float)
share = given.parse_args().share
table = pd.read_csv("/opt/ml/processing/input/rows.csv")
cut = int(len(table) * share)
for name, part in (("train", table[:cut]), ("test", table[cut:])):
    folder = pathlib.Path("/opt/ml/processing") / name
    folder.mkdir(parents=True, exist_ok=True)
    part.to_csv(folder / "part.csv", index=False)
print("rows", len(table))
"""
Path("rows.csv").write_text("x,y\n" + "".join(f"{n},{2 * n}\n" for n in range(10)))
Path("split.py").write_text(SPLIT)
session, role = sagemaker.Session(), os.environ["SAGEMAKER_ROLE"]
files = {
    "inputs": [ProcessingInput(source="rows.csv", destination="/opt/ml/processing/input")],
    "outputs": [
        ProcessingOutput(output_name="train", source="/opt/ml/processing/train"),
        ProcessingOutput(output_name="test", source="/opt/ml/processing/test"),
    ],
}
size = {"instance_type": "ml.m5.large", "instance_count": 1, "role": role, "sagemaker_session": session}

processor = SKLearnProcessor(framework_version="1.2-1", **size)
processor.run(code="split.py", arguments=["--share", "0.8"], **files)
described = processor.latest_job.describe()
assert described["ProcessingJobStatus"] == "Completed", described
uris = {one["OutputName"]: one["S3Output"]["S3Uri"] for one in described["ProcessingOutputConfig"]["Outputs"]}
text = sagemaker.s3.S3Downloader.read_file(f"{uris['test']}/part.csv", sagemaker_session=session)
assert text == "x,y\n8,16\n9,18\n", text

image = sagemaker.image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")
script = ScriptProcessor(image_uri=image, command=["python3"], **size)
script.run(code="split.py", arguments=["--share", "0.5"], **files)
assert script.latest_job.describe()["ProcessingJobStatus"] == "Completed"

Path("project").mkdir(exist_ok=True)
Path("project/helper.py").write_text("import inflection\nWORD = inflection.pluralize('row')\n")
Path("project/requirements.txt").write_text("inflection==0.5.1\n")
Path("project/main.py").write_text(
    "import helper, pathlib\npathlib.Path('/opt/ml/processing/train/word.txt').write_text(helper.WORD)\n"
)
framework = FrameworkProcessor(estimator_cls=SKLearn, framework_version="1.2-1", **size)
framework.run(code="main.py", source_dir="project", outputs=[files["outputs"][0]])
described = framework.latest_job.describe()
assert described["ProcessingJobStatus"] == "Completed", described
where = described["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
assert sagemaker.s3.S3Downloader.read_file(f"{where}/word.txt", sagemaker_session=session) == "rows"
print("OK")
