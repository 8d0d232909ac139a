"""The three addresses of single sign-on, on the way to and from an identity provider. Called by browser.py."""

from collections.abc import Mapping
from urllib.parse import parse_qs, quote

from studiolo.base.config import Config
from studiolo.server.body import Receive, read_all
from studiolo.services.identity import SignInRefused
from studiolo.services.sign_on import SingleSignOn
from studiolo.wire.http import Request, Response

PREFIX = "/oidc/"
START, CALLBACK, LOGOUT = "/oidc/start", "/oidc/callback", "/oidc/backchannel-logout"
COOKIE = "studiolo_sign_on"
SECONDS = 600


def _away(location: str, cookie: str | None = None) -> Response:
    headers = {"location": location, "cache-control": "no-store"}
    return Response(303, headers if cookie is None else {**headers, "set-cookie": cookie})


def _refused(message: str) -> Response:
    return _away(f"/?refused={quote(message)}")


class SignOnPages:
    def __init__(self, sign_on: SingleSignOn, config: Config) -> None:
        self._sign_on = sign_on
        self._config = config

    def _redirect(self) -> str:
        return f"{self._config.address}{CALLBACK}"

    async def start(self, request: Request, connect: bool) -> Response:
        try:
            begun = await self._sign_on.begin(self._redirect(), request.first("next") or "/", connect)
        except SignInRefused as refused:
            return _refused(refused.message)
        secure = "; Secure" if self._config.address.startswith("https:") else ""
        cookie = f"{COOKIE}={begun.remembered}; Path={PREFIX}; HttpOnly; SameSite=Lax; Max-Age={SECONDS}{secure}"
        return _away(begun.url, cookie)

    async def callback(
        self, query: Mapping[str, str], remembered: str, user: str | None
    ) -> tuple[Response, str | None]:
        """Where to go, and the new session."""
        try:
            done = await self._sign_on.finish(self._redirect(), query, remembered, user)
        except SignInRefused as refused:
            return _refused(refused.message), None
        return _away(done.next), done.cookie

    async def logout(self, receive: Receive) -> Response:
        """By the provider itself: no browser, no cookie, only the token's signature."""
        body = parse_qs((await read_all(receive, None, 64 * 1024)).decode("utf-8", "replace"))
        try:
            await self._sign_on.signed_out_there(body.get("logout_token", [""])[0])
        except SignInRefused:
            return Response(
                400, {"cache-control": "no-store", "content-type": "application/json"}, b'{"error":"invalid_request"}'
            )
        return Response(200, {"cache-control": "no-store"})
