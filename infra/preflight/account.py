"""Asks one account and region through boto3, and tells a refusal from an answer.

Reads the account only. Guarantees: an error of a call is one of three exceptions, so that no check
takes "I may not ask" for "all is well".
"""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Where the name of a service in IAM differs from that of its client.
IAM_PREFIXES = {"sesv2": "ses", "pinpoint-sms-voice-v2": "sms-voice"}
# Where IAM has another name for what an operation needs.
IAM_ACTIONS = {"budgets:DescribeBudgets": "budgets:ViewBudget"}
REFUSALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "NotAuthorizedException",
}
NOT_FOUND = {
    "NotFound",
    "NotFoundException",
    "ResourceNotFoundException",
    "TableNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "TrailNotFoundException",
}
QUICK = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3, "mode": "standard"})


class Refused(Exception):
    """The credentials may not ask this; the text is the IAM action that is missing."""


class Missing(Exception):
    """The account has no such thing."""


class Unanswered(Exception):
    """The call failed in another way; the text says how."""


class Account:
    """The account of the shell's credentials, in one region."""

    def __init__(self, region=None, session=None):
        self.session = session or boto3.session.Session(region_name=region)
        self.region = region or self.session.region_name
        self._clients = {}

    def client(self, service):
        """Returns the client of a service, made once. The budgets of an account are in one region."""
        if service not in self._clients:
            region = "us-east-1" if service == "budgets" else self.region
            self._clients[service] = self.session.client(service, region_name=region, config=QUICK)
        return self._clients[service]

    def ask(self, service, operation, **parameters):
        """Returns the answer of one call."""
        with _sorted_errors(service, operation):
            client = self.client(service)
            method = client.meta.method_to_api_mapping
            return getattr(client, _method_name(method, operation))(**parameters)

    def ask_all(self, service, operation, key, **parameters):
        """Returns the members of all pages of an answer."""
        with _sorted_errors(service, operation):
            client = self.client(service)
            name = _method_name(client.meta.method_to_api_mapping, operation)
            if not client.can_paginate(name):
                return getattr(client, name)(**parameters).get(key, [])
            pages = client.get_paginator(name).paginate(**parameters)
            return [member for page in pages for member in page.get(key, [])]

    def serves(self, service):
        """Returns true if AWS lists this region for the service."""
        return self.region in self.session.get_available_regions(service)


def action_of(service, operation):
    """Returns the IAM action that allows an operation."""
    action = f"{IAM_PREFIXES.get(service, service)}:{operation}"
    return IAM_ACTIONS.get(action, action)


def _method_name(mapping, operation):
    return next(method for method, name in mapping.items() if name == operation)


class _sorted_errors:
    """Turns the errors of the SDK into the three of this module."""

    def __init__(self, service, operation):
        self.service, self.operation = service, operation

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        action = action_of(self.service, self.operation)
        if isinstance(error, ClientError):
            code = error.response["Error"].get("Code", "")
            message = error.response["Error"].get("Message", "")
            if code in REFUSALS:
                raise Refused(action) from error
            if code in NOT_FOUND or (code == "ValidationError" and "does not exist" in message):
                raise Missing(f"{action}: {message}") from error
            raise Unanswered(f"{action}: {code} {message}".strip()) from error
        if isinstance(error, BotoCoreError):
            raise Unanswered(f"{action}: {error}") from error
