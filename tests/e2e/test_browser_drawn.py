"""The whole way drawn by hand in a browser, with the scripts and the table of acceptance/: prepare 53,940 rows, train two models,
tune a third, choose the best by evaluation, register and deploy it if it is good enough. What serves is scored on rows that no
model has been trained on, and another value of a parameter runs again what hangs on it, and nothing else."""

import re

import jobs
import pytest
from acceptance import diamonds
from playwright.sync_api import expect
from test_browser import browser, page  # noqa: F401  fixtures
from test_browser_editor import definition, drag, node
from test_pipelines import steps_of, wait

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


class Form:
    """The form of the chosen step, or a part of it."""

    def __init__(self, page, scope):  # noqa: F811
        self.page, self.scope = page, scope

    def inside(self, *path):
        form = self
        for label in path:
            head = re.compile(rf"^{re.escape(label)}( \(\d+\))?( \*)?$")
            group = form.scope.get_by_role("group", name=label, exact=True).first
            button = form.scope.get_by_role("button", name=head).first
            # Some stand open from the beginning: a click before that is seen would close them.
            button.or_(group).first.wait_for()
            if not group.is_visible():
                button.click()
            group.wait_for()
            form = Form(form.page, group)
        return form

    def fill(self, **values):
        for label, value in values.items():
            self.scope.get_by_role("textbox", name=label, exact=True).first.fill(value)
        return self

    def add(self, *path):
        """One more of the list there."""
        form, label = self.inside(*path), path[-1]
        count = form.scope.get_by_role("button", name=re.compile(rf"^Remove {label} \d+$")).count()
        form.scope.get_by_role("button", name=f"Add to {label}", exact=True).click()
        return form, f"{label} {count + 1}"

    def item(self, *path):
        form, label = self.add(*path)
        return form.inside(label)

    def word(self, value, *path):
        form, label = self.add(*path)
        return form.fill(**{label: value})

    def take(self, label, choice):
        self.scope.get_by_role("button", name=f"Take {label} from", exact=True).first.click()
        self.page.get_by_role("menuitem", name=choice, exact=True).click()
        return self

    def join(self, label, between, *parts):
        """Parts that begin with @ are taken from the menu."""
        self.take(label, "Parts joined to one text")
        self.fill(**{f"Between the parts of {label}": between})
        for at, part in enumerate(parts):
            if at:
                self.scope.get_by_role("button", name="Add a part").first.click()
            field = f"Part {at + 1} of {label}"
            self.take(field, part[1:]) if part.startswith("@") else self.fill(**{field: part})
        return self

    def pick(self, label, value):
        self.scope.get_by_role("button", name=re.compile(rf"^{label}\b")).first.click()
        self.page.get_by_role("option", name=value, exact=True).click()
        return self

    def entry(self, name, value=None, choice=None):
        """Of a map."""
        self.scope.get_by_role("textbox", name="New name").first.fill(name)
        self.scope.get_by_role("button", name="Add", exact=True).first.click()
        return self.take(name, choice) if choice else self.fill(**{name: value})


class Drawing:
    def __init__(self, page, name):  # noqa: F811
        self.page, self.name = page, name

    def step(self, word, name):
        self.page.get_by_role("group", name="Steps to add").get_by_role("button", name=word, exact=True).click()
        return self.called(name)

    def called(self, name):
        field = self.page.get_by_label("Name of the step")
        field.fill(name)
        field.press("Tab")
        node(self.page, name).wait_for()
        return self.form()

    def form(self):
        return Form(self.page, self.page.locator(".inspector"))

    def nothing(self):
        self.page.locator(".react-flow__pane").click(position={"x": 5, "y": 5})
        self.page.get_by_role("button", name="Add a parameter").wait_for()

    def choose(self, name):
        node(self.page, name).click()
        return self.form()

    def parameter(self, name, type, default):
        self.page.get_by_role("button", name="Add a parameter").click()
        group = self.page.get_by_role("group", name=re.compile("^Parameter Parameter"))
        group.get_by_label("Default").fill(default)
        if type != "String":
            group.get_by_role("button", name=re.compile("^Type")).click()
            self.page.get_by_role("option", name=type, exact=True).click()
        group.get_by_label("Name", exact=True).fill(name)
        group.get_by_label("Name", exact=True).press("Tab")

    def lay_out(self):
        self.nothing()
        self.page.get_by_role("button", name="Lay out").click()
        self.page.wait_for_timeout(400)

    def connect(self, source, handle, target):
        drag(
            self.page,
            node(self.page, source).locator(f'[data-handleid="{handle}"]'),
            node(self.page, target).locator(".target"),
        )

    def cache(self):
        self.page.get_by_text("Do not run again what did not change").click()


