"""The browser's side: sign-in, the session's cookie, protection against foreign pages, and the way to the same services.

There is no second API for screens: `/api/<service>` is the AWS wire with a cookie in place of a signature.
"""

import ipaddress
import logging
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from studiolo import __version__
from studiolo.base.arn import REGION
from studiolo.base.config import Config
from studiolo.server import events, sign_on
from studiolo.server.aws import AwsWire
from studiolo.server.body import Receive, read_all
from studiolo.server.open_inference import OpenInferenceDoor
from studiolo.server.sign_on import SignOnPages
from studiolo.services.identity import Identity, SessionUser, SignInRefused
from studiolo.services.presence import Presence
from studiolo.services.request import Caller
from studiolo.services.sign_on import SingleSignOn
from studiolo.store.protocol import Store
from studiolo.wire.http import Request, Response

log = logging.getLogger(__name__)
COOKIE = "studiolo_session"
SERVICES = {"runtime": "sagemaker-runtime"}
"""Names of the browser's own; every other service goes by botocore's."""


def _json(status: int, document: Mapping[str, Any], **headers: str) -> Response:
    named = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(
        status, named | {name.replace("_", "-"): value for name, value in headers.items()}, orjson.dumps(document)
    )


def _error(status: int, code: str, message: str, **headers: str) -> Response:
    return _json(status, {"__type": code, "message": message}, **headers)


def _cookie(request: Request, name: str = COOKIE) -> str | None:
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


