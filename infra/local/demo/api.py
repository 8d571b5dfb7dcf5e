"""Calls the HTTP API: with signatures as the app backend, and with a token as an operator.

Uses the address and the secrets of stack.json. Keeps one connection per thread and address.
Guarantees: a request is sent once; only a refused connection (nothing has reached the API) is
tried again. Every answer of 400 and above becomes `ApiError`, with the problem's field errors.
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

REQUEST_SECONDS = 35  # the gateway gives up after 30
REFUSED_FOR_SECONDS = 10  # how long a restart of the gateway may take
REFUSED_PAUSE_SECONDS = 0.25
IDLE_SECONDS = 2  # after more, the server may be about to close the connection
SECRET_PREFIX = "whsec_"


class ApiUnreachable(Exception):
    """The API sent no readable response: the effect of the request is unknown."""


class ApiError(Exception):
    """An error that the API answered: `code` is its stable name, `problem` the whole body."""

    def __init__(self, method: str, path: str, status: int, problem: dict):
        self.request = f"{method} {path}"
        self.status = status
        self.code = str(problem.get("code") or problem.get("__type") or "")
        self.problem = problem
        super().__init__(self.sentence())

    def sentence(self) -> str:
        detail = (
            self.problem.get("detail") or self.problem.get("title") or self.problem.get("message")
        )
        return (
            f"{self.request} was refused: {self.status} {self.code}: {detail or 'no reason given'}"
        )

    def field_errors(self) -> list[str]:
        """Returns a line for each field, such as "/contacts/phone: is not an E.164 number"."""
        return [
            f"{one.get('field') or '/'}: {one.get('detail') or one.get('code')}"
            for one in self.problem.get("errors") or []
        ]

    def lines(self) -> list[str]:
        """Returns the sentence, the field errors, and the request id to look for in the logs."""
        lines = [self.sentence(), *(f"  {error}" for error in self.field_errors())]
        if self.problem.get("request_id"):
            lines.append(f"  request id {self.problem['request_id']}")
        return lines

    def reason(self) -> str:
        """Returns everything on one line, for lists of refused records."""
        detail = "; ".join(self.field_errors()) or self.problem.get("detail") or "no reason given"
        return f"{self.status} {self.code}: {detail}"


@dataclass(frozen=True)
class HttpResponse:
    """A response that was read to its end."""

    status: int
    headers: dict
    content: bytes

    def document(self) -> dict:
        """Returns the JSON object of the response; any other text is returned as `message`."""
        if not self.content:
            return {}
        try:
            document = json.loads(self.content)
        except ValueError:
            document = None
        if isinstance(document, dict):
            return document
        return {"message": self.content[:200].decode("utf-8", "replace")}


class HttpClient:
    """A keep-alive HTTP client of one address, which several threads can share."""

    def __init__(self, url: str, request_seconds: float = REQUEST_SECONDS):
        parts = urlsplit(url)
        self.secure = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port
        self.root = parts.path.rstrip("/")
        self.request_seconds = request_seconds
        self._thread = threading.local()

    def send(self, method: str, path: str, headers: dict, content: bytes = b"") -> HttpResponse:
        connection = self._connected()
        try:
            connection.request(method, self.root + path, content or None, headers)
            response = connection.getresponse()
            received = HttpResponse(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ApiUnreachable(
                f"{method} {path} got no response from {self.host}: {error!r}"
            ) from error
        self._thread.used_at = time.monotonic()
        return received

    def close(self) -> None:
        """Closes this thread's connection; the next request opens another."""
        connection = getattr(self._thread, "connection", None)
        if connection is not None:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        connection = getattr(self._thread, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
            connection = kind(self.host, self.port, timeout=self.request_seconds)
            self._thread.connection = connection
        elif connection.sock is not None and self._is_stale(connection.sock):
            connection.close()
        if connection.sock is None:
            self._connect(connection)
        return connection

    def _is_stale(self, sock: socket.socket) -> bool:
        """Tells whether the connection was idle for long or the server has closed it."""
        idle = time.monotonic() - self._thread.used_at
        return idle > IDLE_SECONDS or bool(select.select([sock], [], [], 0)[0])

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        deadline = time.monotonic() + REFUSED_FOR_SECONDS
        while True:
            try:
                return connection.connect()
            except ConnectionRefusedError as error:
                if time.monotonic() > deadline:
                    raise ApiUnreachable(f"nothing listens on {self.host}:{self.port}") from error
                time.sleep(REFUSED_PAUSE_SECONDS)
            except OSError as error:
                raise ApiUnreachable(
                    f"cannot connect to {self.host}:{self.port}: {error}"
                ) from error


class AppBackend:
    """The API as the marketplace's app backend calls it: with Standard Webhooks signatures."""

    def __init__(self, api_url: str, key_id: str, secret: str):
        self.http = HttpClient(api_url)
        self.key_id = key_id
        self.key = secret_key(secret)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        message_id = f"msg_{uuid.uuid4().hex}"
        timestamp = str(int(time.time()))
        payload = f"{method} {path}\n".encode() + content
        headers = {
            "webhook-key-id": self.key_id,
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.key, message_id, timestamp, payload),
        }
        if content:
            headers["content-type"] = "application/json"
        return _document_or_error(method, path, self.http.send(method, path, headers, content))

    def put_customer(self, customer_id: str, body: dict) -> dict:
        return self.call("PUT", f"/v1/customers/{_escape_segment(customer_id)}", body)

    def get_customer(self, customer_id: str) -> dict:
        return self.call("GET", f"/v1/customers/{_escape_segment(customer_id)}")

    def post_order(self, body: dict) -> dict:
        return self.call("POST", "/v1/orders", body)

    def get_wallet(self, customer_id: str) -> dict:
        return self.call("GET", f"/v1/customers/{_escape_segment(customer_id)}/vouchers")

    def act_on_voucher(
        self, customer_id: str, voucher_id: str, action: str, body: dict | None = None
    ) -> dict:
        customer, voucher = _escape_segment(customer_id), _escape_segment(voucher_id)
        path = f"/v1/customers/{customer}/vouchers/{voucher}/{action}"
        return self.call("POST", path, body or {})

    def check_out(self, customer_id: str, step: str, body: dict) -> dict:
        """Takes a step of the checkout: quote, hold, release or redeem."""
        path = f"/v1/customers/{_escape_segment(customer_id)}/checkout/{step}"
        return self.call("POST", path, body)


