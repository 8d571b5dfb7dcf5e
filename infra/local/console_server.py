"""Serves the console on this machine: one origin for its files, its configuration and the API.

    console_server.py --port 4590 --stack .local/stack.json

Reads `console/dist` and the stack's `stack.json`; writes nothing. `/api/...` is forwarded to the
API, `/pictures/...` to the distribution of uploaded pictures, `/config.json` tells the console
where to sign in, `/assets/...` are files and nothing else, and every other path gets the console's
page, which routes by itself. Uses the standard library alone. On AWS, CloudFront and S3 do the same
(infra/console.yaml, template.yaml).
"""

import argparse
import http.client
import json
import mimetypes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

DIST = Path(__file__).resolve().parents[2] / "console" / "dist"
API_SECONDS = 35  # the gateway gives up after 30
MAX_BODY = 10 * 1024 * 1024  # as the gateway
REQUEST_HEADERS = ("authorization", "content-type", "accept", "if-match", "idempotency-key")
RESPONSE_HEADERS = (
    "content-type",
    "cache-control",
    "content-security-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "x-content-type-options",
    "etag",
    "location",
    "retry-after",
    "x-next-cursor",
    "content-disposition",
)


class ConsoleHandler(BaseHTTPRequestHandler):
    """Answers one request from the files, from `stack.json` or by forwarding it to the API."""

    protocol_version = "HTTP/1.1"
    stack = None

    def _handle(self):
        path = urlsplit(self.path).path
        if path.startswith("/api/"):
            return self._forward_to_api()
        if self.command not in ("GET", "HEAD"):
            return self._send(405, b"", {})
        if path.startswith("/pictures/"):
            return self._forward_to_pictures(path)
        if path == "/healthz":
            return self._send(200, b"ok", {"content-type": "text/plain"})
        if path == "/config.json":
            return self._send(
                200,
                json.dumps(console_configuration(self.read_facts())).encode(),
                {"content-type": "application/json", "cache-control": "no-store"},
            )
        return self._send_file(path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def read_facts(self):
        return json.loads(self.stack.read_text())

    def _forward_to_pictures(self, path):
        """Asks the local CloudFront, which knows its distributions by the host's name."""
        facts = self.read_facts()
        headers = {"host": facts["pictures_domain"], "x-forwarded-proto": "https"}
        self._forward(urlsplit(facts["endpoint_url"]), path, None, headers)

    def _forward_to_api(self):
        facts = self.read_facts()
        api = urlsplit(facts["api_url"])
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY:
            return self._send(413, b"", {})
        body = self.rfile.read(length) if length else None
        headers = {name: self.headers[name] for name in REQUEST_HEADERS if self.headers.get(name)}
        self._forward(api, api.path + self.path.removeprefix("/api"), body, headers)

    def _forward(self, server, path, body, headers):
        upstream = http.client.HTTPConnection(server.hostname, server.port, timeout=API_SECONDS)
        try:
            upstream.request(self.command, path, body=body, headers=headers)
            response = upstream.getresponse()
            content = response.read()
            received = response.headers
            forwarded = {name: received[name] for name in RESPONSE_HEADERS if received.get(name)}
            self._send(response.status, content, forwarded)
        except OSError:
            problem = (
                b'{"title":"Bad Gateway","status":502,"code":"unavailable",'
                b'"detail":"the API does not answer"}'
            )
            self._send(502, problem, {"content-type": "application/problem+json"})
        finally:
            upstream.close()

    def _send_file(self, path):
        file = (DIST / path.lstrip("/")).resolve()
        if not file.is_relative_to(DIST) or not file.is_file():
            if path.startswith("/assets/"):
                return self._send(404, b"", {})
            file = DIST / "index.html"
        if not file.is_file():
            return self._send(
                503, b"the console is not built: make console\n", {"content-type": "text/plain"}
            )
        content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        cache = "public, max-age=31536000, immutable" if path.startswith("/assets/") else "no-cache"
        headers = {"content-type": content_type, "cache-control": cache}
        self._send(200, file.read_bytes(), headers | security_headers(self.read_facts()))

    def _send(self, status, content, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        """Logs nothing: the API has its own log."""


def console_configuration(facts):
    """Returns `/config.json`, which the console loads first.

    The local Cognito serves the sign-in pages at its gateway and names its issuer as AWS does.
    """
    sign_in = facts["endpoint_url"]
    issuer = f"https://cognito-idp.{facts['region']}.amazonaws.com/{facts['user_pool_id']}"
    return {
        "api": "/api",
        "currency": facts["parameters"]["Currency"],
        "ahead_ms": clock_ahead_ms(facts),
        "oidc": {
            "authority": issuer,
            "client_id": facts["client_id"],
            "sign_out": f"{sign_in}/logout",
            "metadata": {
                "issuer": issuer,
                "authorization_endpoint": f"{sign_in}/oauth2/authorize",
                "token_endpoint": f"{sign_in}/oauth2/token",
                "jwks_uri": f"{sign_in}/{facts['user_pool_id']}/.well-known/jwks.json",
            },
        },
    }


def clock_ahead_ms(facts):
    """Returns the milliseconds by which `make later` moved this stack's clock ahead.

    With them "today" is the same day in the console and in the functions.
    """
    try:
        return int(float(Path(facts["clock_file"]).read_text()))
    except (OSError, ValueError):
        return 0


def security_headers(facts):
    return {
        "content-security-policy": "default-src 'self'; script-src 'self'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' https: data:; "
        f"connect-src 'self' {facts['endpoint_url']}; frame-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stack", type=Path, required=True)
    options = parser.parse_args()
    ConsoleHandler.stack = options.stack
    ThreadingHTTPServer(("127.0.0.1", options.port), ConsoleHandler).serve_forever()


if __name__ == "__main__":
    main()
