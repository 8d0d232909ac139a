import pytest

from studiolo.services.studio.oidc.flow import safe_path
from studiolo.services.studio.oidc.groups import Mapped, groups_of, rights
from studiolo.services.studio.oidc.settings import BadSettings, read

ISSUER = {"STUDIOLO_OIDC_ISSUER": "https://id.example", "STUDIOLO_OIDC_CLIENT_ID": "studio"}


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/jobs?x=1", "/jobs?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"), ("", "/"), ("/a\nb", "/")],
)  # fmt: skip
def test_only_pages_of_the_studio_are_gone_on_with(path, kept):
    assert safe_path(path) == kept


def test_the_highest_role_counts_and_no_group_opens_nothing():
    table = [
        Mapped("a", "1", "contributor"),
        Mapped("b", "1", "viewer"),
        Mapped("b", "2", "admin"),
        Mapped("root", None, "admin"),
    ]
    both = rights(frozenset({"a", "b"}), table)
    assert (both.roles, both.studio_admin) == ({"1": "contributor", "2": "admin"}, False)
    assert rights(frozenset({"root"}), table).studio_admin
    assert rights(frozenset(), table).roles == {}


@pytest.mark.parametrize(
    ("claims", "groups"),
    [({"groups": ["a", "b"]}, {"a", "b"}), ({"groups": "a"}, {"a"}), ({}, set()), ({"groups": {"a": 1}}, set())],
)
def test_groups_are_read_as_providers_send_them(claims, groups):
    assert groups_of(claims, "groups") == groups


def test_settings_come_from_the_environment(tmp_path):
    assert read({"PATH": "/bin"}) is None
    secret = tmp_path / "secret"
    secret.write_text("hidden\n")
    held = read({**ISSUER, "STUDIOLO_OIDC_CLIENT_SECRET_FILE": str(secret), "STUDIOLO_OIDC_SESSION_HOURS": "2"})
    assert held is not None
    assert (held.client_secret, held.session_seconds, held.scopes) == ("hidden", 7200, "openid profile email")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"STUDIOLO_OIDC_ISSUER": "https://id.example"}, "CLIENT_ID"),
        ({**ISSUER, "STUDIOLO_OIDC_ISSUER": "http://id.example"}, "https"),
        ({**ISSUER, "STUDIOLO_OIDC_SESSION_HOURS": "soon"}, "SESSION_HOURS"),
        ({**ISSUER, "STUDIOLO_OIDC_CLIENT_SECRET_FILE": "/nowhere/at/all"}, "CLIENT_SECRET_FILE"),
    ],
)
def test_what_is_half_told_is_refused_by_name(given, named):
    with pytest.raises(BadSettings, match=named):
        read(given)
