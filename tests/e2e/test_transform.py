"""Batch transform as a client sees it: results under the inputs' names, joins and filters, bad records, stops, pipelines."""

import gzip
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from jobs import SKLEARN, archive, log, name

pytestmark = pytest.mark.e2e
VENVS = Path(__file__).parents[2] / ".venvs"
SUM = """
import json, os, time

def model_fn(folder):
    return None

def transform_fn(model, data, content_type, accept):
    rows = []
    for line in data.splitlines():
        if "slow" in line:
            time.sleep(60)
        if "die" in line:
            os.kill(os.getpid(), 9)
        if content_type.startswith("text/csv"):
            rows.append(sum(float(cell) for cell in line.split(",")))
        else:
            held = json.loads(line)
            rows.append(sum(held if isinstance(held, list) else held["features"]))
    if accept.startswith("text/csv"):
        return "\\n".join(map(str, rows)), "text/csv"
    return "\\n".join(json.dumps({"sum": row}) for row in rows), accept
"""
DOUBLE = """
def model_fn(folder):
    return None

def transform_fn(model, data, content_type, accept):
    return "\\n".join(str(2 * float(line)) for line in data.splitlines()), "text/csv"
"""


def container(studio, stem, script):
    key = f"{stem}/model.tar.gz"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=archive({"code/inference.py": script}))
    return {
        "Image": SKLEARN,
        "ModelDataUrl": f"s3://{studio.bucket}/{key}",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }


@pytest.fixture(scope="module")
def model(studio):
    made = name("sum")
    containers = [container(studio, made, SUM)]
    studio.client("sagemaker").create_model(
        ModelName=made, PrimaryContainer=containers[0], ExecutionRoleArn=studio.role
    )
    return made


def put(studio, stem, files):
    for path, body in files.items():
        studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{stem}/in/{path}", Body=body)


def start(studio, job, model, content_type="text/csv", accept="text/csv", count=1, given=None, **more):
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{studio.bucket}/{job}/in/"}}
    request = {
        "TransformJobName": job,
        "ModelName": model,
        "TransformInput": {
            "DataSource": source,
            "ContentType": content_type,
            "SplitType": "Line",
            **(given or {}),
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{studio.bucket}/{job}/out",
            "Accept": accept,
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": count},
        **more,
    }
    return studio.client("sagemaker").create_transform_job(**request)


def wait(studio, job, until=("Completed", "Failed", "Stopped"), seconds=90):
    deadline = time.monotonic() + seconds
    while True:
        described = studio.client("sagemaker").describe_transform_job(TransformJobName=job)
        if described["TransformJobStatus"] in until:
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.1)


def results(studio, job):
    s3 = studio.client("s3")
    listed = s3.list_objects_v2(Bucket=studio.bucket, Prefix=f"{job}/out/").get("Contents", [])
    return {
        one["Key"].removeprefix(f"{job}/out/"): s3.get_object(Bucket=studio.bucket, Key=one["Key"])["Body"].read()
        for one in listed
    }


