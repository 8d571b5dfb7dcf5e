#!/usr/bin/env python3
"""Lists, creates, rotates and revokes the API keys of the app backend.

    api_keys.py [--name vouchers | --local] list
    api_keys.py [--name vouchers | --local] create KEY --scopes orders,vouchers
    api_keys.py [--name vouchers | --local] rotate KEY [--finish]
    api_keys.py [--name vouchers | --local] revoke KEY

It edits the secret `<name>/webhook`: of AWS with the credentials of the shell, or with `--local` of the stack of `make run`. A secret is printed
once, when it is made, and `list` never shows one. Functions read the keys anew within a minute: until then a new secret may be refused,
and a revoked one accepted. The last use of each key is in the console, under Settings. Two changes at the same time: the later one is lost, and
says so.
"""

import argparse
import base64
import json
import re
import secrets
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "local"))

from install import LOCAL, install_tools  # noqa: E402 - after the path
from local_aws import LocalAws  # noqa: E402
from processes import StepFailed  # noqa: E402

SDK_PYTHON = LOCAL / "venv-sam" / "bin" / "python"  # sam brings boto3
SCOPES = ("orders", "vouchers", "customers", "catalogue")
FIRST = "first"  # the key that the deployment makes
SECRET_BYTES = 32
MAX_KEYS = 50  # as many as shared/secrets reads
KEY_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
WAIT = "Functions read the keys anew within a minute."


# ---- the document: pure functions, each returns a new one ----


def listed_keys(document):
    """Returns all keys as entries; the generated one becomes an entry with every scope."""
    keys = [dict(key) for key in document.get("keys", [])]
    if document.get(FIRST):
        keys.append({"key_id": FIRST, "scopes": list(SCOPES), "secrets": ["whsec_" + document[FIRST]]})
    return keys


def create_key(document, key_id, scopes, now):
    """Returns the document with one more key, and the key's secret."""
    keys = listed_keys(document)
    if not KEY_ID.fullmatch(key_id):
        raise StepFailed("a key's id has 1 to 64 characters of A-Z a-z 0-9 . _ : -")
    if unknown := set(scopes) - set(SCOPES):
        raise StepFailed(f"scopes are {', '.join(SCOPES)}, or all; not {', '.join(sorted(unknown))}")
    if any(key["key_id"] == key_id for key in keys):
        raise StepFailed(f"there is a key {key_id} already, or there was one: an id is never used again")
    if len(keys) >= MAX_KEYS:
        raise StepFailed(f"there are {MAX_KEYS} keys already")
    secret = new_secret()
    entry = {"key_id": key_id, "scopes": sorted(set(scopes), key=SCOPES.index), "secrets": [secret], "created_at": now}
    return {"keys": [*keys, entry]}, secret


def rotate_key(document, key_id, now):
    """Returns the document in which the key has a second secret, and that secret."""
    key, keys = find_key(document, key_id)
    if len(key["secrets"]) > 1:
        raise StepFailed(f"{key_id} is being rotated: `rotate {key_id} --finish` removes the old secret first")
    secret = new_secret()
    key |= {"secrets": [secret, *key["secrets"]], "rotated_at": now}
    return {"keys": keys}, secret


def finish_rotation(document, key_id):
    """Returns the document in which only the newest secret of the key is left."""
    key, keys = find_key(document, key_id)
    if len(key["secrets"]) < 2:
        raise StepFailed(f"{key_id} has only one secret: `rotate {key_id}` makes another")
    key["secrets"] = key["secrets"][:1]
    return {"keys": keys}


def revoke_key(document, key_id, now):
    """Returns the document in which the key signs nothing. Its secrets are gone for good."""
    key, keys = find_key(document, key_id)
    key |= {"secrets": [], "revoked_at": now}
    return {"keys": keys}


def find_key(document, key_id):
    """Returns the entry of a key that is not revoked, and all entries."""
    keys = listed_keys(document)
    for key in keys:
        if key["key_id"] == key_id:
            if key.get("revoked_at"):
                raise StepFailed(f"{key_id} is revoked, for good: create another key")
            return key, keys
    raise StepFailed(f"there is no key {key_id}")