def processing(form, bucket, name, script, inputs, outputs):
    """inputs: name -> what fills its S3Uri in; outputs: name -> likewise."""
    form.inside("AppSpecification").fill(ImageUri=jobs.SKLEARN)
    for word in ("python3", f"/opt/ml/processing/input/code/{script}"):
        form.word(word, "AppSpecification", "ContainerEntrypoint")
    given = {"input/code": lambda at: at.fill(S3Uri=f"s3://{bucket}/{name}/code/{script}"), **inputs}
    for place, uri in given.items():
        one = form.item("ProcessingInputs").fill(InputName=place.rpartition("/")[2]).inside("S3Input")
        uri(one)
        one.fill(LocalPath=f"/opt/ml/processing/{place}").pick("S3DataType", "S3Prefix").pick("S3InputMode", "File")
    for place, uri in outputs.items():
        one = form.item("ProcessingOutputConfig", "Outputs").fill(OutputName=place).inside("S3Output")
        uri(one)
        one.fill(LocalPath=f"/opt/ml/processing/{place}").pick("S3UploadMode", "EndOfJob")


def training(form, bucket, name, output, hyperparameters, pair):
    """The same in a training step and in what a tuning job starts."""
    form.inside("AlgorithmSpecification").fill(TrainingImage=jobs.SKLEARN)
    for key, (value, choice) in {
        "sagemaker_program": ("train.py", None),
        "sagemaker_submit_directory": (f"s3://{bucket}/{name}/code/sourcedir.tar.gz", None),
        **hyperparameters,
    }.items():
        form.inside(pair).entry(key, value, choice)
    for part in ("train", "validation"):
        channel = form.item("InputDataConfig").fill(ChannelName=part).inside("DataSource").inside("S3DataSource")
        channel.pick("S3DataType", "S3Prefix")
        channel.take("S3Uri", f"Prepare · ProcessingOutputConfig.Outputs['{part}'].S3Output.S3Uri")
    form.inside("OutputDataConfig").fill(S3OutputPath=f"s3://{bucket}/{name}/{output}")


def upload(studio, name):
    s3, bucket = studio.client("s3"), studio.bucket
    s3.upload_file(str(diamonds.TABLE), bucket, f"{name}/data/diamonds.csv")
    for script in ("prepare.py", "choose.py"):
        s3.upload_file(str(diamonds.HERE / script), bucket, f"{name}/code/{script}")
    sources = {script: (diamonds.HERE / script).read_text() for script in ("train.py", "serve.py")}
    s3.put_object(Bucket=bucket, Key=f"{name}/code/sourcedir.tar.gz", Body=jobs.archive(sources))