class Browser:
    def __init__(
        self,
        wire: AwsWire,
        identity: Identity,
        store: Store,
        config: Config,
        provider: SingleSignOn | None = None,
        presence: Presence | None = None,
        models: OpenInferenceDoor | None = None,
    ) -> None:
        self._presence = presence
        self._models = models
        self._wire = wire
        self._identity = identity
        self._store = store
        self._config = config
        self._operations = wire.operations()
        self._sign_on = provider
        self._sign_on_pages = SignOnPages(provider, config) if provider else None
        self._public_host = urlsplit(config.public).hostname if config.public else None

    def _set_cookie(self, value: str) -> str:
        age = 14 * 86400 if value else 0
        secure = "; Secure" if self._config.address.startswith("https:") else ""
        return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"

    def cookie(self, request: Request) -> str | None:
        return _cookie(request)

    def host_is_ours(self, request: Request) -> bool:
        """Against DNS rebinding: a foreign name that resolves to this machine is not this studio."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if host in ("localhost", self._config.host, self._public_host) or host.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return self._config.host in ("0.0.0.0", "::")
        return True

    def same_origin(self, request: Request) -> bool:
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is not None:
            return site in ("same-origin", "none")
        if origin is not None:
            return urlsplit(origin).netloc == request.headers.get("host")
        # Neither header: no browser of this decade. A session cookie alone does not do.
        return False

    async def __call__(self, request: Request, receive: Receive, request_id: str, address: str) -> Response:
        if not self.host_is_ours(request):
            return _error(403, "AccessDenied", "This address is not the studio's own.")
        if request.raw_path.startswith(sign_on.PREFIX):
            return await self._single_sign_on(request, receive)
        if request.method not in ("GET", "HEAD") and not self.same_origin(request):
            return _error(403, "AccessDenied", "Requests from other sites are not accepted.")
        if request.raw_path == "/signin":
            return await self._follow_link(request)
        if request.raw_path == "/api/session":
            return await self._session(request, receive, address)
        cookie = _cookie(request)
        user = self._identity.session(cookie) if cookie else None
        if user is None:
            return _error(401, "NotSignedIn", "Sign in first.")
        # The stream of changes is read; calls of EventBridge, which goes by the same name, are posted.
        if request.raw_path == "/api/events" and request.method != "POST":
            return self._events(request, user)
        if self._models is not None and request.method == "GET" and request.raw_path.startswith("/api/v2/models/"):
            # What a model takes, so that a page's first request to it is one that it can answer.
            request.raw_path = request.raw_path.removeprefix("/api")
            return await self._models(request, receive, request_id, self._caller(request, user))
        return await self._service(request, receive, request_id, user)

    async def _single_sign_on(self, request: Request, receive: Receive) -> Response:
        pages, path = self._sign_on_pages, request.raw_path
        if pages is None:
            return _error(
                404, "NotFound", "This studio has no single sign-on: see STUDIOLO_OIDC_ISSUER in the settings."
            )
        if path == sign_on.LOGOUT and request.method == "POST":
            return await pages.logout(receive)
        if path == sign_on.START and request.method == "GET":
            return await pages.start(request, request.first("connect") == "1" and self.same_origin(request))
        if path == sign_on.CALLBACK and request.method == "GET":
            cookie = _cookie(request)
            user = self._identity.session(cookie) if cookie else None
            query = {name: values[0] for name, values in request.query.items()}
            remembered = _cookie(request, sign_on.COOKIE) or ""
            response, session = await pages.callback(query, remembered, user.user if user else None)
            if session is not None:
                response.headers["set-cookie"] = self._set_cookie(session)
            return response
        return _error(404, "NotFound", "There is no such page.")

    async def _follow_link(self, request: Request) -> Response:
        try:
            cookie = await self._identity.sign_in_by_token(request.first("token") or "")
        except SignInRefused:
            return Response(303, {"location": "/?signin=expired", "cache-control": "no-store"})
        to = request.first("to") or ""
        # Nowhere but to a page of ours.
        where = to if to.startswith(("/spaces", "/mlflow/")) and "\\" not in to and "//" not in to else "/"
        return Response(303, {"location": where, "set-cookie": self._set_cookie(cookie), "cache-control": "no-store"})

    def _document(self, user: SessionUser, caller: Caller) -> dict[str, Any]:
        projects = [{"account": one.account, "name": one.name, "role": one.role} for one in user.projects]
        return {
            "user": user.user,
            "studioAdmin": user.studio_admin,
            "projects": projects,
            "project": next((one for one in projects if one["account"] == caller.project), None),
            "region": REGION,
            "version": __version__,
            "endpoint": self._config.address,
            "signOn": {"label": self._sign_on.label, "connected": self._sign_on.connected(user.user)}
            if self._sign_on
            else None,
            "operations": self._operations,
        }

    async def _session(self, request: Request, receive: Receive, address: str) -> Response:
        cookie = _cookie(request)
        if request.method == "DELETE":
            if cookie:
                self._identity.sign_out(cookie)
            return _json(200, {}, set_cookie=self._set_cookie(""))
        if request.method == "POST":
            try:
                cookie = await self._sign_in(await read_all(receive, None, 64 * 1024), address)
            except SignInRefused as refused:
                wait = {"retry_after": str(refused.retry_after)} if refused.retry_after else {}
                return _error(429 if wait else 401, "SignInRefused", refused.message, **wait)
        user = self._identity.session(cookie) if cookie else None
        if user is None:
            signs_on = {"signOn": self._sign_on.label} if self._sign_on else {}
            return _json(401, {"__type": "NotSignedIn", "message": "Sign in first.", **signs_on})
        extra = {"set_cookie": self._set_cookie(cookie)} if request.method == "POST" and cookie else {}
        return _json(200, self._document(user, self._caller(request, user)), **extra)

    async def _sign_in(self, body: bytes, address: str) -> str:
        try:
            given = orjson.loads(body)
            fields = {name: str(given.get(name) or "") for name in ("user", "password", "token", "invitation")}
        except (ValueError, AttributeError) as error:
            raise SignInRefused("Send a JSON object with user and password.") from error
        if fields["invitation"]:
            return await self._identity.accept_invitation(
                fields["invitation"], fields["user"], fields["password"], address
            )
        if fields["token"]:
            return await self._identity.sign_in_by_token(fields["token"])
        return await self._identity.sign_in(fields["user"], fields["password"], address)

    def _caller(self, request: Request, user: SessionUser) -> Caller:
        wanted = request.headers.get("x-studio-project") or request.first("x-studio-project")
        for one in user.projects:
            if wanted in (None, "", one.account):
                return Caller(user.user, one.account, one.role, user.studio_admin, session=user.id)
        return Caller(user.user, "", "viewer", user.studio_admin, session=user.id)

    def _events(self, request: Request, user: SessionUser) -> Response:
        since = request.headers.get("last-event-id") or request.first("since") or ""
        tab = (request.first("tab") or "")[:64]
        listener = events.Listener(self._caller(request, user).project, user.user, tab, user.id)
        body = events.stream(self._store, listener, int(since) if since.isdecimal() else None, self._presence)
        headers = {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"}
        return Response(200, headers, body)

    async def _service(self, request: Request, receive: Receive, request_id: str, user: SessionUser) -> Response:
        name, _, rest = request.raw_path.removeprefix("/api/").partition("/")
        service = name if name in self._operations else SERVICES.get(name)
        if service is None:
            return _error(404, "NotFound", f"There is no API named {quote(name)}.")
        request.raw_path = f"/{rest}"
        response = await self._wire(request, receive, request_id, self._caller(request, user), service)
        response.headers.setdefault("cache-control", "no-store")
        if service == "s3":
            # What users stored is data, never a page of this origin: no script of it may run.
            response.headers |= {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                                 "x-content-type-options": "nosniff"}  # fmt: skip
        return response
