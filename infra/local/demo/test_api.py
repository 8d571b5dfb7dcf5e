"""Tests of signatures, errors and connections, with the published vector and a small server."""

import http.server
import json
import select
import threading
import unittest

from api import (
    ApiError,
    ApiUnreachable,
    AppBackend,
    HttpClient,
    Operator,
    secret_key,
    signature,
)

# The vector that the Standard Webhooks libraries share.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = "1614265330"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class ScriptedHandler(http.server.BaseHTTPRequestHandler):
    """Answers as `script` prescribes and records the requests."""

    protocol_version = "HTTP/1.1"
    script: list[tuple[int, dict, bool]] = []
    asked: list[tuple[str, str, dict, bytes]] = []

    def do_GET(self):
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        ScriptedHandler.asked.append((self.command, self.path, headers, content))
        status, document, closes_connection = ScriptedHandler.script.pop(0)
        answer = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = closes_connection

    do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


class ApiTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ScriptedHandler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/stage"
        ScriptedHandler.script, ScriptedHandler.asked = [], []

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()


class Signing(unittest.TestCase):
    def test_matches_the_published_vector(self):
        self.assertEqual(signature(secret_key(SECRET), MESSAGE_ID, TIMESTAMP, BODY), SIGNATURE)

    def test_changes_with_every_part(self):
        key = secret_key(SECRET)
        for changed in (
            signature(key, MESSAGE_ID + "x", TIMESTAMP, BODY),
            signature(key, MESSAGE_ID, "1614265331", BODY),
            signature(key, MESSAGE_ID, TIMESTAMP, BODY + b" "),
            signature(key[:-1], MESSAGE_ID, TIMESTAMP, BODY),
        ):
            self.assertNotEqual(changed, SIGNATURE)

    def test_takes_a_secret_of_letters_and_digits(self):
        self.assertEqual(len(secret_key("whsec_" + "aB3d" * 11)), 33)


class Calls(ApiTest):
    def operator(self) -> Operator:
        operator = Operator(self.url, "a.b.c")
        self.addCleanup(operator.http.close)
        return operator

    def test_signs_what_it_sends(self):
        ScriptedHandler.script = [(200, {"ok": True}, False), (200, {}, False)]
        app = AppBackend(self.url, "first", SECRET)
        self.addCleanup(app.http.close)
        self.assertEqual(app.put_customer("a/b é", {"name": "Zoé"}), {"ok": True})
        app.get_wallet("c-1")
        for method, path, headers, content in ScriptedHandler.asked:
            payload = f"{method} {path.removeprefix('/stage')}\n".encode() + content
            signed = signature(
                secret_key(SECRET), headers["webhook-id"], headers["webhook-timestamp"], payload
            )
            self.assertEqual(headers["webhook-signature"], signed)
            self.assertEqual(headers["webhook-key-id"], "first")
        self.assertEqual(ScriptedHandler.asked[0][1], "/stage/v1/customers/a%2Fb%20%C3%A9")
        self.assertEqual(ScriptedHandler.asked[1][3], b"")

    def test_a_refusal_names_the_code_and_the_fields(self):
        problem = {
            "code": "invalid_campaign",
            "detail": "The campaign is not valid.",
            "errors": [{"field": "/offer/percent", "code": "too_much", "detail": "over 100"}],
            "request_id": "r-1",
        }
        ScriptedHandler.script = [(422, problem, False)]
        operator = self.operator()
        with self.assertRaises(ApiError) as caught:
            operator.call("POST", "/v1/campaigns", {})
        text = "\n".join(caught.exception.lines())
        for part in ("422", "invalid_campaign", "/offer/percent: over 100", "r-1"):
            self.assertIn(part, text)

    def test_follows_the_cursor_to_the_end(self):
        ScriptedHandler.script = [
            (200, {"items": [1, 2], "next_cursor": "a&b"}, False),
            (200, {"items": [3], "next_cursor": None}, False),
        ]
        pages = self.operator().pages("/v1/things", limit=2)
        self.assertEqual(list(pages), [1, 2, 3])
        self.assertIn("cursor=a%26b", ScriptedHandler.asked[1][1])

    def test_opens_a_new_connection_when_the_old_one_was_closed(self):
        ScriptedHandler.script = [(200, {}, True), (200, {}, True)]
        http = HttpClient(self.url)
        self.addCleanup(http.close)
        self.assertEqual(http.send("GET", "/", {}).status, 200)
        closed, _, _ = select.select([http._thread.connection.sock], [], [], 5)
        self.assertTrue(closed, "the server has not closed the connection within 5 s")
        self.assertEqual(http.send("GET", "/", {}).status, 200)

    def test_a_broken_answer_is_not_asked_for_again(self):
        ScriptedHandler.script = []  # the handler fails and closes the connection
        self.server.handle_error = lambda *_: None
        with self.assertRaises(ApiUnreachable):
            HttpClient(self.url).send("POST", "/", {}, b"{}")
        self.assertEqual(len(ScriptedHandler.asked), 1)


if __name__ == "__main__":
    unittest.main()
