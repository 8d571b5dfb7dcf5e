"""Tests of the command that edits the API keys: what each change leaves, and that no secret is shown but a new one."""

import contextlib
import io
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra"))

import api_keys  # noqa: E402 - after the path
from processes import StepFailed  # noqa: E402

NOW = "2026-11-01T00:00:00Z"
GENERATED = {"keys": [], "first": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"}


class SecretInMemory:
    """Keeps the document as Secrets Manager does; `meanwhile` is what another person writes after a read."""

    def __init__(self, document):
        self.document, self.version, self.meanwhile = document, 1, None

    def read(self):
        answer = self.document, self.version
        if self.meanwhile:
            self.document, self.meanwhile = self.meanwhile, None
            self.version += 1
        return answer

    def write(self, document):
        self.document = document
        self.version += 1


class Keys(unittest.TestCase):
    def run_command(self, secret, *arguments):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            api_keys.run_command(api_keys.parse_arguments(arguments), secret, NOW)
        return printed.getvalue()

    def test_the_generated_key_stays_when_another_one_is_created(self):
        secret = SecretInMemory(GENERATED)
        printed = self.run_command(secret, "create", "web", "--scopes", "vouchers,orders")
        first, web = secret.document["keys"]
        self.assertEqual((first["key_id"], first["secrets"]), ("first", ["whsec_" + GENERATED["first"]]))
        self.assertEqual((web["key_id"], web["scopes"], web["created_at"]), ("web", ["orders", "vouchers"], NOW))
        self.assertIn(web["secrets"][0], printed)
        self.assertNotIn("first", secret.document)

    def test_a_rotation_has_two_secrets_until_it_is_finished(self):
        secret = SecretInMemory(GENERATED)
        old = api_keys.listed_keys(GENERATED)[0]["secrets"][0]
        self.run_command(secret, "rotate", "first")
        new, kept = secret.document["keys"][0]["secrets"]
        self.assertEqual(kept, old)
        with self.assertRaises(StepFailed):
            self.run_command(secret, "rotate", "first")
        self.run_command(secret, "rotate", "first", "--finish")
        self.assertEqual(secret.document["keys"][0]["secrets"], [new])

    def test_a_revoked_key_has_no_secret_and_its_id_is_never_used_again(self):
        secret = SecretInMemory(GENERATED)
        self.run_command(secret, "revoke", "first")
        [first] = secret.document["keys"]
        self.assertEqual((first["secrets"], first["revoked_at"]), ([], NOW))
        for again in (["create", "first", "--scopes", "all"], ["rotate", "first"], ["revoke", "first"]):
            with self.assertRaises(StepFailed):
                self.run_command(secret, *again)

    def test_a_list_shows_no_secret(self):
        secret = SecretInMemory(GENERATED)
        self.run_command(secret, "create", "web", "--scopes", "all")
        self.run_command(secret, "rotate", "web")
        printed = self.run_command(secret, "list")
        self.assertIn("rotating", printed)
        for key in secret.document["keys"]:
            for value in key["secrets"]:
                self.assertNotIn(value.removeprefix("whsec_"), printed)

    def test_what_makes_no_sense_is_refused(self):
        for bad in (["create", "a b", "--scopes", "all"], ["create", "a", "--scopes", "everything"], ["rotate", "nobody"], ["rotate", "first", "--finish"]):
            with self.assertRaises(StepFailed):
                self.run_command(SecretInMemory(GENERATED), *bad)

    def test_a_change_by_somebody_else_is_not_overwritten(self):
        secret = SecretInMemory(GENERATED)
        secret.meanwhile = other = api_keys.revoke_key(GENERATED, "first", NOW)
        with self.assertRaises(StepFailed):
            self.run_command(secret, "create", "web", "--scopes", "all")
        self.assertEqual(secret.document, other)


if __name__ == "__main__":
    unittest.main()
