"""Domains, profiles, spaces and apps as records: AWS's answers, AWS's refusals, and who may do what."""

import asyncio
import base64

import pytest
from studio_in_memory import ACCOUNT, Studio

from studiolo.base.errors import ApiError
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.workbench import names

DOMAIN = names.own_domain(ACCOUNT)
APP = {"DomainId": DOMAIN, "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default"}


@pytest.fixture
def studio(tmp_path):
    return Studio(tmp_path)


def ask_as(studio, user, role, operation, key=None, **params):
    caller = Caller(user, ACCOUNT, role, access_key=key)
    return asyncio.run(studio.service.handler(operation)(Call(caller, "sagemaker", operation, params, "id")))


def refused(act, *args, **params):
    with pytest.raises(ApiError) as error:
        act(*args, **params)
    return error.value.code


def private(studio, user="ann", name="lab"):
    return ask_as(
        studio, user, "contributor", "CreateSpace", DomainId=DOMAIN, SpaceName=name,
        OwnershipSettings={"OwnerUserProfileName": user}, SpaceSharingSettings={"SharingType": "Private"},
    )  # fmt: skip


def test_a_project_has_a_domain_by_itself_and_may_have_more(studio):
    (own,) = studio.ask("ListDomains")["Domains"]
    assert own["DomainId"] == DOMAIN and own["Status"] == "InService"
    assert studio.ask("DescribeDomain", DomainId=DOMAIN)["AuthMode"] == "IAM"
    made = studio.ask("CreateDomain", DomainName="more", AuthMode="IAM", DefaultUserSettings={})
    assert len(studio.ask("ListDomains")["Domains"]) == 2
    assert (
        refused(studio.ask, "CreateDomain", DomainName="more", AuthMode="IAM", DefaultUserSettings={})
        == "ResourceInUse"
    )
    studio.ask("CreateUserProfile", DomainId=made["DomainId"], UserProfileName="p")
    assert refused(studio.ask, "DeleteDomain", DomainId=made["DomainId"]) == "ResourceInUse"
    studio.ask("DeleteUserProfile", DomainId=made["DomainId"], UserProfileName="p")
    studio.ask("DeleteDomain", DomainId=made["DomainId"])
    assert refused(studio.ask, "DescribeDomain", DomainId=made["DomainId"]) == "ResourceNotFound"
    assert refused(studio.ask, "DeleteDomain", DomainId=DOMAIN) == "ResourceInUse"


def test_a_space_is_made_shown_changed_and_listed(studio):
    private(studio)
    space = studio.ask("DescribeSpace", DomainId=DOMAIN, SpaceName="lab")
    assert space["Status"] == "InService" and space["OwnershipSettings"] == {"OwnerUserProfileName": "ann"}
    assert space["SpaceArn"].endswith(f":space/{DOMAIN}/lab") and space["Url"].endswith(f"/spaces/{ACCOUNT}/lab/")
    assert refused(private, studio) == "ResourceInUse"
    settings = {"JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": "ml.m5.large"}}}
    studio.ask("UpdateSpace", DomainId=DOMAIN, SpaceName="lab", SpaceSettings=settings)
    studio.ask("CreateApp", **APP)
    app = studio.ask("DescribeApp", **APP)
    assert app["ResourceSpec"] == {"InstanceType": "ml.m5.large"} and app["Status"] == "Pending"
    for number in range(12):
        studio.ask("CreateSpace", DomainId=DOMAIN, SpaceName=f"room-{number}")
    first = studio.ask("ListSpaces", SpaceNameContains="ROOM", MaxResults=10)
    rest = studio.ask("ListSpaces", SpaceNameContains="ROOM", MaxResults=10, NextToken=first["NextToken"])
    shown = [one["SpaceName"] for one in (*first["Spaces"], *rest["Spaces"])]
    assert shown == [f"room-{number}" for number in range(12)] and rest["NextToken"] is None
    assert [one["SpaceName"] for one in studio.ask("ListApps", SpaceNameEquals="lab")["Apps"]] == ["lab"]
    assert studio.ask("ListApps", UserProfileNameEquals="ann")["Apps"] == []
    assert studio.ask("ListSpaces", DomainIdEquals="d-other")["Spaces"] == []
    assert {one["UserProfileName"] for one in studio.ask("ListUserProfiles")["UserProfiles"]} == {"ann"}
    arn = space["SpaceArn"]
    studio.ask("AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert studio.ask("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_a_space_has_one_app_and_goes_only_without(studio):
    private(studio)
    studio.ask("CreateApp", **APP)
    assert refused(studio.ask, "CreateApp", **APP) == "ResourceInUse"
    assert refused(studio.ask, "DeleteSpace", DomainId=DOMAIN, SpaceName="lab") == "ResourceInUse"
    studio.ask("DeleteApp", **APP)
    assert studio.ask("DescribeApp", **APP)["Status"] == "Deleting"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"AppName": "mine"}, "ValidationException"),
        ({"AppType": "JupyterServer"}, "ValidationException"),
        ({"SpaceName": "none"}, "ResourceNotFound"),
        ({"DomainId": "d-none"}, "ResourceNotFound"),
        ({"ResourceSpec": {"InstanceType": "system"}}, "ValidationException"),
        ({"ResourceSpec": {"LifecycleConfigArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:studio-lifecycle-config/x"}},
         "ValidationException"),
    ],
)  # fmt: skip
def test_what_an_app_can_not_be(studio, change, code):
    private(studio)
    assert refused(studio.ask, "CreateApp", **{**APP, **change}) == code


