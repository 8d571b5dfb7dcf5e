"""The OpenAPI document as a client sees it: its operations and their schemas.

Reads docs/api/openapi.json, which the Rust types give (`make openapi`). Used by the checks of the
document, of the examples in the docs, and of a generated client.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "api" / "openapi.json"
CLIENT = "voucher_campaigns_client"


def load_document():
    return json.loads(DOCUMENT.read_text())


def find_operation(document, method, path):
    """Returns the operation of a request, or None if the document has no such method and path."""
    for template, item in document["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            return item[method.lower()]
    return None


def schema_errors(document, schema, value):
    """Returns a sentence for each place where `value` does not fit `schema`."""
    # The references of the schema lead into the document's components.
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def body_errors(document, operation, body):
    """Returns a sentence for each place where a request's body does not fit its operation."""
    expected = operation.get("requestBody")
    if expected is None:
        return ["this operation takes no body"] if body else []
    schema = expected["content"]["application/json"]["schema"]
    return schema_errors(document, schema, json.loads(body))


def generate_client(folder):
    """Generates a Python client into `folder`; every warning of the generator is a failure."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "generator.json"
    # Without hooks the generator formats nothing, for which it would need one more tool. It knows no
    # body of CSV, so it sends such a file as it sends any other.
    overrides = {"text/csv": "application/octet-stream"}
    configuration.write_text(json.dumps({"post_hooks": [], "content_type_overrides": overrides}))
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", DOCUMENT,
        "--output-path", folder / CLIENT, "--meta", "none", "--overwrite", "--fail-on-warning",
        "--config", configuration,
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"the client was not generated:\n{done.stdout}{done.stderr}")
