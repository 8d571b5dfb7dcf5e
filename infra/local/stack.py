#!/usr/bin/env python3
"""Runs the whole system on this machine: starts it, deploys to it, demonstrates it, stops it.

    stack.py setup | up | run | console | status | down | clean  [--stack run|test] [--fresh]

Reads the work tree; writes `.local/` (the run stack) and `.local/test/` (the test stack). Calls
install.py, build.py and, once the processes run, deploy.py. After it: `infra/local/demo` and
`tests/`. Guarantees: a repeated command changes nothing that is up to date.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from build import EMULATOR, build_binaries, build_console
from deploy import PACKAGES_BUCKET, deploy_template, write_stack_file
from fingerprint import file_digest, read_stamp
from install import CLOUD_PYTHON, HERE, LOCAL, ROOT, VENVS, install_tools
from local_aws import REGION
from processes import Process, StepFailed, say

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Stack:
    """One local deployment: its folder, its ports and its processes."""

    name: str
    home: Path
    port: int
    emulator_port: int
    api_id: str
    console_port: int

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self):
        return f"{self.endpoint}/_aws/execute-api/{self.api_id}/$default"

    @property
    def inbox(self):
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def console_url(self):
        """The console's address, with `localhost`: for no other host does Cognito accept http."""
        return f"http://localhost:{self.console_port}"

    @property
    def console(self):
        health = f"http://127.0.0.1:{self.console_port}/healthz"
        return Process("console", self.home / "run", health)

    @property
    def cloud(self):
        return Process("cloud", self.home / "run", f"{self.endpoint}/_ministack/health")

    @property
    def emulator(self):
        return Process("provider-emulator", self.home / "run", f"{self.inbox}/_emulator/health")

    @property
    def file(self):
        return self.home / "stack.json"

    @property
    def clock_file(self):
        """The file with the milliseconds by which the functions' clock is ahead of this machine."""
        return self.home / "clock"

    @property
    def deploy_log(self):
        return self.home / "run" / "deploy.log"


STACKS = {
    "run": Stack("run", LOCAL, 4566, 4580, "0000a9f1", 4590),
    "test": Stack("test", LOCAL / "test", 4666, 4680, "0000a9f2", 4690),
}


# ---- up ----


def bring_up(stack, fresh=False):
    """Installs, builds, starts and deploys what the work tree says; keeps what is up to date.

    Returns the processes that it started. `fresh` deletes the stack's data first.
    """
    with exclusive_lock():
        if fresh:
            delete_data(stack)
        build_and_install()
        started = start_processes(stack)
        try:
            deploy_template(stack)
            write_stack_file(stack)
            started += start_console(stack)
        except BaseException:
            stop_processes(started)
            raise
        return started


@contextlib.contextmanager
def exclusive_lock():
    """Lets one command at a time change what runs from this work tree."""
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command runs in this folder: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_and_install():
    """Compiles while pip waits for the network."""
    installation = BackgroundTask(install_tools)
    try:
        build_binaries()
    except BaseException:
        installation.thread.join()
        raise
    installation.wait()


class BackgroundTask:
    """A function that runs in a thread of its own; `wait` raises the error it ended with."""

    def __init__(self, function):
        self.error = None
        self.thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self.thread.start()

    def _run(self, function):
        try:
            function()
        except Exception as error:
            self.error = error

    def wait(self):
        self.thread.join()
        if self.error:
            raise self.error


def start_processes(stack):
    """Starts the provider emulator and the local AWS unless they run as the work tree says."""
    started = []
    state, temporary = stack.home / "state", stack.home / "tmp"
    if not stack.cloud.pid():
        shutil.rmtree(temporary, ignore_errors=True)  # the unpacked code of earlier runs
    for folder in (state, temporary, stack.home / "run"):
        folder.mkdir(parents=True, exist_ok=True)
    # Nothing of this shell may reach the functions: the local AWS hands them its own environment.
    bare = {
        "PATH": SYSTEM_PATH,
        "HOME": str(stack.home / "run"),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
    }
    try:
        started += start_emulator(stack, bare)
        started += start_cloud(stack, bare, state)
    except BaseException:
        stop_processes(started)
        raise
    return started


def start_emulator(stack, environment):
    """Starts the provider emulator, if it was built."""
    if not EMULATOR.exists() or not stop_if_outdated(stack.emulator, file_digest(EMULATOR)):
        return []
    say(f"starting the provider emulator on port {stack.emulator_port}")
    command = [EMULATOR, "--port", stack.emulator_port, "--upstream", stack.endpoint]
    command += ["--region", REGION]
    stack.emulator.start(command, environment, stack.emulator_port, file_digest(EMULATOR))
    return [stack.emulator]