def test_a_private_space_is_its_owners_alone(studio):
    private(studio)
    start = ("CreateApp",)
    assert refused(ask_as, studio, "bob", "contributor", *start, **APP) == "AccessDeniedException"
    assert refused(ask_as, studio, "root", "admin", *start, **APP) == "AccessDeniedException"
    assert refused(ask_as, studio, "ann", "viewer", *start, **APP) == "AccessDeniedException"
    change = {"DomainId": DOMAIN, "SpaceName": "lab", "SpaceSettings": {}}
    assert refused(ask_as, studio, "bob", "contributor", "UpdateSpace", **change) == "AccessDeniedException"
    assert refused(ask_as, studio, "root", "admin", "UpdateSpace", **change) == "AccessDeniedException"
    # The key of a job or of a shared space may be in other hands than its person's.
    assert refused(ask_as, studio, "ann", "contributor", *start, key="ASIAX", **APP) == "AccessDeniedException"
    ask_as(studio, "ann", "contributor", *start, key="AKIAX", **APP)
    assert refused(ask_as, studio, "bob", "contributor", "DeleteApp", **APP) == "AccessDeniedException"
    ask_as(studio, "root", "admin", "DeleteApp", **APP)


def test_nobody_makes_a_space_for_another(studio):
    private(studio)
    given = {
        "DomainId": DOMAIN, "SpaceName": "trap", "OwnershipSettings": {"OwnerUserProfileName": "ann"},
        "SpaceSharingSettings": {"SharingType": "Private"},
    }  # fmt: skip
    assert refused(ask_as, studio, "bob", "contributor", "CreateSpace", **given) == "AccessDeniedException"


def test_a_shared_space_is_open_to_who_may_run_things(studio):
    studio.ask("CreateSpace", DomainId=DOMAIN, SpaceName="lab")
    ask_as(studio, "bob", "contributor", "CreateApp", **APP)
    assert refused(ask_as, studio, "eve", "viewer", "CreateApp", **APP) == "AccessDeniedException"
    change = {"DomainId": DOMAIN, "SpaceName": "lab", "SpaceSettings": {}}
    assert refused(ask_as, studio, "bob", "contributor", "UpdateSpace", **change) == "AccessDeniedException"


def test_a_script_in_use_stays_and_is_nobody_elses_to_take(studio):
    content = base64.b64encode(b"echo hello").decode()
    made = {"StudioLifecycleConfigName": "start", "StudioLifecycleConfigAppType": "JupyterLab"}
    assert (
        refused(studio.ask, "CreateStudioLifecycleConfig", **made, StudioLifecycleConfigContent="%%")
        == "ValidationException"
    )
    arn = studio.ask("CreateStudioLifecycleConfig", **made, StudioLifecycleConfigContent=content)[
        "StudioLifecycleConfigArn"
    ]
    settings = {"JupyterLabAppSettings": {"DefaultResourceSpec": {"LifecycleConfigArn": arn}}}
    studio.ask("CreateSpace", DomainId=DOMAIN, SpaceName="lab", SpaceSettings=settings)
    gone = {"StudioLifecycleConfigName": "start"}
    assert refused(studio.ask, "DeleteStudioLifecycleConfig", **gone) == "ResourceInUse"
    assert (
        refused(ask_as, studio, "bob", "contributor", "DeleteStudioLifecycleConfig", **gone) == "AccessDeniedException"
    )
    listed = studio.ask("ListStudioLifecycleConfigs", AppTypeEquals="JupyterLab")["StudioLifecycleConfigs"]
    assert [one["StudioLifecycleConfigName"] for one in listed] == ["start"]
