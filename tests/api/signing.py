"""Signs requests of the app backend, as docs/api.md describes it, for any client built on httpx."""

import base64
import hashlib
import hmac
import time
import uuid

import httpx

TOLERANCE_SECONDS = 300  # an older signature is refused


def sign(key, message_id, timestamp, payload):
    """Returns the value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + payload
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def decode_secret(secret):
    return base64.b64decode(secret.removeprefix("whsec_"))


class RequestSignature(httpx.Auth):
    """Adds the headers of Standard Webhooks to each request, by the machine's own clock."""

    requires_request_body = True

    def __init__(self, key_id, secret):
        self.key_id, self.key = key_id, decode_secret(secret)

    def auth_flow(self, request):
        message_id, timestamp = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
        path = request.url.raw_path.decode()
        path = path[path.index("/v1/") :]  # what precedes it belongs to the API's address
        payload = f"{request.method} {path}\n".encode() + request.content
        request.headers["webhook-key-id"] = self.key_id
        request.headers["webhook-id"] = message_id
        request.headers["webhook-timestamp"] = timestamp
        request.headers["webhook-signature"] = sign(self.key, message_id, timestamp, payload)
        yield request
