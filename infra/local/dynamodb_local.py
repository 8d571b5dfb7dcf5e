#!/usr/bin/env python3
"""Runs the store's contract tests on AWS's own engine, DynamoDB Local, which whoever runs this has downloaded and licensed.

    DYNAMODB_LOCAL=folder ACCEPT_DYNAMODB_LOCAL_LICENSE=yes dynamodb_local.py [arguments of the test runner]

The folder has DynamoDBLocal.jar and DynamoDBLocal_lib, as AWS ships them. Nothing is downloaded here, and nothing runs before the person who
asks for it says that the licence is accepted. Needs Java 17. Guarantees: the engine keeps nothing, sends nothing home, and ends with the tests.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from install import LOGS, ROOT  # noqa: E402 - after the path
from processes import StepFailed, say  # noqa: E402
from second_oracle import CONTRACT  # noqa: E402

LICENCE = "https://aws.amazon.com/dynamodblocallicense/"
ACCEPTED = "ACCEPT_DYNAMODB_LOCAL_LICENSE"
FOLDER = "DYNAMODB_LOCAL"
JAR = "DynamoDBLocal.jar"
UP_SECONDS = 60
POLL_SECONDS = 0.2
RUNNER = ["cargo", "nextest", "run", "--workspace", "--cargo-profile", "local", "--profile", "oracle", "-E", CONTRACT]


def find_engine(environment):
    """Returns the folder of the engine; raises `StepFailed` unless its licence was accepted and it is there."""
    if environment.get(ACCEPTED) != "yes":
        raise StepFailed(
            f"DynamoDB Local has a licence of its own ({LICENCE}), which nobody can accept for you: read it, then set {ACCEPTED}=yes"
        )
    folder = Path(environment.get(FOLDER) or ".")
    if not environment.get(FOLDER) or not (folder / JAR).exists():
        raise StepFailed(
            f"{FOLDER} is to be the folder with {JAR}, from "
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.DownloadingAndRunning.html"
        )
    if not shutil.which("java", path=environment.get("PATH")):
        raise StepFailed("Java 17 or later is needed for DynamoDB Local (Debian: apt install openjdk-17-jre-headless)")
    return folder.resolve()


@contextlib.contextmanager
def engine(folder, environment):
    """Runs the engine on a free port and yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = ["java", f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}", "-jar", str(folder / JAR), "-inMemory", "-port", str(port)]
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / "dynamodb-local.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, env={**environment, "DDB_LOCAL_TELEMETRY": "0"})
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(server, address)
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait_until_up(server, address):
    deadline = time.monotonic() + UP_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers, and refuses what is no call of DynamoDB
        except OSError:
            time.sleep(POLL_SECONDS)
    raise StepFailed("DynamoDB Local did not start", LOGS / "dynamodb-local.log")


def main():
    try:
        folder = find_engine(os.environ)
        with engine(folder, os.environ) as address:
            say(f"the store's contract tests on DynamoDB Local at {address}")
            command = [*RUNNER, *sys.argv[1:]]
            return subprocess.run(command, cwd=ROOT, env={**os.environ, "AWS_ENDPOINT_URL": address}).returncode
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
