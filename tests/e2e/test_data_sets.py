"""Data sets in a real studio: registered, profiled, compared, read by jobs by their names, guarded and drawn in lineage."""

import csv
import io
import random

import jobs
import pytest
from botocore.exceptions import ClientError
from test_lineage import within
from test_usage import studio_client

pytestmark = pytest.mark.e2e
CUTS = ("Fair", "Good", "Very Good", "Premium", "Ideal")
COUNT = """
import json, os, pathlib, sys, time
rows = sum(len(one.read_text().splitlines()) - 1 for one in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).glob("*.csv"))
pathlib.Path(os.environ["SM_MODEL_DIR"], "rows.json").write_text(json.dumps(rows))
time.sleep(float(os.environ["SM_HP_SLEEP"]))
"""


def diamonds(rows, dear=1.0, missing=0):
    """Of the shape of the well-known table."""
    pick = random.Random(7)
    buffer = io.StringIO()
    out = csv.writer(buffer)
    out.writerow(["carat", "cut", "price"])
    for number in range(rows):
        carat = round(pick.lognormvariate(-0.4, 0.5), 2)
        price = round(4000 * carat**1.7 * dear)
        out.writerow(["" if number < missing else carat, pick.choices(CUTS, (3, 9, 22, 26, 40))[0], price])
    return buffer.getvalue().encode()


def ready(client, name, number):
    def ask():
        found = client.describe_data_set_version(DataSetName=name, Version=number)
        return found if found["VersionStatus"] != "InProgress" else None

    return within(60, ask)


def refused(code, act, **params):
    with pytest.raises(ClientError) as told:
        act(**params)
    assert told.value.response["Error"]["Code"] == code, told.value
    return str(told.value)


