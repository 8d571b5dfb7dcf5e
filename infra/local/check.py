#!/usr/bin/env python3
"""Runs everything that `make test` means; the first step that fails ends it and shows its output.

Reads the work tree; writes `.local/` and `target/` and leaves nothing running. Quick steps come
first, and steps that do not depend on each other run side by side. The whole-system tests and the
contract tests of the store run on a stack of their own (`.local/test`), which is started fresh and
stopped at the end whatever happens. Ends with the time of each step and the slowest tests.
"""

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import browser
import privacy
import second_oracle
import stack
from build import EMULATOR, build_console, count_compiled_crates
from install import (
    API_VENVS,
    CHECKOV_VENVS,
    CONSOLE,
    DUCKDB_VENVS,
    LOCAL,
    LOGS,
    MOTO_VENVS,
    ROOT,
    install_tools,
)
from local_aws import REGION
from processes import FOREGROUND_COMMANDS, StepFailed, run, say, terminate_foreground, waiting_for

VENV = LOCAL / "venv-sam" / "bin"
CHECKOV = LOCAL / "venv-checkov" / "bin" / "checkov"
API_PYTHON = LOCAL / "venv-api" / "bin" / "python"
DUCKDB_PYTHON = LOCAL / "venv-duckdb" / "bin" / "python"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
JUNIT = (
    ROOT / "target" / "nextest" / "default" / "junit.xml"
)  # written as .config/nextest.toml says
TEMPLATES = ["template.yaml", "infra/observability.yaml", "infra/console.yaml"]
TEST_STACK = stack.STACKS["test"]
OUTPUT_SHOWN = 12_000  # bytes of the output of a step that failed
SLOWEST_SHOWN = 10
# Cargo calls it in place of rustc for every crate of the workspace, in all steps alike.
LINT_WHILE_BUILDING = Path(__file__).with_name("clippy-wrapper")


# ---- the steps of `make test` ----


def check_all(tests):
    """Runs all steps; `tests` are arguments for the test runner, for example a test's name."""
    JUNIT.unlink(missing_ok=True)
    check_formatting()
    os.environ["RUSTC_WORKSPACE_WRAPPER"] = str(LINT_WHILE_BUILDING)
    try:
        run_side_by_side(build_and_start, check_templates, check_api_document, check_console)
        check_smoke_on_stack()
        check_exports_on_stack()
        run_tests(tests)
        print_fault_matrix()
        if tests:
            check_console_in_browser()
        else:
            run_side_by_side(check_console_in_browser, check_store_on_moto)
        check_replay_on_stack()
        check_preflight_on_stack()
        check_restore_on_stack()
        check_api_on_stack()
    finally:
        stack.stop_stack(TEST_STACK)
    if not tests:
        with timed_step("personal data"):
            privacy.check_personal_data(TEST_STACK.home / "state")


def check_formatting():
    run_step("formatting", "cargo", "fmt", "--all", "--check")
    run_step("texts of the guards", sys.executable, "tests/simulator/mutate.py", "--check")


def build_and_start():
    build_and_lint()
    with timed_step("starting the test stack"):
        stack.bring_up(TEST_STACK, fresh=True)
    check_that_nothing_is_built_twice()
    say(f"the test stack is up at {TEST_STACK.endpoint}")


def build_and_lint():
    """Compiles everything that is tested and lints it on the way.

    Lints of their own would check every dependency a second time, which takes longer than all the
    lints do.
    """
    command = [*test_runner(), "--no-run"]
    with timed_step("building and linting"):
        run("building and linting", command, LOGS / "build-tests.log", cwd=ROOT, progress=count_compiled_crates)


def check_that_nothing_is_built_twice():
    """Fails if the binaries needed crates that the build of the tests had not compiled.

    A dev-dependency with another feature is enough: all that depends on its crate is then compiled
    once more, for two minutes of a first run.
    """
    built = set(re.findall(r"^ *Compiling (\S+)", (LOGS / "build.log").read_text(), re.MULTILINE))
    if twice := sorted(built - {"bootstrap", EMULATOR.name}):
        raise StepFailed(f"the tests use other features than the functions of {', '.join(twice)}, or of what these use")


def test_runner():
    """Returns the command that builds and runs the tests of the workspace.

    Takes nextest where it is installed, because it ends a test that hangs, else cargo's own runner.
    The profile is that of the binaries, so that there is one build for both.
    """
    if shutil.which("cargo-nextest"):
        return ["cargo", "nextest", "run", "--workspace", "--cargo-profile", "local"]
    return ["cargo", "test", "--workspace", "--profile", "local", "--quiet"]


def run_tests(tests):
    """Runs all tests of the workspace against the test stack."""
    run_step("tests", *test_runner(), *tests, show_output=True, STACK_JSON=str(TEST_STACK.file))


