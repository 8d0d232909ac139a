"""Notebooks run as jobs, on a schedule and as a pipeline's step, and are shared as they are at a moment."""

import contextlib
import json
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import conftest
import jobs
import pytest
from test_browser import CHROMIUM
from test_browser_together import Person, until

pytestmark = pytest.mark.e2e
IMAGE = "studiolo/python:3"


def notebook(*cells: str, parameters: str = "who = 'nobody'\ncount = 1") -> str:
    def code(source: str, tags: list[str]) -> dict[str, Any]:
        metadata = {"tags": tags} if tags else {}
        return {"cell_type": "code", "metadata": metadata, "execution_count": None, "outputs": [], "source": source}

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    said = {"cell_type": "markdown", "metadata": {}, "source": "# A report"}
    held = [said, code(parameters, ["parameters"]), *(code(one, []) for one in cells)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": kernel, "cells": held})


def texts(document: str) -> str:
    outputs = [one for cell in json.loads(document)["cells"] for one in cell.get("outputs", ())]
    return "".join("".join(one.get("text", one.get("traceback", ""))) for one in outputs)


@pytest.fixture(scope="module")
def admin(studio: Any) -> Person:
    command = [conftest.STUDIOLO, "sign-in", "--home", studio.home]
    link = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return Person(studio, None, link)


def put(studio: Any, text: str, name: str = "report.ipynb") -> str:
    key = f"{jobs.name('notebooks')}/{name}"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=text.encode())
    return f"s3://{studio.bucket}/{key}"


def home_of(studio: Any, space: str) -> Path:
    """Where the files of a space lie that was never opened."""
    with contextlib.closing(sqlite3.connect(f"file:{studio.home}/records.db?mode=ro", uri=True)) as records:
        query = "SELECT spec FROM records WHERE kind = 'Space' AND name LIKE ?"
        (spec,) = records.execute(query, (f"%/{space}",)).fetchone()
    home = studio.home / "spaces" / studio.account / json.loads(spec)["_folder"]
    home.mkdir(parents=True, exist_ok=True)
    return home


def test_a_notebook_runs_with_parameters_and_its_output_is_kept_and_shared(studio: Any, admin: Person) -> None:
    text = notebook(
        "print(f'{who} has {count + 1}')", "import boto3\nprint(boto3.client('sts').get_caller_identity()['Account'])"
    )
    parameters = {"who": "ann", "count": "41"}
    began = time.monotonic()
    made = admin.ask("RunNotebook", S3Uri=put(studio, text), Image=IMAGE, Parameters=parameters)
    assert "TrainingJobName" in made, made
    job = made["TrainingJobName"]
    done = jobs.wait(studio, job, 240)
    print(f"{time.monotonic() - began:.1f} s")
    assert done["TrainingJobStatus"] == "Completed", done
    shown = admin.ask("DescribeNotebookJob", TrainingJobName=job)
    assert "ann has 42" in texts(shown["Notebook"]) and studio.account in texts(shown["Notebook"])
    assert (shown["NotebookName"], shown["Parameters"], shown["User"]) == ("report.ipynb", parameters, "admin")
    assert job in [one["TrainingJobName"] for one in admin.ask("ListNotebookJobs")["NotebookJobs"]]
    assert any("ann has 42" in line for line in jobs.log(studio, job))

    id = admin.ask("CreateNotebookSnapshot", TrainingJobName=job, Title="The answer")["NotebookSnapshotId"]
    assert admin.ask("CreateNotebookSnapshot", TrainingJobName=job, Title="x")["NotebookSnapshotId"] == id
    studio.client("s3").delete_object(Bucket=studio.bucket, Key=f"notebook-jobs/{job}/output/output.tar.gz")
    kept = admin.ask("GetNotebookSnapshot", NotebookSnapshotId=id)
    assert "ann has 42" in texts(kept["Notebook"]) and kept["Title"] == "The answer"
    assert id in [one["NotebookSnapshotId"] for one in admin.ask("ListNotebookSnapshots")["NotebookSnapshots"]]
    admin.ask("DeleteNotebookSnapshot", NotebookSnapshotId=id)
    assert admin.ask("GetNotebookSnapshot", NotebookSnapshotId=id)["__type"] == "ResourceNotFound"


def test_a_cell_that_fails_is_the_reason_and_stands_in_the_notebook(studio: Any, admin: Person) -> None:
    made = admin.ask("RunNotebook", S3Uri=put(studio, notebook("print('so far')", "1 / 0")), Image=IMAGE)
    done = jobs.wait(studio, made["TrainingJobName"], 240)
    assert done["TrainingJobStatus"] == "Failed" and "ZeroDivisionError: division by zero" in done["FailureReason"], (
        done
    )
    shown = admin.ask("DescribeNotebookJob", TrainingJobName=made["TrainingJobName"])
    assert "so far" in texts(shown["Notebook"]) and "ZeroDivisionError" in texts(shown["Notebook"])


def test_the_sdks_notebook_step(studio: Any, tmp_path: Any) -> None:
    python = Path(__file__).parents[2] / ".venvs" / "sdk2" / "bin" / "python"
    script = Path(__file__).parent / "sdk" / "v2_notebook.py"
    done = subprocess.run(
        [python, script], env=studio.env(), capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path
    )
    assert done.returncode == 0 and "OK" in done.stdout, (done.stdout + done.stderr)[-6000:]


