"""Sign-in by OpenID Connect: to the provider and back. Implements services/sign_on.py for the server.

What must survive the way there and back (state, nonce, PKCE verifier) is kept by the browser, so a restarted studio goes on
with a sign-in that was begun before.
"""

import base64
import binascii
import hmac
import logging
import secrets
from collections.abc import Mapping

import orjson

from studiolo.base.clock import Clock
from studiolo.services.identity import SignInRefused
from studiolo.services.sign_on import Begun, SignedOn, SingleSignOn
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.oidc.people import Persons
from studiolo.services.studio.oidc.provider import Provider, ProviderError
from studiolo.services.studio.oidc.settings import Settings
from studiolo.store.protocol import Store

log = logging.getLogger(__name__)
AGAIN = "The sign-in was not finished. Try again."


class OidcSignOn(SingleSignOn):
    def __init__(self, settings: Settings, store: Store, accounts: Accounts, clock: Clock) -> None:
        self.label = settings.label
        self._provider = Provider(settings, clock)
        self._persons = Persons(settings, store, accounts, clock)

    async def begin(self, redirect: str, next: str, connect: bool) -> Begun:
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        try:
            url = await self._provider.authorization(redirect, state, nonce, verifier)
        except ProviderError as error:
            log.warning("single sign-on: %s", error)
            raise SignInRefused(
                f"{self.label} does not answer as it should. Try again, or ask an administrator."
            ) from None
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "next": safe_path(next), "connect": connect}
        return Begun(url, base64.urlsafe_b64encode(orjson.dumps(kept)).decode())

    async def finish(self, redirect: str, query: Mapping[str, str], remembered: str, user: str | None) -> SignedOn:
        kept = _remembered(remembered)
        if not hmac.compare_digest(query.get("state", "").encode(), str(kept["state"]).encode()):
            raise SignInRefused(AGAIN)
        if "error" in query:
            reason = query.get("error_description") or query["error"]
            raise SignInRefused(f"{self.label} refused: {reason[:200]}")
        if kept["connect"] and user is None:
            raise SignInRefused("Sign in with your password first, then connect.")
        try:
            claims = await self._provider.claims(redirect, query.get("code", ""), kept["nonce"], kept["verifier"])
        except ProviderError as error:
            log.warning("single sign-on: %s", error)
            raise SignInRefused(f"{self.label} did not confirm the sign-in. Try again.") from None
        cookie = self._persons.sign_in(claims, user if kept["connect"] else None)
        return SignedOn(cookie, safe_path(kept["next"]))

    async def signed_out_there(self, token: str) -> None:
        try:
            claims = await self._provider.signed_out(token)
        except ProviderError as error:
            log.warning("single sign-on, signing out: %s", error)
            raise SignInRefused("This is no logout token of the provider.") from None
        ended = self._persons.end_sessions(claims.get("sub"), claims.get("sid"))
        log.info("single sign-on: the provider ended %d sessions", ended)

    def connected(self, user: str) -> bool:
        return self._persons.connected(user)


def safe_path(path: str) -> str:
    """Only pages of this studio, so that a link can't send a person elsewhere after signing in."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


def _remembered(text: str) -> dict[str, str]:
    try:
        kept = orjson.loads(base64.urlsafe_b64decode(text))
        return {name: kept[name] for name in ("state", "nonce", "verifier", "next", "connect")}
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise SignInRefused(AGAIN) from None
