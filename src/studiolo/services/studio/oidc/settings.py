"""What the studio is told of its OpenID Connect provider, from the environment. Called by cli/wiring.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "STUDIOLO_OIDC_"
SCOPES = "openid profile email"
USER_CLAIMS = ("preferred_username", "email")
GROUPS_CLAIM = "groups"
LABEL = "single sign-on"


class BadSettings(Exception):
    """The message says which variable, and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    issuer: str
    """As the provider's discovery document names it."""
    client_id: str
    client_secret: str | None
    """None: a public client, proven by PKCE alone."""
    scopes: str = SCOPES
    user_claims: tuple[str, ...] = USER_CLAIMS
    """The first that is there names a new user."""
    groups_claim: str = GROUPS_CLAIM
    label: str = LABEL
    session_seconds: float = 12 * 3600.0
    """After which the provider is asked again."""


def read(environ: Mapping[str, str]) -> Settings | None:
    """None where no provider is named. Raises BadSettings."""
    given = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX) and value}
    if not given:
        return None
    for needed in ("ISSUER", "CLIENT_ID"):
        if needed not in given:
            raise BadSettings(f"{PREFIX}{needed} is missing: single sign-on needs the issuer and the client id.")
    issuer = urlsplit(given["ISSUER"])
    local = issuer.hostname in ("localhost", "127.0.0.1", "::1")
    if issuer.scheme != "https" and not (issuer.scheme == "http" and local):
        raise BadSettings(f"{PREFIX}ISSUER must be an https address: it vouches for who people are.")
    try:
        hours = float(given.get("SESSION_HOURS", "12"))
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 365:
        raise BadSettings(f"{PREFIX}SESSION_HOURS must be a number of hours, as 12.")
    user_claim = given.get("USER_CLAIM")
    return Settings(
        given["ISSUER"],
        given["CLIENT_ID"],
        _secret(given),
        given.get("SCOPES", SCOPES),
        (user_claim,) if user_claim else USER_CLAIMS,
        given.get("GROUPS_CLAIM", GROUPS_CLAIM),
        given.get("LABEL", LABEL),
        hours * 3600,
    )


def _secret(given: Mapping[str, str]) -> str | None:
    if "CLIENT_SECRET_FILE" not in given:
        return given.get("CLIENT_SECRET")
    try:
        return Path(given["CLIENT_SECRET_FILE"]).read_text().strip()
    except OSError as error:
        raise BadSettings(f"{PREFIX}CLIENT_SECRET_FILE can't be read: {error.strerror}.") from error
