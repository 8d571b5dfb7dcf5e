#!/usr/bin/env python3
"""Rotates what signs cursors, links and webhooks, so that nothing is refused meanwhile.

    rotate_secret.py cursor|links|signing|addresses [--name vouchers | --local] [--drop-previous]

Functions read a secret anew within a minute, each process at its own moment. So the new value is first put where it is only accepted
(`previous`), and a minute later, when every process accepts it, where it is used (`current`): no process meets what another has signed with a
value that it does not know. The value that was accepted before is given up with the first step: it ends links and receivers that still use it,
and is therefore asked about with `signing`. A call that was interrupted between the two steps is finished by the next one. `addresses` is rotated once, in one step, and hashes go on by the older value.
"""

import argparse
import base64
import json
import secrets as random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sdk import StepFailed, has_sdk, open_session, start_again  # noqa: E402 - after the path

STAGED = ("cursor", "links", "signing")
ONCE = "addresses"
KNOWN_AFTER = 60  # seconds until every process has read a secret anew
VALUE_BYTES = 33


class Secret:
    """One secret of a stack, read and written as a whole."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def read(self):
        """Returns the document and the id of its version."""
        answer = self.client.get_secret_value(SecretId=self.name)
        return json.loads(answer["SecretString"]), answer["VersionId"]

    def replace(self, version, document):
        """Writes the document over this version; raises `StepFailed` if it is no longer the newest."""
        if self.read()[1] != version:
            raise StepFailed(f"somebody else has changed {self.name} at this moment: nothing was changed, try again")
        return self.client.put_secret_value(SecretId=self.name, SecretString=json.dumps(document))["VersionId"]


def new_value():
    """Returns a new value in base64."""
    return base64.b64encode(random.token_bytes(VALUE_BYTES)).decode()


def rotate(secret, kind, tell, drop_previous=False, sleep=time.sleep):
    """Gives the secret a new value in the way that its kind needs."""
    document, version = secret.read()
    if kind == ONCE:
        if document.get("previous"):
            raise StepFailed("the secret of addresses was rotated before: under a third value no opt-out would be known again")
        secret.replace(version, {"current": new_value(), "previous": document["current"]})
        tell(f"{secret.name}: rotated; addresses are known by the older value as before")
        return
    if document.get("pending"):  # a call that ended between its steps: nothing has been signed with its value yet
        value = document["previous"]
    elif kind == "signing" and document.get("previous") and not drop_previous:
        raise StepFailed(
            "receivers may still use secrets of the value before: rotate each endpoint, and when all have theirs, go on with --drop-previous"
        )
    else:
        value = new_value()
        version = secret.replace(version, {"current": document["current"], "previous": value, "pending": True})
    tell(f"{secret.name}: the new value is accepted everywhere in a minute ...")
    sleep(KNOWN_AFTER)
    secret.replace(version, {"current": value, "previous": document["current"]})
    tell(f"{secret.name}: rotated; what the older value signed stays valid until the next rotation")


def main():
    parser = argparse.ArgumentParser(prog="rotate-secret", description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=(*STAGED, ONCE))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--name", default="vouchers", help="the name of the CloudFormation stack")
    where.add_argument("--local", action="store_true", help="the stack of `make run` on this machine")
    parser.add_argument("--drop-previous", action="store_true", help="signing: no receiver uses the value before any more")
    options = parser.parse_args()
    if not has_sdk():
        return start_again(__file__)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = open_session(options.local).client("secretsmanager")
        name = "vouchers" if options.local else options.name
        rotate(Secret(client, f"{name}/{options.kind}"), options.kind, print, options.drop_previous)
        return 0
    except StepFailed as failure:
        failure.print_details()
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