def start_cloud(stack, bare, state):
    """Starts the local AWS with its own settings."""
    environment = bare | {
        "GATEWAY_PORT": str(stack.port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "AWS_ENDPOINT_URL": stack.endpoint,
        "TEST_CLOCK_FILE": str(stack.clock_file),
    }
    if EMULATOR.exists():
        environment["AWS_ENDPOINT_URL_SNS"] = stack.inbox
        environment["AWS_ENDPOINT_URL_SESV2"] = stack.inbox
        environment["AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"] = stack.inbox
    settings = file_digest(VENVS["venv-cloud"]) + json.dumps(environment, sort_keys=True)
    fingerprint = file_digest(HERE / "launcher.py") + settings
    if not stop_if_outdated(stack.cloud, fingerprint):
        return []
    discard_incompatible_state(state, settings)
    # A package is needed while it is deployed, and each build has another one.
    for packages in (state / "s3").glob(f"*/{PACKAGES_BUCKET}"):
        shutil.rmtree(packages)
    say(f"starting the local AWS on port {stack.port}")
    stack.cloud.start([CLOUD_PYTHON, HERE / "launcher.py"], environment, stack.port, fingerprint)
    return [stack.cloud]


def discard_incompatible_state(state, settings):
    """Deletes the state that another version or other settings of the local AWS wrote.

    Queues, for one, are stored under the address they had then.
    """
    stamp = state / "made-with"
    if any(state.iterdir()) and read_stamp(stamp) != settings:
        say("the local AWS or its settings changed: starting from an empty state")
        shutil.rmtree(state)
        state.mkdir()
    stamp.write_text(settings)


def stop_if_outdated(process, fingerprint):
    """Stops a process that is unhealthy or outdated; returns whether it has to be started."""
    if process.is_current(fingerprint):
        return False
    process.stop()
    return True


# ---- the console ----


def start_console(stack):
    """Builds the console and starts its server, which reads `stack.json` for each request."""
    if not build_console():
        return []
    program = HERE / "console_server.py"
    fingerprint = file_digest(program)
    if not stop_if_outdated(stack.console, fingerprint):
        return []
    say(f"starting the console on port {stack.console_port}")
    command = [sys.executable, program, "--port", stack.console_port, "--stack", stack.file]
    environment = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"}
    stack.console.start(command, environment, stack.console_port, fingerprint)
    return [stack.console]


# ---- run, down, clean, status ----


def run_demo(stack, customers, data, once):
    """Brings the stack up and runs the demo; returns the demo's exit code.

    `once` stops afterwards what was started; otherwise the stack stays up.
    """
    started, code = [], 1
    try:
        started = bring_up(stack)
        command = [sys.executable, str(HERE / "demo" / "main.py"), "--stack", str(stack.file)]
        command += ["--customers", str(customers)]
        command += ["--data", data] if data else []
        command += ["--once"] if once else []
        say("running the demo")
        code = subprocess.run(command, cwd=ROOT).returncode
    finally:
        if once:
            stop_processes(started)
    if not once:
        print_addresses(stack)
    return code


def print_addresses(stack):
    facts = json.loads(stack.file.read_text())
    print(f"""
The system stays up.
  console    {facts["console_url"]}   (sign in with the line below)
  API        {facts["api_url"]}/v1/...
  inbox      {facts["inbox_url"]}   (every SMS, e-mail and push notification that was sent)
  local AWS  {facts["endpoint_url"]}
  sign in    {facts["admin_username"]} / {facts["admin_password"]}
  details    {os.path.relpath(stack.file)}
  logs       {os.path.relpath(stack.home / "run")}/
Stop it with `make stop`; its data is kept until `make clean`.""")


def stop_processes(started):
    for process in reversed(started):
        process.stop()


def stop_stack(stack):
    """Stops the processes of the stack and keeps its data."""
    processes = (stack.console, stack.cloud, stack.emulator)
    stopped = [process.name for process in processes if process.stop()]
    if stopped:
        say(f"stopped {' and '.join(stopped)} of the {stack.name} stack")


def delete_data(stack):
    """Stops the stack and deletes its data; the installed tools stay."""
    stop_stack(stack)
    for name in ("run", "state", "tmp", "stack.json", "clock"):
        path = stack.home / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def print_status(stack):
    for process in (stack.cloud, stack.emulator, stack.console):
        status = "stopped"
        if pid := process.pid():
            status = f"pid {pid}, {'healthy' if process.is_healthy() else 'does not answer'}"
        print(f"{stack.name:5} {process.name:17} {status}")
    for pid, handler in stack.cloud.function_processes():
        print(f"{'':5} {'function':17} pid {pid}, {handler}")


def interrupt_on_sigterm():
    """Makes SIGTERM act like Ctrl-C, so that both stop what the command started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = ["setup", "up", "run", "console", "status", "down", "clean"]
    parser.add_argument("command", choices=commands)
    parser.add_argument(
        "--stack",
        choices=STACKS,
        default=None,
        help="the stack to use; default: run, and both for status, down and clean",
    )
    parser.add_argument("--fresh", action="store_true", help="up: delete the stack's data first")
    parser.add_argument("--customers", type=int, default=2000, help="run: how many to generate")
    parser.add_argument(
        "--data", default="", help="run: a folder with your own customers and orders"
    )
    parser.add_argument(
        "--once", action="store_true", help="run: stop afterwards, and exit with the demo's code"
    )
    return parser.parse_args()


def run_command(options):
    started = time.monotonic()
    stack = STACKS[options.stack or "run"]
    stacks = [stack] if options.stack else list(STACKS.values())
    match options.command:
        case "setup":
            install_tools()
        case "up":
            bring_up(stack, options.fresh)
            seconds = time.monotonic() - started
            say(f"the {stack.name} stack is up: {os.path.relpath(stack.file)} ({seconds:.1f} s)")
        case "console":
            build_console()
        case "run":
            return run_demo(stack, options.customers, options.data, options.once)
        case "status":
            [print_status(each) for each in stacks]
        case "down":
            [stop_stack(each) for each in stacks]
        case "clean":
            [delete_data(each) for each in stacks]
    return 0


def main():
    options = parse_arguments()
    interrupt_on_sigterm()
    try:
        return run_command(options)
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        stop_stack(STACKS[options.stack or "run"])
        return 130


if __name__ == "__main__":
    sys.exit(main())
