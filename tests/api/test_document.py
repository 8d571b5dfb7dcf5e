"""Checks the OpenAPI document by the standard's own validator, and the docs by the document.

Needs no stack: the examples of docs/api.md are sent to a server that only notes what arrives.
Guarantees: a request that the docs show is one that the document allows, signed as the docs say.
"""

import json
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from document import (
    ROOT,
    body_errors,
    find_operation,
    generate_client,
    load_document,
    schema_errors,
)
from examples import find_blocks, run_examples
from openapi_spec_validator import OpenAPIV31SpecValidator
from signing import TOLERANCE_SECONDS, decode_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY_ID = "app"
TOKEN = "the-token-of-the-recorder"


class Document(unittest.TestCase):
    def test_the_document_is_valid_openapi(self):
        validator = OpenAPIV31SpecValidator(load_document())
        errors = [f"{list(it.absolute_path)}: {it.message}" for it in validator.iter_errors()]
        self.assertEqual(errors, [])

    def test_a_client_is_generated_without_a_warning(self):
        generate_client(ROOT / "target" / "api-client")

    def test_every_example_of_a_schema_fits_it(self):
        document = load_document()
        found = 0
        for place, schema in schemas_with_examples(document["components"]["schemas"], ""):
            found += 1
            errors = schema_errors(document, schema, schema["example"])
            self.assertEqual(errors, [], f"the example of {place}")
        self.assertGreater(found, 10)

    def test_an_order_event_fits_one_kind_and_nothing_unknown_fits(self):
        document = load_document()
        order = {"$ref": "#/components/schemas/OrderEvent"}
        event = {"event": "cancelled", "event_id": "e-1", "order_id": "o-1", "customer_id": "c-1"}
        event["at"] = "2026-05-02T12:00:00Z"
        self.assertEqual(schema_errors(document, order, event), [])
        self.assertNotEqual(schema_errors(document, order, {**event, "more": 1}), [])
        self.assertNotEqual(schema_errors(document, order, {**event, "event": "placed"}), [])


def schemas_with_examples(value, place):
    if isinstance(value, dict):
        if "example" in value:
            yield place, value
        for name, inner in value.items():
            yield from schemas_with_examples(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from schemas_with_examples(inner, f"{place}/{index}")


class Examples(unittest.TestCase):
    def test_every_example_is_a_request_that_the_document_allows(self):
        document = load_document()
        requests = record_examples()
        self.assertEqual(len([it for it in requests if it.path == "/"]), 1, "the sign-in")
        operations = set()
        for request in requests:
            if request.path == "/":
                continue
            with self.subTest(f"{request.method} {request.path}"):
                operation = find_operation(document, request.method, request.path)
                self.assertIsNotNone(operation, "the document has no such operation")
                self.assertEqual(body_errors(document, operation, request.body), [])
                self.check_caller(operation, request)
                operations.add(operation["operationId"])
        expected = {"putCustomer", "patchCustomer", "getCustomer", "postOrder", "quote_checkout"}
        expected.add("list_playbooks")
        self.assertEqual(operations, expected)

    def check_caller(self, operation, request):
        schemes = {scheme for requirement in operation["security"] for scheme in requirement}
        if schemes == {"jwt"}:
            self.assertEqual(request.headers["authorization"], f"Bearer {TOKEN}")
            return
        timestamp = request.headers["webhook-timestamp"]
        self.assertLess(abs(time.time() - int(timestamp)), TOLERANCE_SECONDS)
        self.assertEqual(request.headers["webhook-key-id"], KEY_ID)
        payload = f"{request.method} {request.path}\n".encode() + request.body
        expected = sign(decode_secret(SECRET), request.headers["webhook-id"], timestamp, payload)
        self.assertEqual(request.headers["webhook-signature"], expected)

    def test_every_problem_that_the_docs_show_fits_its_schema(self):
        document = load_document()
        problems = [json.loads(code) for _, code in find_blocks("json")]
        self.assertGreater(len(problems), 0)
        for problem in problems:
            schema = {"$ref": "#/components/schemas/Problem"}
            self.assertEqual(schema_errors(document, schema, problem), [])


class Recorder(BaseHTTPRequestHandler):
    """Notes each request, and answers with a token for whoever signs in."""

    def answer(self):
        self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.requests.append(self)
        self.method = self.command
        profile = {"first_name": "Ana", "last_name": "García"}
        token = {"AccessToken": TOKEN}
        content = json.dumps({"AuthenticationResult": token, "profile": profile}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        """Prints nothing."""


def record_examples():
    """Runs the examples of docs/api.md and returns the requests that they send."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.requests = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    stack = {"api_url": address, "endpoint_url": address}
    stack |= {"webhook_key_id": KEY_ID, "webhook_secret": SECRET}
    stack |= {"client_id": "client", "admin_username": "admin", "admin_password": "password"}
    try:
        with tempfile.TemporaryDirectory() as folder:
            stack_json = Path(folder) / "stack.json"
            stack_json.write_text(json.dumps(stack))
            run_examples(stack_json)
    finally:
        server.shutdown()
        server.server_close()
    return server.requests


if __name__ == "__main__":
    unittest.main()
