#!/usr/bin/env python3
"""Everything `make test` means, one step after the other with its time; the first that fails ends it and shows its output.

Quick steps come first. The whole-system tests and the store's contract tests run on a stack of their own (`.local/test`), made fresh here and
stopped at the end whatever happens. It reads the work tree, writes `.local/` and `target/` and leaves nothing running.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import browser
import privacy
import stack
from processes import Failed, say

VENV = stack.LOCAL / "venv-sam" / "bin"
TEMPLATES = ["template.yaml", "infra/observability.yaml", "infra/console.yaml"]
TEST_STACK = stack.STACKS["test"]
TEST_CRATES = [part for crate in ("system-tests", "benchmarks", "testkit", "memory-aws", "simulator") for part in ("--exclude", crate)]
# A test that meets what it did not expect shall fail, whatever it was; and helpers of integration tests are tests too.
FINE_IN_TESTS = [part for lint in ("wildcard_enum_match_arm", "indexing_slicing", "unwrap_used", "expect_used", "panic", "cloned_ref_to_slice_refs")
                 for part in ("-A", f"clippy::{lint}")] + ["-A", "unfulfilled_lint_expectations"]


class Step:
    """One step, begun; its output is shown as it comes (`show`) or, by `ended`, only if it fails."""

    def __init__(self, name, *command, show=False, **environment):
        say(f"{name} ...")
        self.name, self.command, self.began = name, [str(part) for part in command], time.monotonic()
        kept = {} if show else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(self.command, cwd=stack.ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, **kept)

    def ended(self):
        try:
            output, _ = self.process.communicate()
        except BaseException:
            self.process.kill()
            raise
        if self.process.returncode != 0:
            sys.stderr.buffer.write((output or b"")[-12_000:])
            raise Failed(f"{self.name} (`{' '.join(self.command)}`)")
        say(f"{self.name}: ok, {time.monotonic() - self.began:.1f} s")


def step(name, *command, **options):
    Step(name, *command, **options).ended()


def cargo_tests():
    """nextest where it is installed (it ends a test that hangs), else cargo's own runner. Same profile as the binaries: one build for both."""
    if shutil.which("cargo-nextest"):
        return ["cargo", "nextest", "run", "--workspace", "--cargo-profile", "local"]
    return ["cargo", "test", "--workspace", "--profile", "local", "--quiet"]


def check(tests):
    step("formatting", "cargo", "fmt", "--all", "--check")
    if not (stack.ROOT / "target" / "local").exists():
        # from nothing, what would help the next build only costs time
        os.environ.setdefault("CARGO_INCREMENTAL", "0")
    clippy = ["cargo", "clippy", "--profile", "local", "--quiet", "--workspace"]
    # the compiler has two cores to itself while tools are fetched and installed
    lints = Step("lints: what ships", *clippy, *TEST_CRATES, "--", "-D", "warnings", show=True)
    try:
        python_steps()
    except BaseException:
        lints.process.kill()
        raise
    lints.ended()
    step("lints: tests", *clippy, "--all-targets", "--", "-D", "warnings", *FINE_IN_TESTS, show=True)
    try:
        stack.up(TEST_STACK, fresh=True)
        say(f"the test stack is up at {TEST_STACK.endpoint}")
        step("tests", *cargo_tests(), *tests, show=True, STACK_JSON=str(TEST_STACK.file))
        show_fault_matrix()
        browser_steps()
    finally:
        stack.down(TEST_STACK)
    if not tests:
        privacy.check(TEST_STACK.home / "state")


def show_fault_matrix():
    """What the test `faults` wrote, if it was among those that ran."""
    table = Path(os.environ.get("CARGO_TARGET_DIR", stack.ROOT / "target")) / "tmp" / "fault-matrix.txt"
    if table.exists():
        say("the fault matrix: every answer x channel x death of the worker x delivered twice")
        print(table.read_text(), flush=True)


def python_steps():
    stack.setup()
    console_steps()
    step("template: cfn-lint", VENV / "cfn-lint", *TEMPLATES)
    step("template: sam validate", VENV / "sam", "validate", "--lint", "--template", "template.yaml", "--region", stack.REGION, SAM_CLI_TELEMETRY="0")
    step("template: what linters do not check", VENV / "python", "-m", "unittest", "discover", "-s", "tests/template")
    step("demo: its own tests", sys.executable, "-m", "unittest", "discover", "-s", "infra/local/demo")


def console_steps():
    """The console without a stack: its client is the document's, types, lints, words, and what its first page weighs."""
    if not stack.build_console():
        return
    browser.ready()
    npm = ["npm", "run", "--silent", "--prefix", "console"]
    before = sources_of_client()
    step("console: client from docs/api/openapi.json", *npm, "client")
    if sources_of_client() != before:
        raise Failed("console/src/client is not what docs/api/openapi.json gives: it was written anew, look at it and commit it")
    step("console: types", *npm, "types")
    step("console: lints", *npm, "lint")
    step("console: its own tests", *npm, "test")
    step("console: the first page's budget", *npm, "budget")


def sources_of_client():
    return {path: path.read_bytes() for path in (stack.ROOT / "console" / "src" / "client").rglob("*.ts")}


def browser_steps():
    """The console in a browser, against the test stack."""
    chromium = os.environ.get("CHROMIUM") or browser.find()
    if not shutil.which("npm") or not chromium:
        say("NOT RUN: the console in a browser, since there is no npm or no Chromium here, and none could be got (Debian: apt install chromium)")
        return
    step("console: in a browser", "npm", "run", "--silent", "--prefix", "console", "e2e", show=True, STACK_JSON=str(TEST_STACK.file), CHROMIUM=chromium)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tests", nargs="*", help="arguments for the test runner, for example a test's name")
    began = time.monotonic()
    stack.end_like_ctrl_c()
    try:
        check(parser.parse_args().tests)
    except Failed as failed:
        failed.tell()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    say(f"all good, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