def new_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_lines(document):
    """Returns a line for each key, without its secrets."""
    lines = [("key", "scopes", "created", "rotated", "state")]
    for key in sorted(listed_keys(document), key=lambda key: key["key_id"]):
        state = "revoked " + key["revoked_at"] if key.get("revoked_at") else "rotating" if len(key["secrets"]) > 1 else "in use"
        lines.append((key["key_id"], ",".join(key["scopes"]), key.get("created_at") or "by the deployment", key.get("rotated_at") or "never", state))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines]


# ---- the secret ----


class LocalSecret:
    """The secret in the local AWS."""

    def __init__(self, endpoint, secret_id):
        self.cloud, self.secret_id = LocalAws(endpoint), secret_id

    def read(self):
        """Returns the document and the id of its version."""
        answer = self.cloud.call_json("secretsmanager", "secretsmanager.GetSecretValue", SecretId=self.secret_id)
        return json.loads(answer["SecretString"]), answer["VersionId"]

    def write(self, document):
        text = json.dumps(document)
        self.cloud.call_json("secretsmanager", "secretsmanager.PutSecretValue", SecretId=self.secret_id, SecretString=text)


class CloudSecret:
    """The secret in AWS."""

    def __init__(self, secret_id):
        import boto3

        self.client, self.secret_id = boto3.client("secretsmanager"), secret_id

    def read(self):
        answer = self.client.get_secret_value(SecretId=self.secret_id)
        return json.loads(answer["SecretString"]), answer["VersionId"]

    def write(self, document):
        self.client.put_secret_value(SecretId=self.secret_id, SecretString=json.dumps(document))


def run_command(options, secret, now):
    """Changes the keys as the command says, and prints what a person has to know."""
    document, version = secret.read()
    if options.command == "list":
        print("\n".join(key_lines(document)))
        return
    made = None
    if options.command == "create":
        changed, made = create_key(document, options.key, options.scopes, now)
    elif options.command == "revoke":
        changed = revoke_key(document, options.key, now)
    elif options.finish:
        changed = finish_rotation(document, options.key)
    else:
        changed, made = rotate_key(document, options.key, now)
    if secret.read()[1] != version:
        raise StepFailed("somebody else has changed the keys at this moment: nothing was changed, try again")
    secret.write(changed)
    if secret.read()[0] != changed:
        raise StepFailed("somebody else has changed the keys at this moment, and this change is lost: try again")
    if made:
        print(f"{options.key}: {made}\nIt is not shown again. {WAIT}")
        if options.command == "rotate":
            print(f"Both secrets are accepted until `rotate {options.key} --finish`.")
    else:
        print(f"{options.key}: done. {WAIT}")


# ---- the command line ----


def parse_scopes(text):
    return list(SCOPES) if text == "all" else text.split(",")


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--name", default="vouchers", help="the name of the CloudFormation stack")
    where.add_argument("--local", action="store_true", help="the stack of `make run` on this machine")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    for name in ("create", "rotate", "revoke"):
        command = commands.add_parser(name)
        command.add_argument("key")
        if name == "create":
            command.add_argument("--scopes", type=parse_scopes, required=True, help=f"{','.join(SCOPES)}, or all")
        if name == "rotate":
            command.add_argument("--finish", action="store_true", help="remove the old secret")
    return parser.parse_args(arguments)


def has_sdk():
    """Returns true if this Python has boto3."""
    try:
        import boto3  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True


def main():
    options = parse_arguments(sys.argv[1:])
    try:
        if options.local:
            stack = json.loads((LOCAL / "stack.json").read_text())
            secret = LocalSecret(stack["endpoint_url"], "vouchers/webhook")
        elif not has_sdk():
            install_tools()
            return subprocess.run([SDK_PYTHON, __file__, *sys.argv[1:]]).returncode
        else:
            secret = CloudSecret(f"{options.name}/webhook")
        run_command(options, secret, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        return 0
    except StepFailed as failure:
        failure.print_details()
        return 1
    except FileNotFoundError:
        print("nothing runs on this machine: start it with `make run`", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
