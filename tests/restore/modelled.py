"""Clients of boto3 that answer what a test says, checked against AWS's own service models.

The parameters of a call are checked by the SDK itself, the answer here, so that neither can have a
shape that AWS does not know. Calls come in any order and from any thread, and are kept.
"""

import sys
import threading
from pathlib import Path

import boto3
from botocore.awsrequest import AWSResponse
from botocore.validate import validate_parameters

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra"))
sys.path.insert(1, str(ROOT / "infra" / "local"))

CLIENTS = {}  # clients are dear to make: all sessions share them, and the newest answers
SESSION = boto3.session.Session(
    aws_access_key_id="id", aws_secret_access_key="secret", region_name="eu-west-1"
)


class Fails:
    """An error that AWS answers in place of an answer."""

    def __init__(self, code, message="no"):
        self.code, self.message = code, message


class ModelledSession:
    """Stands for a session; `answers` has for each operation a dict, `Fails`, or a function of the parameters."""

    newest = None
    region_name = "eu-west-1"

    def __init__(self, answers):
        self.answers, self.calls, self._lock = answers, [], threading.Lock()

    def client(self, service):
        """Returns the client of a service, which this session answers from now on."""
        ModelledSession.newest = self
        if service not in CLIENTS:
            client = SESSION.client(service)
            client.meta.events.register_first("before-parameter-build.*.*", remember)
            client.meta.events.register_first(
                "before-call.*.*", lambda **call: ModelledSession.newest.answer(**call)
            )
            CLIENTS[service] = client
        return CLIENTS[service]

    def of(self, operation):
        """Returns the parameters of each call of an operation."""
        return [parameters for name, parameters in self.calls if name == operation]

    def answer(self, model, context, **_):
        """Answers one call, as a response and what was parsed from it."""
        asked = context["asked"]
        with self._lock:
            self.calls.append((model.name, asked))
        answer = self.answers[model.name]
        answer = answer(asked) if callable(answer) else answer
        if isinstance(answer, Fails):
            error = {
                "Error": {"Code": answer.code, "Message": answer.message},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            }
            return AWSResponse("https://aws", 400, {}, None), error
        if model.output_shape is not None:
            validate_parameters(answer, model.output_shape)
        return AWSResponse("https://aws", 200, {}, None), dict(answer)


def remember(params, context, **_):
    """Keeps the parameters of a call as the caller gave them."""
    context["asked"] = params
