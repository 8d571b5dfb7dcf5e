"""The oracles that are asked for by hand: what they refuse, and how their servers are started and ended."""

import contextlib
import io
import os
import stat
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

from account import Account  # noqa: F401 - it sets the path

import dynamodb_local
import localstack_oracle
from processes import StepFailed

# Answers as the engine does what is no call of DynamoDB, and keeps its command and environment.
JAVA = """#!{python}
import http.server, json, os, sys
json.dump([sys.argv[1:], os.environ.get("DDB_LOCAL_TELEMETRY")], open("started", "w"))
class Engine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(400); self.end_headers()
    def log_message(self, *_): pass
if "{broken}": sys.exit("no such thing")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("-port") + 1])), Engine).serve_forever()
"""


class DynamoDbLocal(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "DynamoDBLocal.jar").touch()
        self.enterContext(mock.patch.object(dynamodb_local, "LOGS", self.folder))
        self.environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "DYNAMODB_LOCAL": str(self.folder), "ACCEPT_DYNAMODB_LOCAL_LICENSE": "yes"}
        self.java()

    def java(self, broken=""):
        program = self.folder / "java"
        program.write_text(JAVA.format(python=sys.executable, broken=broken))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def test_runs_nothing_before_its_licence_was_accepted(self):
        for answer in (None, "", "1", "no"):
            with self.subTest(answer), self.assertRaisesRegex(StepFailed, "licence"):
                dynamodb_local.find_engine(self.environment | {"ACCEPT_DYNAMODB_LOCAL_LICENSE": answer})

    def test_says_what_is_missing(self):
        with self.assertRaisesRegex(StepFailed, "DynamoDBLocal.jar"):
            dynamodb_local.find_engine(self.environment | {"DYNAMODB_LOCAL": ""})
        with self.assertRaisesRegex(StepFailed, "DynamoDBLocal.jar"):
            dynamodb_local.find_engine(self.environment | {"DYNAMODB_LOCAL": str(self.folder / "not there")})
        with self.assertRaisesRegex(StepFailed, "Java"):
            dynamodb_local.find_engine(self.environment | {"PATH": str(self.folder / "not there")})

    def test_keeps_nothing_sends_nothing_and_ends_with_the_tests(self):
        folder = dynamodb_local.find_engine(self.environment)
        with dynamodb_local.engine(folder, self.environment) as address:
            with self.assertRaises(urllib.error.HTTPError):
                urllib.request.urlopen(address, timeout=5)
            started = (self.folder / "started").read_text()
            self.assertIn("-inMemory", started)
            self.assertTrue(started.endswith('"0"]'), "no telemetry")
        with self.assertRaises(urllib.error.URLError):
            urllib.request.urlopen(address, timeout=5)

    def test_that_does_not_start_is_said(self):
        self.java(broken="yes")
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaisesRegex(StepFailed, "did not start"):
            with dynamodb_local.engine(self.folder, self.environment):
                pass


class LocalStack(unittest.TestCase):
    def test_takes_another_python_when_this_one_is_too_old(self):
        with mock.patch.object(localstack_oracle.sys, "version_info", (3, 11, 7)):
            with mock.patch.object(localstack_oracle.shutil, "which", lambda name: sys.executable if name == "python3.12" else None):
                self.assertEqual(localstack_oracle.find_python(), sys.executable)
            with mock.patch.object(localstack_oracle.shutil, "which", lambda _name: None), self.assertRaisesRegex(StepFailed, "3.12"):
                localstack_oracle.find_python()
        with mock.patch.object(localstack_oracle.sys, "version_info", (3, 13, 0)):
            self.assertEqual(localstack_oracle.find_python(), sys.executable)


if __name__ == "__main__":
    unittest.main()