def test_every_file_has_its_result_under_its_own_name(studio, model):
    job = name("transform")
    put(studio, job, {"a.csv": "1,2\n3,4\n", "deep/b.csv": "5,6\r\n\r\n7,8", "empty.csv": ""})
    made = start(studio, job, model, count=2, Tags=[{"Key": "team", "Value": "x"}])
    described = wait(studio, job)
    assert described["TransformJobStatus"] == "Completed", described
    assert described["TransformStartTime"] <= described["TransformEndTime"]
    assert made["TransformJobArn"].endswith(f":transform-job/{job}")
    assert results(studio, job) == {"a.csv.out": b"3.0\n7.0\n", "deep/b.csv.out": b"11.0\n15.0\n", "empty.csv.out": b""}
    sagemaker = studio.client("sagemaker")
    listed = sagemaker.list_transform_jobs(NameContains=job, StatusEquals="Completed")["TransformJobSummaries"]
    assert [one["TransformJobName"] for one in listed] == [job]
    tags = sagemaker.list_tags(ResourceArn=made["TransformJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "x"}]
    lines = log(studio, job, "/aws/sagemaker/TransformJobs")
    assert any("a.csv" in line for line in lines)
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.stop_transform_job(TransformJobName=job)


@pytest.mark.parametrize(
    ("content_type", "processing", "body", "expected"),
    [
        ("text/csv", {"InputFilter": "$[1:]", "JoinSource": "Input"}, "x,1,2\ny,3,4\n", "x,1,2,3.0\ny,3,4,7.0\n"),
        (
            "text/csv",
            {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
            '"a, b",1,2\ny,3,4\n',
            '"a, b",3.0\ny,7.0\n',
        ),
        (
            "application/jsonlines",
            {"InputFilter": "$.features", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
            '{"id":1,"features":[1,2]}\n{"id":2,"features":[3,4]}\n',
            '{"id":1,"SageMakerOutput":{"sum":3}}\n{"id":2,"SageMakerOutput":{"sum":7}}\n',
        ),
        (
            "application/jsonlines",
            {"JoinSource": "Input"},
            "[1,2]\n[3,4]\n",
            '{"SageMakerInput":[1,2],"SageMakerOutput":{"sum":3}}\n{"SageMakerInput":[3,4],"SageMakerOutput":{"sum":7}}\n',
        ),
    ],
    ids=["csv-join", "csv-id-and-result", "jsonlines-filter", "jsonlines-arrays"],
)
def test_results_are_joined_to_what_they_are_results_of(studio, model, content_type, processing, body, expected):
    job = name("join")
    put(studio, job, {"rows": body})
    start(studio, job, model, content_type, content_type, DataProcessing=processing)
    assert wait(studio, job)["TransformJobStatus"] == "Completed"
    assert results(studio, job)["rows.out"].decode().replace(" ", "").replace("a,b", "a, b") == expected


LENGTHS = """
import io, json
import numpy

def model_fn(folder):
    return None

def transform_fn(model, data, content_type, accept):
    if content_type == "application/x-npy":
        buffer = io.BytesIO()
        numpy.save(buffer, numpy.load(io.BytesIO(data)) * 2)
        return buffer.getvalue(), accept
    if content_type == "application/x-parquet":
        import pandas
        return json.dumps(pandas.read_parquet(io.BytesIO(data)).to_dict("list")), accept
    if isinstance(data, str):
        return "".join(f"{len(line.split(','))} {line}|" for line in data.splitlines()), accept
    return str(len(data)), accept
"""


def test_binary_files_whole_and_parquet_whole_or_by_rows(studio):
    import numpy
    import pyarrow
    import pyarrow.parquet

    made = name("lengths")
    studio.client("sagemaker").create_model(
        ModelName=made, PrimaryContainer=container(studio, made, LENGTHS), ExecutionRoleArn=studio.role
    )
    table, array = io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"n": [1, 2, None], "city": ["Urbino", "a, b", 'say "no"']}), table)
    numpy.save(array, numpy.arange(6).reshape(2, 3))
    noise = bytes(range(256)) * 5 + b"\n\r\n\0"
    whole = {"SplitType": "None"}
    parquet, arrays, octets = "application/x-parquet", "application/x-npy", "application/octet-stream"
    started = {
        "octets": (octets, "text/plain", {"a.bin": noise, "empty.bin": b""}, whole),
        "zipped": (octets, "text/plain", {"a.bin.gz": gzip.compress(noise)}, {**whole, "CompressionType": "Gzip"}),
        "arrays": (arrays, arrays, {"a.npy": array.getvalue()}, whole),
        "whole": (parquet, "application/json", {"a.parquet": table.getvalue()}, whole),
        "rows": (parquet, "text/plain", {"a.parquet": table.getvalue()}, {}),
        "torn": (parquet, "text/plain", {"a.parquet": b"PAR1 and no more", "b.parquet": table.getvalue()}, {}),
    }
    jobs = {each: name(each) for each in started}
    for each, (content_type, accept, files, given) in started.items():
        put(studio, jobs[each], files)
        start(studio, jobs[each], made, content_type, accept, given=given)
    ended = {each: wait(studio, job) for each, job in jobs.items()}
    found = {each: results(studio, job) for each, job in jobs.items()}
    torn = ended.pop("torn")
    assert all(one["TransformJobStatus"] == "Completed" for one in ended.values()), ended
    assert torn["TransformJobStatus"] == "Failed" and "a.parquet" in torn["FailureReason"]
    assert "can't be read as Parquet" in torn["FailureReason"] and list(found["torn"]) == ["b.parquet.out"]
    assert found["octets"]["a.bin.out"].strip() == b"1284" and found["zipped"]["a.bin.gz.out"].strip() == b"1284"
    doubled = numpy.load(io.BytesIO(found["arrays"]["a.npy.out"]))
    assert doubled.tolist() == [[0, 2, 4], [6, 8, 10]]
    held = json.loads(found["whole"]["a.parquet.out"])
    assert held["city"] == ["Urbino", "a, b", 'say "no"'] and held["n"][:2] == [1, 2]
    assert found["rows"]["a.parquet.out"].strip() == found["torn"]["b.parquet.out"].strip()
    rows = found["rows"]["a.parquet.out"].decode().strip().split("|")
    assert rows[0] == '2 1,"Urbino"' and rows[1] == '3 2,"a, b"', rows


def test_a_manifest_names_compressed_files(studio, model):
    job = name("manifest")
    put(studio, job, {"a.csv.gz": gzip.compress(b"1,2\n"), "b.csv.gz": gzip.compress(b"3,4\n")})
    manifest = json.dumps([{"prefix": f"s3://{studio.bucket}/{job}/in/"}, "b.csv.gz"])
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{job}/files.manifest", Body=manifest)
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{studio.bucket}/{job}/files.manifest"}
    start(studio, job, model, given={"DataSource": {"S3DataSource": source}, "CompressionType": "Gzip"})
    assert wait(studio, job)["TransformJobStatus"] == "Completed"
    assert results(studio, job) == {"b.csv.gz.out": b"7.0\n"}


def test_a_bad_record_fails_the_job_by_its_place_and_leaves_the_other_files_results(studio, model):
    job = name("poisoned")
    good = "".join(f"{n},1\n" for n in range(500))
    put(studio, job, {"good.csv": good, "bad.csv": good + "oops,1\n" + good})
    start(studio, job, model, ModelClientConfig={"InvocationsMaxRetries": 1, "InvocationsTimeoutInSeconds": 20})
    described = wait(studio, job)
    assert described["TransformJobStatus"] == "Failed"
    assert "bad.csv: record at line 501 " in described["FailureReason"], described["FailureReason"]
    assert "oops" in described["FailureReason"]
    assert list(results(studio, job)) == ["good.csv.out"]


def test_a_record_that_kills_the_model_fails_the_job(studio, model):
    job = name("deadly")
    put(studio, job, {"a.csv": "1,2\ndie,1\n"})
    start(studio, job, model, ModelClientConfig={"InvocationsMaxRetries": 1})
    described = wait(studio, job)
    assert described["TransformJobStatus"] == "Failed"
    assert "a.csv: the model's process died (signal 9)" in described["FailureReason"]
    assert results(studio, job) == {}


def test_a_record_that_takes_too_long_fails_the_job(studio, model):
    job = name("slow")
    put(studio, job, {"a.csv": "slow,1\n"})
    start(studio, job, model, ModelClientConfig={"InvocationsMaxRetries": 0, "InvocationsTimeoutInSeconds": 1})
    assert "did not answer within 1 seconds" in wait(studio, job)["FailureReason"]


def test_a_stopped_job_stores_nothing(studio, model):
    job = name("stopped")
    put(studio, job, {"a.csv": "1,2\n", "b.csv": "slow,1\n"})
    start(studio, job, model)
    deadline = time.monotonic() + 60
    while not any("Transforming" in line for line in log(studio, job, "/aws/sagemaker/TransformJobs")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    studio.client("sagemaker").stop_transform_job(TransformJobName=job)
    assert wait(studio, job)["TransformJobStatus"] == "Stopped"
    assert results(studio, job) == {}


def test_a_pipeline_of_containers_works_in_series(studio):
    made, job = name("chain"), name("chained")
    containers = [container(studio, f"{made}-0", SUM), container(studio, f"{made}-1", DOUBLE)]
    studio.client("sagemaker").create_model(ModelName=made, Containers=containers, ExecutionRoleArn=studio.role)
    containers[0]["Environment"]["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] = "text/csv"
    studio.client("sagemaker").delete_model(ModelName=made)
    studio.client("sagemaker").create_model(ModelName=made, Containers=containers, ExecutionRoleArn=studio.role)
    put(studio, job, {"a.csv": "1,2\n3,4\n"})
    start(studio, job, made)
    described = wait(studio, job)
    assert described["TransformJobStatus"] == "Completed", described
    assert results(studio, job) == {"a.csv.out": b"6.0\n14.0\n"}


def of_type(word):
    return {"given": {"DataSource": {"S3DataSource": {"S3DataType": word, "S3Uri": "s3://a-bucket/x.manifest"}}}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"ModelName": "no-such-model"}, "Could not find model"),
        ({"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2}, "MaxConcurrentTransforms"),
        ({"DataProcessing": {"InputFilter": "$..a"}}, "JSONPath"),
        ({"DataProcessing": {"OutputFilter": "$.a"}}, "CSV row is an array"),
        ({"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 21}}, "instances"),
        (of_type("AugmentedManifestFile"), "use S3Prefix or ManifestFile"),
        (of_type("Converse"), "use S3Prefix or ManifestFile"),
        (
            {"given": {"ContentType": "application/x-parquet", "SplitType": "RecordIO"}},
            "SplitType must be Line or None",
        ),
    ],
)
def test_what_can_not_be_is_refused(studio, model, change, sentence):
    with pytest.raises(ClientError) as refused:
        start(studio, name("bad"), change.pop("ModelName", model), **change)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert sentence in refused.value.response["Error"]["Message"]


def test_an_input_of_nothing_fails(studio, model):
    job = name("nothing")
    start(studio, job, model)
    assert "No S3 objects found" in wait(studio, job)["FailureReason"]


def test_a_killed_server_goes_on_where_it_was(own_studio):
    """The job works on while nobody looks, and its result is stored by the server that comes after."""
    studio, made, job = own_studio, name("sum"), name("outlives")
    script = SUM.replace(
        'if "slow" in line:\n            time.sleep(60)', 'if line == "0,0":\n            time.sleep(4)'
    )
    studio.client("sagemaker").create_model(
        ModelName=made, PrimaryContainer=container(studio, made, script), ExecutionRoleArn=studio.role
    )
    put(studio, job, {"a.csv": "0,0\n1,2\n"})
    start(studio, job, made)
    deadline = time.monotonic() + 60
    while not any("Transforming" in line for line in log(studio, job, "/aws/sagemaker/TransformJobs")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    studio.kill()
    studio.start()
    assert wait(studio, job)["TransformJobStatus"] == "Completed"
    assert results(studio, job) == {"a.csv.out": b"0.0\n3.0\n"}


def test_a_killed_job_says_so_and_leaves_no_result(own_studio):
    studio, made, job = own_studio, name("sum"), name("killed")
    studio.client("sagemaker").create_model(
        ModelName=made, PrimaryContainer=container(studio, made, SUM), ExecutionRoleArn=studio.role
    )
    put(studio, job, {"a.csv": "slow,1\n"})
    start(studio, job, made)
    deadline = time.monotonic() + 60
    found: list[int] = []
    while not found:
        assert time.monotonic() < deadline
        words = {int(path.name): path for path in Path("/proc").iterdir() if path.name.isdecimal()}
        for pid, path in words.items():
            try:
                if b"workloads/transform/main.py" in (path / "cmdline").read_bytes() and str(studio.home) in (
                    path / "environ"
                ).read_bytes().decode(errors="replace"):
                    found.append(pid)
            except OSError:
                continue
        time.sleep(0.1)
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    described = wait(studio, job)
    assert described["TransformJobStatus"] == "Failed"
    assert "exit code: 137" in described["FailureReason"]
    assert results(studio, job) == {}


def test_the_sdk_transforms(studio, tmp_path):
    python, script = VENVS / "sdk2" / "bin" / "python", Path(__file__).parent / "sdk" / "v2_transform.py"
    done = subprocess.run(
        [python, script], env=studio.env(), capture_output=True, text=True, timeout=200, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "OK" in done.stdout
