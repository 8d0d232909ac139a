"""An ordinary script of the SDK's third generation: a script and a project processed on real files."""

import os
from pathlib import Path

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

Path("rows.csv").write_text("x,y\n1,2\n3,4\n")
Path("double.py").write_text(
    "import pandas as pd\n"
    "(pd.read_csv('/opt/ml/processing/input/rows.csv') * 2).to_csv('/opt/ml/processing/output/rows.csv', index=False)\n"
)
session, role = Session(), os.environ["SAGEMAKER_ROLE"]
bucket = session.default_bucket()
s3 = boto3.client("s3")
s3.upload_file("rows.csv", bucket, "v3-processing/in/rows.csv")
image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1")
files = {
    "inputs": [
        ProcessingInput(
            input_name="rows",
            s3_input=ProcessingS3Input(
                s3_uri=f"s3://{bucket}/v3-processing/in/",
                local_path="/opt/ml/processing/input",
                s3_data_type="S3Prefix",
                s3_input_mode="File",
            ),
        )
    ],
    "outputs": [
        ProcessingOutput(
            output_name="out",
            s3_output=ProcessingS3Output(
                s3_uri=f"s3://{bucket}/v3-processing/out",
                local_path="/opt/ml/processing/output",
                s3_upload_mode="EndOfJob",
            ),
        )
    ],
}
size = {"instance_type": "ml.m5.large", "instance_count": 1, "role": role, "sagemaker_session": session}
script = ScriptProcessor(image_uri=image, command=["python3"], **size)
script.run(code="double.py", **files)
assert s3.get_object(Bucket=bucket, Key="v3-processing/out/rows.csv")["Body"].read() == b"x,y\n2,4\n6,8\n"

Path("project").mkdir(exist_ok=True)
Path("project/helper.py").write_text("import inflection\nWORD = inflection.pluralize('row')\n")
Path("project/requirements.txt").write_text("inflection==0.5.1\n")
Path("project/main.py").write_text(
    "import helper, pathlib\npathlib.Path('/opt/ml/processing/output/word.txt').write_text(helper.WORD)\n"
)
project = FrameworkProcessor(image_uri=image, command=["python3"], **size)
project.run(code="main.py", source_dir="project", outputs=files["outputs"])
assert s3.get_object(Bucket=bucket, Key="v3-processing/out/word.txt")["Body"].read() == b"rows"
print("OK")