def test_what_is_no_notebook_is_refused(studio: Any, admin: Person) -> None:
    good = put(studio, notebook())
    for asked, sentence in (
        ({"S3Uri": put(studio, "{}")}, "no notebook of format 4"),
        ({"S3Uri": put(studio, "no json")}, "it is no JSON"),
        ({"S3Uri": put(studio, "x", "x.py")}, "must end with .ipynb"),
        ({"S3Uri": f"s3://{studio.bucket}/none.ipynb"}, "There is no object"),
        ({"S3Uri": "s3://of-somebody-else/x.ipynb"}, "does not exist in this project"),
        ({"SpaceName": "lab"}, "by SpaceName and Path"),
        ({"SpaceName": "none", "Path": "x.ipynb"}, "There is no space"),
        ({"S3Uri": good, "Image": "nothing-we-know:1"}, "There is no image"),
        ({"S3Uri": good, "InstanceType": "ml.none"}, "ml.none"),
        ({"S3Uri": good, "Parameters": {"not a name": "1"}}, "no name of a parameter"),
    ):
        assert sentence in admin.ask("RunNotebook", **asked)["message"], asked
    bad = admin.ask("PutNotebookSchedule", NotebookScheduleName="s", S3Uri=good, ScheduleExpression="every day")
    assert "Invalid Schedule Expression" in bad["message"]


def test_a_schedule_runs_the_notebook_as_it_was(studio: Any, admin: Person) -> None:
    soon = time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime(time.time() + 2))
    name, place = jobs.name("nightly"), put(studio, notebook("print('as it was, ' + who)"))
    asked = {"NotebookScheduleName": name, "S3Uri": place, "Image": IMAGE, "Parameters": {"who": "eve"}}
    admin.ask("PutNotebookSchedule", ScheduleExpression="cron(0 3 1 1 ? 2199)", **asked)
    put(studio, notebook("print('changed')"))
    assert admin.ask("PutNotebookSchedule", ScheduleExpression=soon, **asked) == {"NotebookScheduleName": name}
    (job,) = until(lambda: admin.ask("ListNotebookJobs", NotebookScheduleName=name)["NotebookJobs"])
    done = jobs.wait(studio, job["TrainingJobName"], 240)
    assert done["TrainingJobStatus"] == "Completed", done
    shown = admin.ask("DescribeNotebookJob", TrainingJobName=job["TrainingJobName"])
    assert "as it was, eve" in texts(shown["Notebook"]) and shown["NotebookScheduleName"] == name
    (listed,) = [
        one for one in admin.ask("ListNotebookSchedules")["NotebookSchedules"] if one["NotebookScheduleName"] == name
    ]
    assert listed["Parameters"] == {"who": "eve"} and "LastError" not in listed and listed["LastTime"] > 0
    admin.ask("DeleteNotebookSchedule", NotebookScheduleName=name)
    assert name not in json.dumps(admin.ask("ListNotebookSchedules"))


@pytest.mark.browser
def test_by_right_click_in_a_spaces_files(studio: Any, admin: Person) -> None:
    from playwright.sync_api import sync_playwright

    sagemaker, space = studio.client("sagemaker"), jobs.name("lab")
    domain = sagemaker.list_domains()["Domains"][0]["DomainId"]
    sagemaker.create_space(DomainId=domain, SpaceName=space)
    until(lambda: sagemaker.describe_space(DomainId=domain, SpaceName=space)["Status"] == "InService")
    home = home_of(studio, space)
    page = "print(f'{who} has {count + 1}')\nimport pandas\npandas.DataFrame({'a': [who]})"
    (home / "report.ipynb").write_text(notebook(page))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.add_cookies([{"name": "studiolo_session", "value": admin.cookie, "url": studio.url}])
        tab = context.new_page()
        tab.goto(f"{studio.url}/spaces/{space}?tab=files")
        tab.get_by_role("tab", name="Files").click()
        tab.get_by_role("link", name="report.ipynb").click(button="right")
        tab.get_by_role("menuitem", name="Run as a job").click()
        dialog = tab.get_by_role("dialog")
        dialog.get_by_label("Value of who").fill("ann")
        assert dialog.get_by_label("Value of count").input_value() == "1"
        dialog.get_by_label("Value of count").fill("41")
        dialog.get_by_role("button", name="Run", exact=True).click()
        tab.wait_for_url("**/notebook-jobs/report-*")
        job = tab.url.rpartition("/")[2].partition("?")[0]
        assert jobs.wait(studio, job, 240)["TrainingJobStatus"] == "Completed"
        tab.get_by_role("tab", name="Notebook").click()
        tab.get_by_text("ann has 42").wait_for()
        frame = tab.frame_locator("iframe.notebook-html")
        frame.get_by_role("cell", name="ann").wait_for()
        tab.get_by_role("button", name="Share…").click()
        tab.wait_for_url("**/shared-notebooks/*")
        tab.get_by_text("ann has 42").wait_for()
        browser.close()
