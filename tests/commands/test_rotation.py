"""Rotating secrets: which value is accepted and used when, and what is refused. The drill runs them all on the local stack, under load."""

import json
import unittest

from account import Account  # noqa: F401 - it sets the path

from modelled import ModelledSession
from processes import StepFailed
from rotate_secret import KNOWN_AFTER, Secret, new_value, rotate


class Stored:
    """A secret in Secrets Manager, with the writes it has got."""

    def __init__(self, **document):
        self.documents, self.asleep = [document], []
        self.meddler = None  # a document that somebody else writes after the first read
        session = ModelledSession({"GetSecretValue": self.read, "PutSecretValue": self.write})
        self.secret = Secret(session.client("secretsmanager"), "vouchers/links")

    def version(self):
        return f"{len(self.documents):032}"

    def read(self, _asked):
        answer = {"SecretString": json.dumps(self.documents[-1]), "VersionId": self.version()}
        if self.meddler:
            self.documents.append(self.meddler)
            self.meddler = None
        return answer

    def write(self, asked):
        self.documents.append(json.loads(asked["SecretString"]))
        return {"VersionId": self.version()}

    def rotate(self, kind, **options):
        rotate(self.secret, kind, lambda _text: None, sleep=self.asleep.append, **options)


class Rotation(unittest.TestCase):
    def test_a_value_is_accepted_for_a_minute_before_it_is_used(self):
        for kind in ("cursor", "links", "signing"):
            stored = Stored(current="old", previous="")
            stored.rotate(kind)
            _, staged, done = stored.documents
            self.assertEqual((staged["current"], done["previous"]), ("old", "old"))
            self.assertEqual(staged["previous"], done["current"], "the same new value, first accepted and then used")
            self.assertEqual(stored.asleep, [KNOWN_AFTER])

    def test_no_process_meets_a_value_that_it_does_not_know(self):
        stored = Stored(current="old", previous="older")
        stored.rotate("links")
        # a process is at most one state behind another, since a minute lies between them
        for behind, ahead in zip(stored.documents, stored.documents[1:]):
            self.assertIn(ahead["current"], behind.values())
            self.assertIn(behind["current"], ahead.values())

    def test_a_master_whose_previous_value_receivers_may_use_is_left(self):
        stored = Stored(current="old", previous="older")
        with self.assertRaisesRegex(StepFailed, "--drop-previous"):
            stored.rotate("signing")
        self.assertEqual(len(stored.documents), 1)
        stored.rotate("signing", drop_previous=True)
        self.assertEqual(stored.documents[-1]["previous"], "old")

    def test_a_call_that_was_interrupted_between_its_steps_is_finished_by_the_next(self):
        def interrupted(_seconds):
            raise KeyboardInterrupt

        for kind in ("signing", "links"):
            stored = Stored(current="old", previous="")
            with self.assertRaises(KeyboardInterrupt):
                rotate(stored.secret, kind, lambda _text: None, sleep=interrupted)
            staged = stored.documents[-1]
            stored.rotate(kind)
            self.assertEqual(stored.documents[-1], {"current": staged["previous"], "previous": "old"}, "the value that is accepted since")
            self.assertEqual((len(stored.documents), stored.asleep), (3, [KNOWN_AFTER]))
        with self.assertRaisesRegex(StepFailed, "--drop-previous"):  # what is done is done
            done = Stored(**stored.documents[-1])
            done.rotate("signing")

    def test_addresses_are_rotated_once_and_keep_the_value_that_hashes(self):
        stored = Stored(current="old", previous="")
        stored.rotate("addresses")
        self.assertEqual(stored.documents[-1]["previous"], "old")
        self.assertEqual(len(stored.documents), 2, "the older value hashes, so a new one may never stand in its place")
        with self.assertRaisesRegex(StepFailed, "no opt-out would be known again"):
            stored.rotate("addresses")

    def test_a_change_by_somebody_else_is_not_overwritten(self):
        stored = Stored(current="old", previous="")
        stored.meddler = {"current": "theirs", "previous": "old"}
        with self.assertRaisesRegex(StepFailed, "somebody else"):
            stored.rotate("links")
        self.assertEqual(stored.documents[-1]["current"], "theirs")

    def test_values_are_long_enough_and_new(self):
        self.assertEqual(len({new_value() for _ in range(100)}), 100)
        self.assertEqual(len(new_value()), 44)


if __name__ == "__main__":
    unittest.main()