def check_templates():
    """Checks the templates, the demo and the bill, which need the installed tools but no stack."""
    run_step("demo: unit tests", *discover_tests(sys.executable, "infra/local/demo"))
    run_step("bill: unit tests", *discover_tests(sys.executable, "benches/tests"))
    with timed_step("installing tools"):
        install_tools()
    sam = [VENV / "sam", "validate", "--lint", "--template", "template.yaml", "--region", REGION]
    run_side_by_side(
        lambda: run_step("templates: cfn-lint", VENV / "cfn-lint", *TEMPLATES),
        lambda: run_step("templates: sam validate", *sam, SAM_CLI_TELEMETRY="0"),
    )
    run_step("templates: unit tests", *discover_tests(VENV / "python", "tests/template"))
    run_step("preflight: unit tests", *discover_tests(VENV / "python", "tests/preflight"))
    run_step("restore drill: unit tests", *discover_tests(VENV / "python", "tests/restore"))
    run_step("commands for operators: unit tests", *discover_tests(VENV / "python", "tests/commands"))
    check_security()


def check_security():
    """Checks the templates against checkov's rules, but for the exceptions that infra/checkov.yaml argues."""
    with timed_step("installing checkov"):
        install_tools(CHECKOV_VENVS)
    run_step("templates: checkov", CHECKOV, "--config-file", "infra/checkov.yaml", ANSI_COLORS_DISABLED="1")


def check_api_document():
    """Validates the OpenAPI document, generates a client from it, and checks the docs' examples."""
    with timed_step("installing the tools of the API's tests"):
        install_tools(API_VENVS)
    run_step("API: document", *discover_tests(API_PYTHON, "tests/api", "test_document.py"))


def check_api_on_stack():
    """Lets a generated client and the docs' examples call the test stack.

    It comes last, because it moves the stack's clock a day ahead.
    """
    tests = discover_tests(API_PYTHON, "tests/api", "test_stack.py")
    run_step("API: a generated client", *tests, STACK_JSON=str(TEST_STACK.file))


def check_smoke_on_stack():
    """Takes the walk of `make aws-smoke` on the test stack: what it expects of a real account holds here.

    It comes first, on a fresh stack, as it would there: behind what the tests leave it waits for minutes.
    """
    walk = [sys.executable, "infra/aws_smoke.py", "--local", "--sms", "FR"]
    run_step("smoke test's walk on the test stack", *walk, STACK_JSON=str(TEST_STACK.file))


def check_exports_on_stack():
    """Lets DuckDB load exports of what the smoke test and a campaign of its own have left, and compares them with the reports.

    It comes before the tests, some of which falsify counters: those would not be what the ledger says.
    """
    with timed_step("installing DuckDB"):
        install_tools(DUCKDB_VENVS)
    tests = discover_tests(DUCKDB_PYTHON, "tests/export")
    run_step("exports in a data warehouse", *tests, STACK_JSON=str(TEST_STACK.file))


def check_replay_on_stack():
    """Breaks the reader of webhook events for longer than it is tried again, and replays what it missed."""
    tests = discover_tests(VENV / "python", "tests/replay")
    run_step("a broken reader, and a replay", *tests, STACK_JSON=str(TEST_STACK.file))


def check_preflight_on_stack():
    """Lets preflight tell the test stack what it found; the deployed API reads it."""
    tests = discover_tests(VENV / "python", "tests/preflight", "stack_*.py")
    run_step("preflight stores on the test stack", *tests, STACK_JSON=str(TEST_STACK.file))


def check_restore_on_stack():
    """Restores the test stack's tables under other names, counts their vouchers, and deletes them."""
    drill = [VENV / "python", "infra/restore_drill.py", "--local"]
    run_step("restore drill on the test stack", *drill, STACK_JSON=str(TEST_STACK.file))


def discover_tests(python, folder, files="test*.py"):
    return [python, "-m", "unittest", "discover", "-s", folder, "-p", files]


def check_console():
    """Checks the console as far as it needs no stack."""
    with timed_step("console: build"):
        built = build_console()
    if not built:
        return
    run_side_by_side(provide_browser, check_console_sources)


def provide_browser():
    with timed_step("console: installing a browser"):
        browser.ensure_browser()


def check_console_sources():
    check_generated_client()
    run_side_by_side(
        lambda: run_console_script("console: formatting", "format:check"),
        lambda: run_console_script("console: types", "types"),
        lambda: run_console_script("console: lints", "lint"),
        lambda: run_console_script("console: unit tests", "test"),
        lambda: run_console_script("console: size of the first page", "budget"),
    )


def check_generated_client():
    """Generates the console's API client again; it must be the one that is committed."""
    before = read_generated_client()
    run_console_script("console: client of docs/api/openapi.json", "client")
    if read_generated_client() != before:
        raise StepFailed(
            "console/src/client differs from what docs/api/openapi.json gives: it was generated "
            "again, review and commit it"
        )


def read_generated_client():
    return {path: path.read_bytes() for path in (CONSOLE / "src" / "client").rglob("*.ts")}


def check_console_in_browser():
    """Runs the console's end-to-end tests against the test stack."""
    chromium = os.environ.get("CHROMIUM") or browser.find_browser()
    if not shutil.which("npm") or not chromium:
        say(
            "NOT RUN: the console in a browser, because npm or Chromium is missing "
            "(Debian: apt install chromium)"
        )
        return
    environment = {"STACK_JSON": str(TEST_STACK.file), "CHROMIUM": chromium}
    run_console_script("console: in a browser", "e2e", show_output=True, **environment)


