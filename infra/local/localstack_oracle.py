#!/usr/bin/env python3
"""Runs on LocalStack what its open edition serves without Docker: the adapters of queues, and the topic that feeds one.

    localstack_oracle.py [arguments of the test runner]

LocalStack 4.14 (Apache-2.0, pinned in requirements-localstack.txt) runs as a process of this machine, with SQS and SNS alone. It needs Python
3.12 or later, which may be another one than the rest uses. Guarantees: it sends no usage events, listens on this machine alone, and ends with the tests.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from install import HERE, LOCAL, LOGS, ROOT, install_tools  # noqa: E402 - after the path
from processes import StepFailed, say  # noqa: E402

VENV = "venv-localstack"
PYTHON = LOCAL / VENV / "bin" / "python"
LEAST_PYTHON = (3, 12)
SERVICES = ("sqs", "sns")
UP_SECONDS = 120
POLL_SECONDS = 0.5
# Queues: reasons of dead letters, redrives, limits of a batch. Both are run on the local AWS by `make test` as well.
QUEUES = "package(queue) & binary(dead_letters) | package(operations) & test(/^dead_letters::/)"
RUNNER = ["cargo", "nextest", "run", "--workspace", "--cargo-profile", "local", "--profile", "oracle", "-E", QUEUES]


def find_python():
    """Returns a Python that LocalStack runs on; raises `StepFailed` if there is none."""
    if sys.version_info >= LEAST_PYTHON:
        return sys.executable
    for name in ("python3.13", "python3.12"):
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0:
            return found
    raise StepFailed("LocalStack needs Python 3.12 or 3.13 (python3.13 on the PATH)")


@contextlib.contextmanager
def localstack():
    """Runs LocalStack on a free port and yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as volume, open(LOGS / "localstack.log", "wb") as log:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": volume,
            "TMPDIR": volume,
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "LOCALSTACK_HOST": f"127.0.0.1:{port}",
            "SERVICES": ",".join(SERVICES),
            "STRICT_SERVICE_LOADING": "1",
            "FILESYSTEM_ROOT": volume,
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "USE_SSL": "0",
            "RUNTIME_COMPONENTS": "aws",
            "GATEWAY_SERVER": "hypercorn",  # the other server wants certificates that newer libraries do not make
        }
        command = [str(PYTHON), "-m", "localstack.runtime.main"]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
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
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(f"{address}/_localstack/health", timeout=5) as answer:
            states = json.loads(answer.read())["services"]
            if all(states.get(service) in ("available", "running") for service in SERVICES):
                return
        time.sleep(POLL_SECONDS)
    raise StepFailed("LocalStack did not start", LOGS / "localstack.log")


def run_tests(address, arguments):
    """Runs both kinds of tests against an address; returns the worse exit code."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }
    say(f"the feedback topic and its queue on LocalStack at {address}")
    topics = subprocess.run([str(PYTHON), "-m", "unittest", "discover", "-s", "tests/oracle"], cwd=ROOT, env=environment).returncode
    say("the adapters of queues on LocalStack")
    return max(topics, subprocess.run([*RUNNER, *arguments], cwd=ROOT, env=environment).returncode)


def main():
    try:
        python = find_python()
        if python != sys.executable:
            return subprocess.run([python, __file__, *sys.argv[1:]]).returncode
        install_tools({VENV: HERE / "requirements-localstack.txt"})
        with localstack() as address:
            return run_tests(address, sys.argv[1:])
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
