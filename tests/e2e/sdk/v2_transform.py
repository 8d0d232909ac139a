"""An ordinary script of the SDK's second generation: a model's transformer() over files, by line, joined to its input."""

import os
import tarfile
from pathlib import Path

import sagemaker
from sagemaker.sklearn import SKLearnModel
from sagemaker.transformer import Transformer

Path("inference.py").write_text(
    "def model_fn(folder):\n    return 3\n\n"
    "def input_fn(data, content_type):\n"
    "    return [[float(cell) for cell in line.split(',')] for line in data.splitlines()]\n\n"
    "def predict_fn(rows, model):\n    return [model * sum(row) for row in rows]\n\n"
    "def output_fn(rows, accept):\n    return '\\n'.join(map(str, rows)), 'text/csv'\n"
)
Path("data").mkdir(exist_ok=True)
Path("data/rows.csv").write_text("a,1,2\nb,3,4\n")
Path("empty.txt").write_text("")

session = sagemaker.Session()
with tarfile.open("model.tar.gz", "w:gz") as tar:
    tar.add("empty.txt")
model_data = session.upload_data("model.tar.gz", key_prefix="v2-transform/model")
model = SKLearnModel(
    model_data=model_data,
    role=os.environ["SAGEMAKER_ROLE"],
    entry_point="inference.py",
    framework_version="1.2-1",
    sagemaker_session=session,
)
data = session.upload_data("data", key_prefix="v2-transform/data")
transformer = model.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="text/csv",
    output_path=f"s3://{session.default_bucket()}/v2-transform/out",
)
transformer.transform(
    data,
    content_type="text/csv",
    split_type="Line",
    input_filter="$[1:]",
    join_source="Input",
    output_filter="$[0,-1]",
    wait=True,
    logs=True,
)
body = session.read_s3_file(session.default_bucket(), "v2-transform/out/rows.csv.out")
assert body == "a,9.0\nb,21.0\n", body
again = Transformer.attach(transformer.latest_transform_job.name, sagemaker_session=session)
assert again.output_path == transformer.output_path
print("OK")