class Operator:
    """The admin API as a signed-in operator calls it; `groups` are the roles in the token."""

    def __init__(self, api_url: str, token: str):
        self.http = HttpClient(api_url)
        self.token = token
        self.groups = _decode_claims(token).get("cognito:groups") or []

    def call(
        self, method: str, path: str, body: dict | None = None, headers: dict | None = None, **query
    ) -> dict:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {"authorization": f"Bearer {self.token}", **(headers or {})}
        if content:
            sent["content-type"] = "application/json"
        given = {name: value for name, value in query.items() if value is not None}
        path = f"{path}?{urlencode(given)}" if given else path
        return _document_or_error(method, path, self.http.send(method, path, sent, content))

    def pages(self, path: str, **query):
        """Yields every item of a paged list; follows the cursor to its end."""
        cursor = None
        while True:
            page = self.call("GET", path, cursor=cursor, **query)
            yield from page.get("items") or []
            cursor = page.get("next_cursor")
            if not cursor:
                return


def sign_in(endpoint_url: str, client_id: str, username: str, password: str) -> str:
    """Returns an access token from Cognito (USER_PASSWORD_AUTH, which needs no AWS keys)."""
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client_id,
        "AuthParameters": {"USERNAME": username, "PASSWORD": password},
    }
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    with closing(HttpClient(endpoint_url)) as http:
        response = http.send("POST", "/", headers, json.dumps(request).encode())
    document = _document_or_error("POST", "/ (InitiateAuth)", response)
    result = document.get("AuthenticationResult") or {}
    if "AccessToken" not in result:
        challenge = document.get("ChallengeName", "no token")
        raise ApiUnreachable(f"sign-in of {username} ended with {challenge} instead of a token")
    return result["AccessToken"]


def find_api_problem(api_url: str) -> str:
    """Returns an empty text if the API serves its OpenAPI document, else what it did instead."""
    try:
        with closing(HttpClient(api_url, request_seconds=10)) as http:
            response = http.send("GET", "/v1/openapi.json", {})
    except ApiUnreachable as error:
        return str(error)
    if response.status != 200:
        return f"GET /v1/openapi.json answered {response.status}"
    return (
        "" if response.document().get("openapi") else "/v1/openapi.json is not an OpenAPI document"
    )


def secret_key(secret: str) -> bytes:
    """Decodes the HMAC key from `whsec_` + base64."""
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def signature(key: bytes, message_id: str, timestamp: str, payload: bytes) -> str:
    """Signs "{id}.{timestamp}.{payload}" as standardwebhooks.com says: `v1,` and an HMAC-SHA256."""
    signed = f"{message_id}.{timestamp}.".encode() + payload
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _document_or_error(method: str, path: str, response: HttpResponse) -> dict:
    if response.status >= 400:
        raise ApiError(method, path, response.status, response.document())
    return response.document()


def _escape_segment(text: str) -> str:
    return quote(text, safe="")


def _decode_claims(token: str) -> dict:
    """Returns the claims of the token without verifying it, for display only."""
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