def draw(page, studio, name):  # noqa: F811
    bucket = studio.bucket
    page.goto(f"{studio.url}/pipelines/create")
    page.get_by_label("Name of the pipeline").fill(name)
    drawing = Drawing(page, name)
    drawing.parameter("ForestDepth", "Integer", "3")
    drawing.parameter("MinimumR2", "Float", "0.9")

    def at(where):
        return lambda one: one.fill(S3Uri=f"s3://{bucket}/{name}/{where}")

    def taken(choice):
        return lambda one: one.take("S3Uri", choice)

    form = drawing.step("Process data", "Prepare")
    processing(
        form,
        bucket,
        name,
        "prepare.py",
        {"input/data": at("data")},
        {part: at(part) for part in ("train", "validation", "test")},
    )
    drawing.cache()

    form = drawing.step("Train model", "Forest")
    training(
        form, bucket, name, "models", {"kind": ("forest", None), "depth": (None, "ForestDepth")}, "HyperParameters"
    )
    drawing.cache()
    node(page, "Forest").focus()
    page.keyboard.press("Control+d")
    form = drawing.called("Linear")
    same = form.inside("HyperParameters").fill(kind="linear")
    same.scope.get_by_role("button", name="Remove depth").click()

    form = drawing.step("Tune", "Tune")
    config = form.inside("HyperParameterTuningJobConfig")
    config.inside("ResourceLimits").fill(MaxNumberOfTrainingJobs="3", MaxParallelTrainingJobs="2")
    config.inside("HyperParameterTuningJobObjective").pick("Type", "Maximize").fill(MetricName="r2")
    ranges = config.inside("ParameterRanges").item("IntegerParameterRanges")
    ranges.fill(Name="depth", MinValue="4", MaxValue="8")
    inner = form.inside("TrainingJobDefinition")
    inner.item("AlgorithmSpecification", "MetricDefinitions").fill(Name="r2", Regex="validation:r2=([0-9.-]+);")
    training(inner, bucket, name, "tuned", {"kind": ("boosting", None)}, "StaticHyperParameters")
    drawing.cache()

    form = drawing.step("Process data", "Choose")

    def joined(*parts):
        return lambda one: one.join("S3Uri", "/", *parts)

    home = f"s3://{bucket}/{name}"
    outputs = {word: joined(f"{home}/{word}", "@PipelineExecutionId") for word in ("report", "best")}
    tuned = joined(f"{home}/tuned", "@Tune · BestTrainingJob.TrainingJobName", "output/model.tar.gz")
    inputs = {
        "test": taken("Prepare · ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri"),
        "linear": taken("Linear · ModelArtifacts.S3ModelArtifacts"),
        "forest": taken("Forest · ModelArtifacts.S3ModelArtifacts"),
        "tuned": tuned,
    }
    processing(form, bucket, name, "choose.py", inputs, outputs)
    drawing.cache()
    page.get_by_role("button", name="More of the step").click()
    files = form.item("PropertyFiles")
    files.fill(PropertyFileName="Report", OutputName="report", FilePath="report.json")

    form = drawing.step("Condition", "GoodEnough").inside("Conditions", "Conditions 1")
    form.pick("Type", "GreaterThanOrEqualTo").take("LeftValue", "Choose · value of the file Report")
    form.fill(**{"Path in the file, of LeftValue": "best.r2"}).take("RightValue", "MinimumR2")

    form = drawing.step("Register model", "Register").fill(ModelPackageGroupName=name)
    form.pick("ModelApprovalStatus", "Approved")
    container = form.item("InferenceSpecification", "Containers").fill(Image=jobs.SKLEARN)
    container.join(
        "ModelDataUrl", "/", "@Choose · ProcessingOutputConfig.Outputs['best'].S3Output.S3Uri", "model.tar.gz"
    )
    form.word("text/csv", "InferenceSpecification", "SupportedContentTypes")
    form.word("text/csv", "InferenceSpecification", "SupportedResponseMIMETypes")

    drawing.step("Deploy", "Ship").fill(EndpointName=name).take("ModelPackageArn", "Register · ModelPackageArn")
    drawing.step("Fail", "Bad").fill(ErrorMessage="No model is good enough")
    drawing.lay_out()
    for handle, target in (("IfSteps", "Register"), ("IfSteps", "Ship"), ("ElseSteps", "Bad")):
        drawing.connect("GoodEnough", handle, target)
    page.get_by_text("if true").nth(1).wait_for()
    page.get_by_text("else", exact=True).wait_for()
    # What is drawn is checked a moment later.
    expect(page.locator(".mark")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/pipelines/{name}")


def run(page, studio, name, **parameters):  # noqa: F811
    page.goto(f"{studio.url}/pipelines/{name}")
    page.get_by_role("button", name="Start…").click()
    for label, value in parameters.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(f"**/pipelines/{name}/*")
    client = studio.client("sagemaker")
    arn = client.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
    described = wait(studio, arn, seconds=240)
    return described, steps_of(studio, arn)


def score(studio, name):
    """R² of what serves, on rows that no model has been trained on."""
    runtime = studio.client("sagemaker-runtime")
    return diamonds.r2(runtime, studio.client("s3"), name, studio.bucket, f"{name}/test/test.csv")


def served(studio, name):
    """The version that the endpoint serves."""
    client = studio.client("sagemaker")
    config = client.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    model = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]["ModelName"]
    container = client.describe_model(ModelName=model)
    container = container.get("PrimaryContainer") or container["Containers"][0]
    return container["ModelPackageName"].rpartition("/")[2]


def test_the_whole_way_drawn_by_hand(page, studio):  # noqa: F811
    name = jobs.name("drawn-whole")
    upload(studio, name)
    draw(page, studio, name)
    made = definition(studio, name)
    assert [one["Name"] for one in made["Steps"]] == ["Prepare", "Forest", "Linear", "Tune", "Choose", "GoodEnough"]
    described, steps = run(page, studio, name)
    assert described["PipelineExecutionStatus"] == "Succeeded", (described, steps)
    assert set(steps) == {"Prepare", "Forest", "Linear", "Tune", "Choose", "GoodEnough", "Register", "Ship"}
    assert score(studio, name) > 0.97 and served(studio, name) == "1"

    # A limit that nothing reaches: all is found, it fails by its own word, and what serves is as before.
    described, steps = run(page, studio, name, MinimumR2="0.99999")
    assert described["PipelineExecutionStatus"] == "Failed", (described, steps)
    assert "No model is good enough" in described["FailureReason"] and served(studio, name) == "1"
    assert {one for one in steps if "CacheHitResult" in steps[one]} == {"Prepare", "Forest", "Linear", "Tune", "Choose"}

    # Another depth: the forest is trained anew, and what comes after it.
    described, steps = run(page, studio, name, ForestDepth="9")
    assert described["PipelineExecutionStatus"] == "Succeeded", (described, steps)
    assert {one for one in steps if "CacheHitResult" in steps[one]} == {"Prepare", "Linear", "Tune"}
    assert score(studio, name) > 0.97 and served(studio, name) == "2"
