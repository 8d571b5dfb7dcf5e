"""The two ways into the HTTP API: signed as the app backend, and with a token as an operator.

Reads the address and the secrets of stack.json. Keeps one connection per thread and address.
Guarantees: a request is sent once; only a refused connection (nothing has reached the API) is
tried again. Every answer of 400 and above becomes `Refused`, with the problem's field errors.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import select
import socket
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from clock import Clock

REQUEST_SECONDS = 35  # the gateway gives up after 30
REFUSED_FOR_SECONDS = 10  # how long a restart of the gateway may take
REFUSED_PAUSE_SECONDS = 0.25
IDLE_SECONDS = 2  # then a server may be about to close the connection: open another
SECRET_PREFIX = "whsec_"


class Unreachable(Exception):
    """No answer, or none that can be read: whether the request had an effect is not known."""


class Refused(Exception):
    """The API answered with an error. `code` is the stable name, `problem` the whole body."""

    def __init__(self, method: str, path: str, status: int, problem: dict):
        self.request = f"{method} {path}"
        self.status = status
        self.code = str(problem.get("code") or problem.get("__type") or "")
        self.problem = problem
        super().__init__(self.sentence())

    def sentence(self) -> str:
        says = (
            self.problem.get("detail") or self.problem.get("title") or self.problem.get("message")
        )
        return f"{self.request} was refused: {self.status} {self.code}: {says or 'no reason given'}"

    def field_errors(self) -> list[str]:
        """One line per field the API names, such as "/contacts/phone: is not an E.164 number"."""
        return [
            f"{one.get('field') or '/'}: {one.get('detail') or one.get('code')}"
            for one in self.problem.get("errors") or []
        ]

    def lines(self) -> list[str]:
        """For people: the sentence, the field errors, and what to look for in the logs."""
        lines = [self.sentence(), *(f"  {error}" for error in self.field_errors())]
        if self.problem.get("request_id"):
            lines.append(f"  request id {self.problem['request_id']}")
        return lines

    def reason(self) -> str:
        """For lists of refused records: everything on one line."""
        says = "; ".join(self.field_errors()) or self.problem.get("detail") or "no reason given"
        return f"{self.status} {self.code}: {says}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    content: bytes

    def document(self) -> dict:
        """The JSON object of the answer; an answer that is none is kept as `message`."""
        if not self.content:
            return {}
        try:
            parsed = json.loads(self.content)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict):
            return parsed
        return {"message": self.content[:200].decode("utf-8", "replace")}


class Wire:
    """Keep-alive HTTP to one address; safe to use from several threads."""

    def __init__(self, url: str, request_seconds: float = REQUEST_SECONDS):
        parts = urlsplit(url)
        self.secure = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port
        self.root = parts.path.rstrip("/")
        self.request_seconds = request_seconds
        self._own = threading.local()

    def send(self, method: str, path: str, headers: dict, content: bytes = b"") -> Answer:
        connection = self._connected()
        try:
            connection.request(method, self.root + path, content or None, headers)
            answer = connection.getresponse()
            received = Answer(answer.status, dict(answer.getheaders()), answer.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(
                f"{method} {path} got no answer from {self.host}: {error!r}"
            ) from error
        self._own.used_at = time.monotonic()
        return received

    def close(self) -> None:
        """Ends this thread's connection; the next request opens another."""
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
            connection = kind(self.host, self.port, timeout=self.request_seconds)
            self._own.connection = connection
        elif connection.sock is not None and self._is_stale(connection.sock):
            connection.close()
        if connection.sock is None:
            self._connect(connection)
        return connection

    def _is_stale(self, sock: socket.socket) -> bool:
        """Unused for long, or with something to read: the peer closed, nothing was asked."""
        idle = time.monotonic() - self._own.used_at
        return idle > IDLE_SECONDS or bool(select.select([sock], [], [], 0)[0])

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        deadline = time.monotonic() + REFUSED_FOR_SECONDS
        while True:
            try:
                return connection.connect()
            except ConnectionRefusedError as error:
                if time.monotonic() > deadline:
                    raise Unreachable(f"nothing listens on {self.host}:{self.port}") from error
                time.sleep(REFUSED_PAUSE_SECONDS)
            except OSError as error:
                raise Unreachable(f"cannot connect to {self.host}:{self.port}: {error}") from error


