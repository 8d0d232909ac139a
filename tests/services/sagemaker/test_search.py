"""Search finds what a plain look at every record finds, in the same order, however it is paged."""

import time

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError
from studiolo.services.sagemaker import search
from studiolo.services.sagemaker.documents import everything
from studiolo.services.sagemaker.expressions import satisfies
from studiolo.services.sagemaker.narrow import narrow
from studiolo.services.sagemaker.service import KINDS, indexers
from studiolo.store.protocol import Every
from studiolo.store.sqlite import SqliteStore

KIND = KINDS["TrainingJob"]
MOMENT = 1_700_000_000.0


def iso(when):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when))


TEXTS = st.sampled_from(
    ["a", "B", "ab", "1", "1.0", "1e0", "nan", "red", "Failed", "Stopping", "Completed,Failed", "x, a"]
)
NAMES = st.sampled_from(["a", "B", "ab", "1", "1e0", "X-1", "nan"])
JOBS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "status": st.sampled_from(["InProgress", "Failed", "Completed"]),
        "stopping": st.booleans(),
        "deleting": st.booleans(),
        "now": st.integers(0, 4),
        "tags": st.dictionaries(
            st.sampled_from(["team", "Key", "a.b", "a"]), st.sampled_from(["red", "1", "1.0"]), max_size=3
        ),
        "hyper": st.dictionaries(
            st.sampled_from(["lr", "depth", "o.p"]), st.sampled_from(["0.5", "1", "1.7", "adam"]), max_size=2
        ),
        "loss": st.none() | st.sampled_from([0.25, 1, 2.5]),
        "channels": st.lists(
            st.tuples(st.sampled_from(["train", "test"]), st.sampled_from(["a/1", "b/2"])), max_size=2
        ),
    }
)
TIMED = st.integers(-1, 5).map(lambda n: iso(MOMENT + n)) | st.integers(-1, 5).map(lambda n: str(MOMENT + n))
OPERATORS = st.sampled_from(
    ["Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo", "Contains", "In"]
)
PATHS = st.sampled_from(
    "TrainingJobName TrainingJobStatus Tags.team Tags.Key Tags.a.b Tags.a HyperParameters.lr HyperParameters.depth "
    "HyperParameters.o.p InputDataConfig.ChannelName TrainingJobArn Tags".split()
)


def one_filter(name, operator, value):
    return {"Name": name, "Operator": operator, "Value": value}