def run_console_script(name, script, **options):
    run_step(name, "npm", "run", "--silent", "--prefix", "console", script, **options)


def check_store_on_moto():
    """Runs the store's contract tests on moto's server (`second_oracle`), beside the browser, which waits."""
    with timed_step("installing moto"):
        install_tools(MOTO_VENVS)
    if not shutil.which("cargo-nextest"):
        say("NOT RUN: the store on moto's server, because cargo-nextest is missing")
        return
    with second_oracle.moto_server() as address:
        # The runner's own profile: it leaves the report of all tests alone.
        command = [*test_runner(), "--profile", "oracle", "-E", second_oracle.CONTRACT]
        run_step("the store on moto's server", *command, AWS_ENDPOINT_URL=address)


def print_fault_matrix():
    """Prints the table that the test `faults` wrote, if it was among the tests that ran."""
    table = TARGET / "tmp" / "fault-matrix.txt"
    if table.exists():
        say("the fault matrix: every answer x channel x death of the worker x delivered twice")
        print(table.read_text(), flush=True)


# ---- running and timing steps ----


class StepTimes:
    """The times of all steps that have ended."""

    def __init__(self):
        self.started = time.monotonic()
        self.steps = []  # (when it started, its seconds, its name)

    def add(self, name, started):
        self.steps.append((started, time.monotonic() - started, name))

    def print_table(self):
        """Prints a line for each step, in the order in which they started, and the total."""
        total = time.monotonic() - self.started
        rows = [(name, seconds) for _, seconds, name in sorted(self.steps)]
        print_times("step", [*rows, ("total (some steps run side by side)", total)])


TIMES = StepTimes()
_stopping = threading.Event()
_failures = []  # of steps that ran side by side; the first one made the others stop


class RunningStep:
    """A command that has been started and runs in the background.

    Its output appears as it comes (`show_output`), or else only if the command fails.
    """

    def __init__(self, name, *command, show_output=False, **environment):
        if _stopping.is_set():
            raise StepFailed(f"{name}: not started, because another step failed")
        say(f"{name} ...")
        self.name, self.command = name, [str(part) for part in command]
        self.started = time.monotonic()
        output = {} if show_output else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            **output,
        )
        FOREGROUND_COMMANDS.add(self.process)

    def finish(self):
        """Waits for the end of the command; raises `StepFailed` unless it succeeded."""
        with waiting_for(self.process):
            output, _ = self.process.communicate()
        TIMES.add(self.name, self.started)
        if self.process.returncode != 0:
            if not _stopping.is_set():
                sys.stderr.buffer.write((output or b"")[-OUTPUT_SHOWN:])
            raise StepFailed(f"{self.name} (`{' '.join(self.command)}`)")
        say(f"{self.name}: ok, {time.monotonic() - self.started:.1f} s")


def run_step(name, *command, **options):
    RunningStep(name, *command, **options).finish()


@contextlib.contextmanager
def timed_step(name):
    """Records the time of a step that is no single command."""
    started = time.monotonic()
    yield
    TIMES.add(name, started)


def run_side_by_side(*sequences):
    """Runs each function in a thread of its own; the first failure stops the others."""
    with ThreadPoolExecutor(len(sequences)) as threads:
        try:
            wait([threads.submit(run_or_stop_all, sequence) for sequence in sequences])
        except BaseException:
            stop_steps()
            raise
    if _failures:
        raise _failures[0]


def run_or_stop_all(sequence):
    try:
        sequence()
    except Exception as failure:
        _failures.append(failure)
        stop_steps()


def stop_steps():
    """Terminates the steps that run and lets no other one start."""
    _stopping.set()
    terminate_foreground()


# ---- the report at the end ----


def print_report():
    TIMES.print_table()
    tests = read_slowest_tests()
    if tests:
        print_times(f"the {len(tests)} slowest tests", tests)


def read_slowest_tests():
    """Returns (name, seconds) of the slowest tests from nextest's report, if it wrote one."""
    try:
        report = xml.parse(JUNIT)
    except (OSError, xml.ParseError):
        return []
    cases = report.iter("testcase")
    tests = [
        (f"{case.get('classname')} {case.get('name')}", float(case.get("time"))) for case in cases
    ]
    return sorted(tests, key=lambda test: test[1], reverse=True)[:SLOWEST_SHOWN]


def print_times(title, rows):
    width = max(len(name) for name, _ in [(title, 0), *rows])
    print(f"\n{title:<{width}}  seconds")
    for name, seconds in rows:
        print(f"{name:<{width}}  {seconds:7.1f}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "tests", nargs="*", help="arguments for the test runner, for example a test's name"
    )
    tests = parser.parse_args().tests
    stack.interrupt_on_sigterm()
    try:
        check_all(tests)
    except StepFailed as failure:
        stop_steps()
        print_report()
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        stop_steps()
        say("interrupted")
        return 130
    print_report()
    say("all steps succeeded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