def test_from_a_prefix_to_lineage(studio):
    client, s3, sagemaker = studio_client(studio), studio.client("s3"), studio.client("sagemaker")
    name = jobs.name("diamonds")
    source = f"s3://{studio.bucket}/{name}/"
    s3.put_object(Bucket=studio.bucket, Key=f"{name}/a.csv", Body=diamonds(3000))
    made = client.create_data_set(
        DataSetName=name, S3Uri=source, Description="Prices", Tags=[{"Key": "team", "Value": name}]
    )
    assert made["Version"] == 1
    first = ready(client, name, 1)
    assert (first["VersionStatus"], first["RowCount"], first["Format"], first["FileCount"]) == ("Ready", 3000, "csv", 1)
    by_name = {one["Name"]: one for one in first["Columns"]}
    assert by_name["cut"]["Distinct"] == 5 and sum(by_name["price"]["Histogram"]) == 3000

    # The source changes; the version does not.
    s3.put_object(Bucket=studio.bucket, Key=f"{name}/a.csv", Body=diamonds(2000, dear=1.5, missing=100))
    assert client.register_data_set_version(DataSetName=name, S3Uri=source)["Version"] == 2
    second = ready(client, name, 2)
    told = client.compare_data_set_versions(DataSetName=name, BaseVersion=1, OtherVersion=2)
    change = {one["Name"]: one for one in told["Columns"]}
    assert (told["BaseRows"], told["OtherRows"], told["SameBytes"]) == (3000, 2000, False)
    assert change["carat"]["OtherNulls"] == 100 and change["price"]["Distance"] > 0.1 > change["cut"]["Distance"]

    # By name and version in whatever reads S3; nobody writes there.
    bucket = f"studiolo-datasets-{first['S3Uri'].split('/')[2].rsplit('-', 1)[1]}"
    assert first["S3Uri"] == f"s3://{bucket}/{name}/1/"
    assert s3.get_object(Bucket=bucket, Key=f"{name}/1/a.csv")["Body"].read() == diamonds(3000)
    refused("AccessDenied", s3.put_object, Bucket=bucket, Key=f"{name}/1/a.csv", Body=b"")
    refused("AccessDenied", s3.delete_object, Bucket=bucket, Key=f"{name}/1/a.csv")

    channel = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3Uri": first["S3Uri"], "S3DataType": "S3Prefix"}},
    }
    job = jobs.name("reads")
    request = jobs.script_job(studio, job, COUNT, InputDataConfig=[channel], HyperParameters={"sleep": "3"})
    sagemaker.create_training_job(**request)
    assert job in refused("ConflictException", client.delete_data_set_version, DataSetName=name, Version=1)
    assert job in refused("ConflictException", client.delete_data_set, DataSetName=name)
    done = jobs.wait(studio, job)
    assert done["TrainingJobStatus"] == "Completed", done
    uses = client.list_data_set_uses(DataSetName=name, Version=1)["Jobs"]
    assert [(one["Kind"], one["Name"], one["How"]) for one in uses] == [("TrainingJob", job, "Read")]
    assert client.list_data_set_uses(DataSetName=name, Version=2)["Jobs"] == []

    # From the source by the version to the job.
    def way():
        found = sagemaker.list_artifacts(SourceUri=first["S3Uri"])["ArtifactSummaries"]
        edges = found and sagemaker.query_lineage(StartArns=[found[0]["ArtifactArn"]], Direction="Both")["Edges"]
        types = {one.get("AssociationType") for one in edges or ()}
        return types >= {"DerivedFrom", "ContributedTo"}

    within(15, way)

    # A job's results have no place among versions.
    job = jobs.name("writes")
    request = jobs.script_job(studio, job, COUNT, OutputDataConfig={"S3OutputPath": second["S3Uri"]})
    sagemaker.create_training_job(**request)
    failed = jobs.wait(studio, job)
    assert failed["TrainingJobStatus"] == "Failed" and "never change" in failed["FailureReason"]

    shown = client.list_data_sets(TagKey="team", TagValue=name)["DataSets"]
    assert [(one["LatestVersion"], one["RowCount"], one["VersionStatus"]) for one in shown] == [(2, 2000, "Ready")]
    assert client.list_data_sets(NameContains=name, Owner="nobody")["DataSets"] == []
    client.update_data_set(DataSetName=name, Description="Dear", Tags=[])
    assert client.describe_data_set(DataSetName=name)["Description"] == "Dear"
    client.delete_data_set_version(DataSetName=name, Version=2)
    assert client.describe_data_set(DataSetName=name)["LatestVersion"] == 1
    client.delete_data_set(DataSetName=name)
    within(15, lambda: "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=f"{name}/"))
    refused("ResourceNotFound", client.describe_data_set, DataSetName=name)


def test_parquet_files_and_what_can_not_be_made(studio):
    parquet, table = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    client, s3 = studio_client(studio), studio.client("s3")
    name, buffer = jobs.name("wide"), io.BytesIO()
    parquet.write_table(table.table({"n": list(range(1000)), "word": [None, "a"] * 500}), buffer)
    for part in range(2):
        s3.put_object(Bucket=studio.bucket, Key=f"{name}/part={part}/x.parquet", Body=buffer.getvalue())
    client.create_data_set(DataSetName=name, S3Uri=f"s3://{studio.bucket}/{name}/")
    found = ready(client, name, 1)
    assert (found["RowCount"], found["FileCount"], found["Columns"][1]["Nulls"]) == (2000, 2, 1000), found
    s3.put_object(Bucket=studio.bucket, Key=f"{name}-bad/x.parquet", Body=b"no parquet")
    client.register_data_set_version(DataSetName=name, S3Uri=f"s3://{studio.bucket}/{name}-bad/")
    failed = ready(client, name, 2)
    assert failed["VersionStatus"] == "Failed" and "parquet" in failed["FailureReason"]
    # The newest that is ready.
    assert client.describe_data_set_version(DataSetName=name)["Version"] == 1
    refused("ValidationException", client.create_data_set, DataSetName="x", S3Uri="s3://not-here/")
    refused("ConflictException", client.create_data_set, DataSetName=name)