FILTERS = (
    st.builds(one_filter, PATHS, OPERATORS, TEXTS)
    | st.builds(one_filter, st.sampled_from(["CreationTime", "LastModifiedTime"]), OPERATORS, TIMED | TEXTS)
    | st.builds(one_filter, st.just("Metrics.loss"), OPERATORS, st.sampled_from(["0.5", "1", "nan", "x"]))
    | st.builds(
        lambda name, operator: {"Name": name, "Operator": operator},
        PATHS | st.sampled_from(["CreationTime", "Metrics.loss"]),
        st.sampled_from(["Exists", "NotExists"]),
    )
)
NESTED = st.builds(
    lambda channel, uri: {
        "NestedPropertyName": "InputDataConfig",
        "Filters": [
            {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": channel},
            {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": uri},
        ],
    },
    st.sampled_from(["train", "test"]),
    st.sampled_from(["a/", "b/"]),
)


def expression(filters, nested, inner, operator):
    parts = {"Filters": filters, "NestedFilters": nested, "SubExpressions": inner}
    return {**{name: held for name, held in parts.items() if held}, **({"Operator": operator} if operator else {})}


PLAIN = st.builds(
    expression,
    st.lists(FILTERS, max_size=3),
    st.lists(NESTED, max_size=1),
    st.just([]),
    st.sampled_from(["And", "Or", None]),
)
EXPRESSIONS = st.recursive(
    PLAIN,
    lambda inner: st.builds(
        expression,
        st.lists(FILTERS, max_size=2),
        st.lists(NESTED, max_size=1),
        st.lists(inner, max_size=2),
        st.sampled_from(["And", "Or", None]),
    ),
    max_leaves=4,
)
ORDERS = [
    "LastModifiedTime",
    "CreationTime",
    "TrainingJobName",
    "TrainingJobStatus",
    "Metrics.loss",
    "HyperParameters.lr",
]


def put(studio, job):
    spec = {
        "HyperParameters": job["hyper"],
        "InputDataConfig": [
            {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": f"s3://bucket/{path}"}}}
            for name, path in job["channels"]
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        **({"_stop": 1.0} if job["stopping"] else {}),
    }
    status = {"TrainingJobStatus": job["status"], "SecondaryStatus": "x"}
    if job["loss"] is not None:
        status["FinalMetricDataList"] = [{"MetricName": "loss", "Value": job["loss"], "Timestamp": 1.0}]
    made = studio.put("TrainingJob", job["name"], spec, status, now=MOMENT + job["now"], tags=job["tags"])
    if job["deleting"]:
        made = studio.store.write(made, now=MOMENT + 4 - job["now"], deleting=True)
    return made


def plain_look(studio, records, asked):
    """The definition: every document, judged, then sorted; ties as they were made."""

    def document(record):
        return search._flat(KIND, studio.platform, record)

    by = asked.get("SortBy", "LastModifiedTime")
    path, descending = by.split("."), asked.get("SortOrder", "Descending") == "Descending"
    hits = [one for one in enumerate(records) if satisfies(document(one[1]), asked.get("SearchExpression", {}))]
    if by in ORDERS[:4]:
        hits.sort(key=lambda one: (search._rank(document(one[1]), path), one[0]), reverse=descending)
    else:
        hits.sort(key=lambda one: (one[1].created, one[0]), reverse=descending)
        hits.sort(key=lambda one: search._rank(document(one[1]), path), reverse=descending)
    return [record.key.name for _, record in hits]


def all_pages(studio, size, **asked):
    names, totals, token = [], [], None
    for _ in range(20):
        more = {"NextToken": token} if token else {}
        answer = studio.ask("Search", Resource="TrainingJob", MaxResults=size, **asked, **more)
        names += [one["TrainingJob"]["TrainingJobName"] for one in answer["Results"]]
        totals.append(answer["TotalHits"])
        token = answer["NextToken"]
        if token is None:
            return names, totals
    raise AssertionError("pages without end")


@pytest.fixture(params=["memory", "sqlite"])
def studio(request, tmp_path):
    store = SqliteStore(tmp_path / "r.db", indexers()) if request.param == "sqlite" else None
    studio = Studio(tmp_path, store)
    yield studio
    studio.store.close()


@given(data=st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_finds_what_a_plain_look_finds(studio, data):
    from studiolo.store.protocol import Query

    for left in studio.store.query(Query("TrainingJob", None, limit=100)).records:
        studio.store.delete(left)
    studio.put(
        "TrainingJob", "a", {"OutputDataConfig": {"S3OutputPath": "s3://x/y"}}, {"TrainingJobStatus": "Failed"}, OTHER
    )
    jobs = data.draw(st.lists(JOBS, max_size=7, unique_by=lambda job: job["name"].casefold()))
    records = [put(studio, job) for job in jobs]
    asked = {}
    if data.draw(st.booleans()) or jobs:
        asked["SearchExpression"] = data.draw(EXPRESSIONS)
    if by := data.draw(st.sampled_from([None, *ORDERS])):
        asked["SortBy"] = by
    if order := data.draw(st.sampled_from([None, "Ascending", "Descending"])):
        asked["SortOrder"] = order
    names, totals = all_pages(studio, data.draw(st.integers(1, 8)), **asked)
    wanted = plain_look(studio, records, asked)
    assert names == wanted
    assert all(one == {"Value": len(wanted), "Relation": "EqualTo"} for one in totals)


def test_what_the_index_can_tell_needs_no_look_at_records():
    def exact(**expression):
        return narrow(KIND, expression)[1]

    name, status = (
        one_filter("TrainingJobName", "Contains", "x"),
        one_filter("TrainingJobStatus", "In", "Failed,Stopped"),
    )
    when, tag = one_filter("CreationTime", "GreaterThan", iso(MOMENT)), one_filter("Tags.team", "Equals", "red")
    metric = one_filter("Metrics.loss", "LessThan", "1")
    assert exact(Filters=[name, status, when, tag])
    assert exact(Filters=[name, status], Operator="Or", SubExpressions=[{"Filters": [when, tag]}])
    assert not exact(Filters=[name, metric])
    assert narrow(KIND, {"Filters": [metric, name], "Operator": "Or"})[0] == Every(())
    narrowed, whole = narrow(KIND, {"Filters": [metric], "SubExpressions": [{"Filters": [status]}]})
    assert not whole and "Failed" in repr(narrowed)


def test_hyperparameters_compare_as_aws_says(studio):
    for name, rate in (("a", "0.1"), ("b", "1.9"), ("c", "2"), ("d", "adam")):
        studio.put(
            "TrainingJob",
            name,
            {"HyperParameters": {"lr": rate}, "OutputDataConfig": {"S3OutputPath": "s3://b/o"}},
            {"TrainingJobStatus": "Completed"},
        )

    def found(operator, value):
        return all_pages(
            studio,
            10,
            SearchExpression={"Filters": [one_filter("HyperParameters.lr", operator, value)]},
            SortBy="TrainingJobName",
            SortOrder="Ascending",
        )[0]

    assert found("LessThan", "0.5") == ["a"]
    assert found("Equals", "1") == ["b"]  # An integer makes integers of decimals …
    assert found("Equals", "1.0") == []  # … a decimal does not.
    assert found("GreaterThanOrEqualTo", "2.0") == ["c", "d"]  # Letters come after digits.
    assert found("Contains", "DA") == ["d"]


def test_counting_stops_where_it_would_cost(studio, monkeypatch):
    monkeypatch.setattr(search, "COUNTED", 5)
    monkeypatch.setattr(search, "BATCH", 3)
    for number in range(30):
        spec = {"HyperParameters": {"n": str(number)}, "OutputDataConfig": {"S3OutputPath": "s3://b/o"}}
        studio.put("TrainingJob", f"job-{number:02}", spec, {"TrainingJobStatus": "Completed"})
    asked = {"SearchExpression": {"Filters": [one_filter("HyperParameters.n", "LessThan", "25")]}}
    names, totals = all_pages(studio, 4, **asked)
    assert names == [f"job-{number:02}" for number in reversed(range(25))]
    assert totals[0]["Relation"] == "GreaterThanOrEqualTo" and 4 < totals[0]["Value"] < 25
    assert totals[-1] == {"Value": 25, "Relation": "EqualTo"}
    values = [one["Value"] for one in totals]
    assert values == sorted(values)


def test_a_token_is_for_its_own_search(studio):
    for name in "abc":
        studio.put(
            "TrainingJob", name, {"OutputDataConfig": {"S3OutputPath": "s3://b/o"}}, {"TrainingJobStatus": "Failed"}
        )
    first = {"Resource": "TrainingJob", "MaxResults": 1}
    token = studio.ask("Search", **first)["NextToken"]
    ranked = studio.ask("Search", SortBy="Metrics.loss", **first)["NextToken"]
    other = {"SearchExpression": {"Filters": [one_filter("TrainingJobName", "Equals", "a")]}}
    for bad, more in (
        (token, {"SortBy": "CreationTime"}),
        (token, {"SortOrder": "Ascending"}),
        (token, other),
        (token, {"SortBy": "Metrics.loss"}),
        (ranked, {}),
        ("nonsense", {}),
        ("b2Zmc2V0OjE=", {}),
        (token[:-6], {}),
    ):
        with pytest.raises(ApiError, match="Invalid pagination token") as refused:
            studio.ask("Search", NextToken=bad, **first, **more)
        assert (refused.value.code, refused.value.status) == ("ValidationException", 400)
    with pytest.raises(ApiError, match="Invalid pagination token"):
        studio.ask("Search", project=OTHER, NextToken=token, **first)
    for forged in ([1, 2], ["x", "y", 0], {"a": 1}, [search_digest(token), 3, 0], [search_digest(token), "zz", -1]):
        import base64

        with pytest.raises(ApiError, match="Invalid pagination token"):
            studio.ask("Search", NextToken=base64.urlsafe_b64encode(orjson.dumps(forged)).decode(), **first)


def search_digest(token):
    import base64

    return orjson.loads(base64.urlsafe_b64decode(token))[0]


def deep(levels):
    inner = {"Filters": [one_filter("TrainingJobName", "Equals", "a")]}
    for _ in range(levels):
        inner = {"SubExpressions": [inner]}
    return inner


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"Resource": "FeatureGroup"}, "Search for the resource FeatureGroup is not supported"),
        ({"SearchExpression": {"Filters": [{"Name": "TrainingJobName"}]}}, "needs a Value"),
        ({"SearchExpression": {"Filters": [{"Name": "TrainingJobNam", "Value": "x"}]}}, "Unknown property name"),
        ({"SortBy": "Nothing.here"}, "Unknown property name"),
        ({"SearchExpression": deep(60)}, "at most 50"),
        ({"CrossAccountFilterOption": "CrossAccount"}, "CrossAccountFilterOption"),
        ({"VisibilityConditions": [{"Key": "a", "Value": "b"}]}, "VisibilityConditions"),
    ],
)
def test_what_can_not_be_answered_is_refused(studio, asked, sentence):
    with pytest.raises(ApiError, match=sentence) as refused:
        studio.ask("Search", **{"Resource": "TrainingJob", **asked})
    assert (refused.value.code, refused.value.status) == ("ValidationException", 400)


def test_every_kind_that_can_be_searched_answers_in_its_own_form(studio):
    studio.put("Model", "m", {"PrimaryContainer": {"Image": "i"}}, {}, tags={"team": "red"})
    answer = studio.ask(
        "Search", Resource="Model", SearchExpression={"Filters": [one_filter("Tags.team", "Equals", "red")]}
    )
    assert answer["Results"][0]["Model"]["Model"]["ModelName"] == "m"
    by_inner = {"Filters": [one_filter("Model.ModelName", "Equals", "m")]}
    assert studio.ask("Search", Resource="Model", SearchExpression=by_inner)["TotalHits"]["Value"] == 1
    assert studio.ask("Search", Resource="Endpoint")["Results"] == []


def test_every_resource_that_can_be_named_is_answered_or_refused(studio):
    from studiolo.wire.model import members, operation

    resources = members(operation("sagemaker", "Search").input_shape)["Resource"].enum
    refused = set()
    for resource in resources:
        for ask in (lambda one: studio.ask("Search", Resource=one)["Results"] == [],
                    lambda one: "PropertyNameSuggestions" in studio.ask("GetSearchSuggestions", Resource=one)):  # fmt: skip
            try:
                assert ask(resource)
            except ApiError as error:
                assert f"for the resource {resource} is not supported" in str(error)
                refused.add(resource)
    assert {"Image", "FeatureGroup"} <= refused and not refused & {"TrainingJob", "Model", "Pipeline"}


def test_suggestions_are_names_that_can_be_searched(studio):
    put(studio, {"name": "a", "status": "Failed", "stopping": False, "deleting": False, "now": 1, "tags": {"team": "x"},
                 "hyper": {"lr": "1"}, "loss": 0.5, "channels": [("train", "a/1")]})  # fmt: skip
    hint = {"PropertyNameQuery": {"PropertyNameHint": "l"}}
    answer = studio.ask("GetSearchSuggestions", Resource="TrainingJob", SuggestionQuery=hint)
    names = [one["PropertyName"] for one in answer["PropertyNameSuggestions"]]
    assert "Metrics.loss" in names and "HyperParameters.lr" in names
    for name in names:
        studio.ask(
            "Search", Resource="TrainingJob", SearchExpression={"Filters": [{"Name": name, "Operator": "Exists"}]}
        )
    with pytest.raises(ApiError, match="GetSearchSuggestions for the resource Project"):
        studio.ask("GetSearchSuggestions", Resource="Project")


def test_the_index_holds_the_word_that_is_shown(studio):
    for stopping in (False, True):
        for deleting in (False, True):
            for word in ("InProgress", "Completed"):
                name = f"{word}-{stopping}-{deleting}"
                record = put(studio, {"name": name, "status": word, "stopping": stopping, "deleting": deleting, "now": 1,
                                      "tags": {}, "hyper": {}, "loss": None, "channels": []})  # fmt: skip
                shown = everything(KIND, studio.platform, record)["TrainingJobStatus"]
                found = studio.ask(
                    "ListTrainingJobs", StatusEquals=shown if shown != "Deleting" else "Deleting", MaxResults=100
                )
                assert name in [one["TrainingJobName"] for one in found["TrainingJobSummaries"]]
                assert ACCOUNT in found["TrainingJobSummaries"][0]["TrainingJobArn"]
