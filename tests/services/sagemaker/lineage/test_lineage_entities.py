"""Artifacts, actions, contexts, trial components and what joins them, asked as a client would."""

import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError


@pytest.fixture
def studio(tmp_path):
    return Studio(tmp_path)


def refused(studio, operation, **params):
    with pytest.raises(ApiError) as error:
        studio.ask(operation, **params)
    return error.value.code, error.value.message


def artifact(studio, uri="s3://b/rows", type="DataSet", **more):
    return studio.ask("CreateArtifact", Source={"SourceUri": uri}, ArtifactType=type, **more)["ArtifactArn"]


def action(studio, name, type="Step"):
    source = {"SourceUri": "https://ci/1"}
    return studio.ask("CreateAction", ActionName=name, Source=source, ActionType=type)["ActionArn"]


def context(studio, name, type="Endpoint"):
    source = {"SourceUri": "arn:x"}
    return studio.ask("CreateContext", ContextName=name, Source=source, ContextType=type)["ContextArn"]


def join(studio, source, destination, type="ContributedTo"):
    studio.ask("AddAssociation", SourceArn=source, DestinationArn=destination, AssociationType=type)


def test_there_is_one_artifact_of_a_source(studio):
    first = artifact(studio, ArtifactName="Rows", Properties={"rows": "10"})
    assert artifact(studio) == first
    assert first.startswith(f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:artifact/")
    assert refused(studio, "CreateArtifact", Source={"SourceUri": "s3://b/rows"}, ArtifactType="Model")[0] == (
        "ValidationException"
    )
    versions = [{"SourceIdType": "S3ETag", "Value": "e"}]
    source = {"SourceUri": "s3://b/rows", "SourceTypes": versions}
    second = studio.ask("CreateArtifact", Source=source, ArtifactType="DataSet")["ArtifactArn"]
    assert second != first
    seen = studio.ask("DescribeArtifact", ArtifactArn=first)
    assert (seen["ArtifactName"], seen["Properties"], seen["CreatedBy"]["UserProfileName"]) == (
        "Rows", {"rows": "10"}, "ann",
    )  # fmt: skip
    assert "ArtifactName" not in studio.ask("DescribeArtifact", ArtifactArn=second)
    found = studio.ask("ListArtifacts", SourceUri="s3://b/rows")["ArtifactSummaries"]
    assert [one["ArtifactArn"] for one in found] == [second, first]
    assert studio.ask("ListArtifacts", ArtifactType="Model")["ArtifactSummaries"] == []
    assert studio.ask("ListArtifacts", SourceUri="s3://b/rows", project=OTHER)["ArtifactSummaries"] == []
    answer = studio.ask("UpdateArtifact", ArtifactArn=first, Properties={"a": "b"}, PropertiesToRemove=["rows"])
    assert answer == {"ArtifactArn": first}
    assert studio.ask("DescribeArtifact", ArtifactArn=first)["Properties"] == {"a": "b"}
    assert studio.ask("DeleteArtifact", Source=source) == {"ArtifactArn": second}
    assert refused(studio, "DescribeArtifact", ArtifactArn=second)[0] == "ResourceNotFound"
    assert refused(studio, "DeleteArtifact", ArtifactArn=second)[0] == "ResourceNotFound"
    assert refused(studio, "DeleteArtifact")[0] == "ValidationException"


def test_actions_and_contexts_are_made_changed_and_removed(studio):
    made = action(studio, "train")
    assert made.endswith(":action/train")
    assert refused(studio, "CreateAction", ActionName="Train", Source={"SourceUri": "x"}, ActionType="y")[0] == (
        "ValidationException"
    )
    assert studio.ask("UpdateAction", ActionName="train", Status="Failed") == {"ActionArn": made}
    assert studio.ask("DescribeAction", ActionName="train")["Status"] == "Failed"
    assert studio.ask("DeleteAction", ActionName="train") == {"ActionArn": made}
    place = context(studio, "Live")
    assert studio.ask("DescribeContext", ContextName=place)["ContextName"] == "Live"
    assert [one["ContextArn"] for one in studio.ask("ListContexts", ContextType="Endpoint")["ContextSummaries"]] == [
        place
    ]
    assert refused(studio, "DescribeContext", ContextName="none")[0] == "ResourceNotFound"
    many = {str(number): "x" for number in range(20)}
    studio.ask("UpdateContext", ContextName="Live", Properties=many)
    more = {f"more-{number}": "x" for number in range(20)}
    assert refused(studio, "UpdateContext", ContextName="Live", Properties=more)[0] == "ResourceLimitExceeded"
    studio.ask("AddTags", ResourceArn=place, Tags=[{"Key": "team", "Value": "a"}])
    assert studio.ask("ListTags", ResourceArn=place)["Tags"] == [{"Key": "team", "Value": "a"}]


def test_associations_join_what_is_there(studio):
    rows, step, live = artifact(studio), action(studio, "step"), context(studio, "live")
    join(studio, rows, step)
    join(studio, rows, step)
    join(studio, step, live, "AssociatedWith")
    asked = {"SourceArn": rows, "DestinationArn": step, "AssociationType": "Produced"}
    assert refused(studio, "AddAssociation", **asked)[0] == "ValidationException"
    gone = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:action/none"
    assert refused(studio, "AddAssociation", SourceArn=rows, DestinationArn=gone)[0] == "ResourceNotFound"
    other = rows.replace(ACCOUNT, OTHER)
    assert refused(studio, "AddAssociation", SourceArn=other, DestinationArn=step)[0] == "ResourceNotFound"

    def listed(**asked):
        found = studio.ask("ListAssociations", **asked)["AssociationSummaries"]
        return [(one["SourceArn"], one["DestinationArn"]) for one in found]

    assert listed(SortOrder="Ascending") == [(rows, step), (step, live)]
    assert listed() == [(step, live), (rows, step)]
    assert (
        listed(SourceArn=rows) == listed(DestinationType="Step") == listed(DestinationType="Action") == [(rows, step)]
    )
    assert listed(DestinationArn=live) == listed(SourceType="Action") == listed(AssociationType="AssociatedWith")
    assert listed(SourceType="Context") == []
    assert refused(studio, "ListAssociations", SortBy="SourceType")[0] == "ValidationException"
    (one,) = studio.ask("ListAssociations", SourceArn=step)["AssociationSummaries"]
    assert (one["SourceName"], one["DestinationName"], one["DestinationType"]) == ("step", "live", "Endpoint")
    assert refused(studio, "DeleteAction", ActionName="step")[0] == "ValidationException"
    studio.ask("DeleteAssociation", SourceArn=rows, DestinationArn=step)
    studio.ask("DeleteAssociation", SourceArn=step, DestinationArn=live)
    assert refused(studio, "DeleteAssociation", SourceArn=step, DestinationArn=live)[0] == "ResourceNotFound"
    studio.ask("DeleteAction", ActionName="step")


def chain(studio):
    """rows -> train -> model -> deploy -> live; image joins train; model also leads to a second place."""
    rows, image = artifact(studio), artifact(studio, "image:1", "Image")
    model = artifact(studio, "s3://b/m.tar.gz", "Model", Properties={"team": "a"})
    train, deploy = action(studio, "train", "TrainingJob"), action(studio, "deploy", "ModelDeployment")
    live, spare = context(studio, "live"), context(studio, "spare")
    join(studio, rows, train)
    join(studio, image, train)
    join(studio, train, model, "Produced")
    join(studio, model, deploy)
    join(studio, deploy, live, "AssociatedWith")
    join(studio, deploy, spare, "AssociatedWith")
    return {
        "rows": rows,
        "image": image,
        "model": model,
        "train": train,
        "deploy": deploy,
        "live": live,
        "spare": spare,
    }


def asked(studio, known, start, **params):
    names = {arn: name for name, arn in known.items()}
    answer = studio.ask("QueryLineage", StartArns=[known[start]], **params)
    vertices = {names[one["Arn"]] for one in answer["Vertices"]}
    edges = {(names[one["SourceArn"]], names[one["DestinationArn"]]) for one in answer["Edges"]}
    return vertices, edges


def test_a_query_follows_the_associations_as_far_as_it_is_told(studio):
    known = chain(studio)
    everything = set(known)
    vertices, edges = asked(studio, known, "live", Direction="Ascendants")
    assert vertices == everything - {"spare"}
    assert edges == {("rows", "train"), ("image", "train"), ("train", "model"), ("model", "deploy"), ("deploy", "live")}
    assert asked(studio, known, "rows", Direction="Descendants")[0] == everything - {"image"}
    assert asked(studio, known, "model")[0] == everything
    # Other ways out of what leads here are no relatives.
    assert asked(studio, known, "live")[0] == everything - {"spare"}
    assert asked(studio, known, "model", MaxDepth=1)[0] == {"train", "model", "deploy"}
    assert asked(studio, known, "model", IncludeEdges=False)[1] == set()
    assert refused(studio, "QueryLineage", StartArns=[known["model"]], MaxDepth=0)[0] == "ValidationException"
    assert refused(studio, "QueryLineage")[0] == "ValidationException"
    gone = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:artifact/none"
    assert refused(studio, "QueryLineage", StartArns=[gone])[0] == "ResourceNotFound"


def test_a_query_keeps_what_fits_and_with_edges_what_lies_between(studio):
    known = chain(studio)
    only = {"Direction": "Ascendants", "IncludeEdges": False}
    assert asked(studio, known, "live", Filters={"Types": ["DataSet"]}, **only)[0] == {"rows"}
    assert asked(studio, known, "live", Filters={"LineageTypes": ["Artifact"]}, **only)[0] == {"rows", "image", "model"}
    assert asked(studio, known, "live", Filters={"Properties": {"team": "a"}}, **only)[0] == {"model"}
    late = {"CreatedAfter": 4e9}
    assert asked(studio, known, "live", Filters=late, **only)[0] == set()
    vertices, edges = asked(studio, known, "live", Filters={"Types": ["DataSet"]}, Direction="Ascendants")
    assert vertices == {"rows", "train", "model", "deploy", "live"}
    assert ("image", "train") not in edges and ("rows", "train") in edges


def test_pages_of_a_query_hold_every_vertex_and_every_edge_once(studio):
    known = chain(studio)
    whole = studio.ask("QueryLineage", StartArns=[known["model"]])
    vertices, edges, token = [], [], None
    while True:
        page = studio.ask(
            "QueryLineage", StartArns=[known["model"]], MaxResults=2, **({"NextToken": token} if token else {})
        )
        vertices += page["Vertices"]
        edges += page["Edges"]
        token = page["NextToken"]
        if token is None:
            break
        assert refused(studio, "QueryLineage", StartArns=[known["live"]], NextToken=token)[0] == "ValidationException"
    assert vertices == whole["Vertices"]
    assert sorted(map(str, edges)) == sorted(map(str, whole["Edges"]))


def test_cycles_end(studio):
    one, other = artifact(studio, "a"), artifact(studio, "b")
    join(studio, one, other)
    join(studio, other, one)
    answer = studio.ask("QueryLineage", StartArns=[one])
    assert (len(answer["Vertices"]), len(answer["Edges"])) == (2, 2)
