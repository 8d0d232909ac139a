"""The provider's side of the wire, by Authlib: discovery, the code flow with PKCE, and what its signed tokens say.

Called by flow.py only. Nothing a provider or a browser sends is believed before its signature, issuer, audience, time and
nonce are checked. Sources: OpenID Connect Core 1.0, Discovery 1.0, Back-Channel Logout 1.0; RFC 7636.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from httpx2 import HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from studiolo.base.clock import Clock
from studiolo.services.studio.oidc.settings import Settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Signatures by the provider's own key; never `none`, and no shared secrets."""
KEPT_SECONDS = 3600.0
LEEWAY = 60
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
Claims = Mapping[str, Any]


class ProviderError(Exception):
    """The message is for the log; it holds no code and no token."""


class Provider:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._known: tuple[float, Mapping[str, Any]] | None = None
        self._keys: KeySet | None = None
        self._lock = asyncio.Lock()

    def _client(self, redirect: str | None = None, method: str | None = None) -> Any:
        """Authlib knows httpx2 by one of two names, which type checkers can't follow."""
        return AsyncOAuth2Client(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            token_endpoint_auth_method=method,
            scope=self._settings.scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=10,
        )

    async def _get(self, url: str) -> Mapping[str, Any]:
        try:
            async with self._client() as client:
                answer = await client.request("GET", url, withhold_token=True)
                answer.raise_for_status()
                document = answer.json()
        except (HTTPError, ValueError) as error:
            raise ProviderError(f"{url}: {error}") from error
        if not isinstance(document, dict):
            raise ProviderError(f"{url} is no JSON object")
        return document

    async def _about(self) -> Mapping[str, Any]:
        """The discovery document."""
        async with self._lock:
            if self._known is None or self._clock() - self._known[0] > KEPT_SECONDS:
                issuer = self._settings.issuer
                about = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if about.get("issuer") != issuer:
                    raise ProviderError(f"the provider calls itself {about.get('issuer')!r}, not {issuer!r}")
                self._known = (self._clock(), about)
            return self._known[1]

    async def _decoded(self, token: str) -> jwt.Token:
        """Its signature is right. The keys are fetched again once where the token's key is not among them."""
        about = await self._about()
        for fresh in (False, True):
            if self._keys is None or fresh:
                try:
                    self._keys = KeySet.import_key_set(await self._get(about["jwks_uri"]))  # pyright: ignore[reportArgumentType]
                except (JoseError, KeyError, ValueError) as error:
                    raise ProviderError(f"the provider's keys: {error}") from error
            try:
                return jwt.decode(token, self._keys, ALGORITHMS)
            except (JoseError, ValueError) as error:
                refused = error
        raise ProviderError(f"the token's signature: {refused}") from refused

    async def authorization(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """The address of the provider's sign-in page."""
        endpoint = (await self._about()).get("authorization_endpoint")
        if not endpoint:
            raise ProviderError("the discovery document names no authorization_endpoint")
        async with self._client(redirect) as client:
            url, _ = client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return str(url)

    async def claims(self, redirect: str, code: str, nonce: str, verifier: str) -> Claims:
        """Of the person the provider sent here with a code."""
        about = await self._about()
        methods = about.get("token_endpoint_auth_methods_supported", ("client_secret_basic",))
        by_post = "client_secret_basic" not in methods and "client_secret_post" in methods
        method = "none" if self._settings.client_secret is None else "client_secret_post" if by_post else None
        try:
            async with self._client(redirect, method) as client:
                token = await client.fetch_token(about["token_endpoint"], code=code, code_verifier=verifier)
                claims = await self._id_token(token, nonce)
                if self._settings.groups_claim not in claims and about.get("userinfo_endpoint"):
                    answer = await client.get(about["userinfo_endpoint"])
                    answer.raise_for_status()
                    more = answer.json()
                    # Its signature is the connection's; that it speaks of the same person must be seen.
                    if more.get("sub") != claims["sub"]:
                        raise ProviderError("userinfo speaks of somebody else")
                    claims = {**more, **claims}
        except (AuthlibBaseError, HTTPError, KeyError, ValueError, AttributeError) as error:
            raise ProviderError(f"the code was not exchanged: {error}") from error
        return claims

    async def _id_token(self, answer: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        token = await self._decoded(str(answer.get("id_token", "")))
        params = {"nonce": nonce, "client_id": self._settings.client_id, "access_token": answer.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, self._expected(), params)
        claims.validate(int(self._clock()), LEEWAY)
        return dict(token.claims)

    def _expected(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
        }

    async def signed_out(self, token: str) -> Claims:
        """What a logout token says: its `sub`, its `sid`, or both."""
        decoded = await self._decoded(token)
        claims = decoded.claims
        try:
            CodeIDToken({"exp": self._clock() + 1, "sub": "", **claims}, decoded.header, self._expected(), {}).validate(
                int(self._clock()), LEEWAY
            )
        except AuthlibBaseError as error:
            raise ProviderError(f"the logout token: {error}") from error
        events = claims.get("events")
        if not isinstance(events, dict) or LOGOUT not in events or "nonce" in claims:
            raise ProviderError("this is no logout token")
        if not claims.get("sub") and not claims.get("sid"):
            raise ProviderError("the logout token names nobody")
        return claims