class AppBackend:
    """The marketplace's app backend: every request carries a Standard Webhooks signature."""

    def __init__(self, api_url: str, secret: str, clock: Clock | None = None):
        self.wire = Wire(api_url)
        self.key = secret_key(secret)
        self.clock = clock or Clock(None)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        message_id = f"msg_{uuid.uuid4().hex}"
        timestamp = str(int(self.clock.now().timestamp()))
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.key, message_id, timestamp, content),
        }
        if content:
            headers["content-type"] = "application/json"
        return _accepted(method, path, self.wire.send(method, path, headers, content))

    def put_customer(self, customer_id: str, body: dict) -> dict:
        return self.call("PUT", f"/v1/customers/{_segment(customer_id)}", body)

    def customer(self, customer_id: str) -> dict:
        return self.call("GET", f"/v1/customers/{_segment(customer_id)}")

    def post_order(self, body: dict) -> dict:
        return self.call("POST", "/v1/orders", body)

    def wallet(self, customer_id: str) -> dict:
        return self.call("GET", f"/v1/customers/{_segment(customer_id)}/vouchers")

    def act(self, customer_id: str, voucher_id: str, action: str, body: dict | None = None) -> dict:
        path = f"/v1/customers/{_segment(customer_id)}/vouchers/{_segment(voucher_id)}/{action}"
        return self.call("POST", path, body or {})


class Operator:
    """A signed-in user of the admin API. `groups` are the roles its token carries."""

    def __init__(self, api_url: str, token: str):
        self.wire = Wire(api_url)
        self.token = token
        self.groups = _claims(token).get("cognito:groups") or []

    def call(
        self, method: str, path: str, body: dict | None = None, headers: dict | None = None, **query
    ) -> dict:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {"authorization": f"Bearer {self.token}", **(headers or {})}
        if content:
            sent["content-type"] = "application/json"
        given = {name: value for name, value in query.items() if value is not None}
        path = f"{path}?{urlencode(given)}" if given else path
        return _accepted(method, path, self.wire.send(method, path, sent, content))

    def pages(self, path: str, **query):
        """Every item of a paged list, following the cursor to its end."""
        cursor = None
        while True:
            page = self.call("GET", path, cursor=cursor, **query)
            yield from page.get("items") or []
            cursor = page.get("next_cursor")
            if not cursor:
                return


def sign_in(endpoint_url: str, client_id: str, username: str, password: str) -> str:
    """The access token of Cognito's InitiateAuth (USER_PASSWORD_AUTH, which needs no AWS keys)."""
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client_id,
        "AuthParameters": {"USERNAME": username, "PASSWORD": password},
    }
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    with closing(Wire(endpoint_url)) as wire:
        answer = wire.send("POST", "/", headers, json.dumps(request).encode())
    document = _accepted("POST", "/ (InitiateAuth)", answer)
    result = document.get("AuthenticationResult") or {}
    if "AccessToken" not in result:
        challenge = document.get("ChallengeName", "no token")
        raise Unreachable(f"sign-in of {username} ended with {challenge} instead of a token")
    return result["AccessToken"]


def openapi_answers(api_url: str) -> str:
    """Empty when the API serves its OpenAPI document, else what it did instead."""
    try:
        with closing(Wire(api_url, request_seconds=10)) as wire:
            answer = wire.send("GET", "/v1/openapi.json", {})
    except Unreachable as error:
        return str(error)
    if answer.status != 200:
        return f"GET /v1/openapi.json answered {answer.status}"
    return "" if answer.document().get("openapi") else "/v1/openapi.json is not an OpenAPI document"


def secret_key(secret: str) -> bytes:
    """The HMAC key inside `whsec_` + base64."""
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def signature(key: bytes, message_id: str, timestamp: str, content: bytes) -> str:
    """standardwebhooks.com: `v1,` and the base64 HMAC-SHA256 of "{id}.{timestamp}.{body}"."""
    signed = f"{message_id}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _accepted(method: str, path: str, answer: Answer) -> dict:
    if answer.status >= 400:
        raise Refused(method, path, answer.status, answer.document())
    return answer.document()


def _segment(text: str) -> str:
    return quote(text, safe="")


def _claims(token: str) -> dict:
    """What the token says, unverified: only for showing it."""
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
