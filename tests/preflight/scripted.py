"""An account of which a test says what it answers, call by call.

Every answer and every question passes botocore's Stubber, so both have the shapes of AWS's own
service models; the order of the calls is left to the checks.
"""

import sys
from pathlib import Path

import boto3
from botocore.stub import Stubber

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra"))
sys.path.insert(1, str(ROOT / "infra" / "local"))

from preflight.account import Account  # noqa: E402 - after the path

REGION = "eu-west-1"
SESSION = boto3.session.Session(
    aws_access_key_id="id", aws_secret_access_key="secret", region_name=REGION
)
CLIENTS, STUBBERS = (
    {},
    {},
)  # clients are dear to make; an account of each test has stubbers of its own


class Fails:
    """An error that AWS answers in place of an answer."""

    def __init__(self, code, message="no", status=400):
        self.code, self.message, self.status = code, message, status


class ScriptedAccount(Account):
    """Answers an operation as `answers` says: a dict, `Fails`, a list of pages, or a function of the parameters."""

    def __init__(self, answers):
        super().__init__(REGION, SESSION)
        self.answers, self.asked, self._clients = answers, [], CLIENTS
        for stubber in STUBBERS.values():
            stubber.deactivate()
        STUBBERS.clear()

    def ask(self, service, operation, **parameters):
        self._script(service, operation, parameters)
        return super().ask(service, operation, **parameters)

    def ask_all(self, service, operation, key, **parameters):
        self._script(service, operation, parameters)
        return super().ask_all(service, operation, key, **parameters)

    def _script(self, service, operation, parameters):
        self.asked.append((service, operation, parameters))
        client = self.client(service)
        if service not in STUBBERS:
            STUBBERS[service] = Stubber(client)
            STUBBERS[service].activate()
        stubber = STUBBERS[service]
        method = next(
            name for name, api in client.meta.method_to_api_mapping.items() if api == operation
        )
        answer = self.answers[(service, operation)]
        if callable(answer):
            answer = answer(parameters)
        for page in answer if isinstance(answer, list) else [answer]:
            if isinstance(page, Fails):
                stubber.add_client_error(method, page.code, page.message, page.status)
            else:
                stubber.add_response(method, page)
