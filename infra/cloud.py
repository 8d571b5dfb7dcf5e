#!/usr/bin/env python3
"""The same system for AWS: cross-compile the one binary, then `sam deploy` with the credentials of the shell.

    cloud.py package|deploy [--architecture arm64|x86_64] [--stage dev] [--name vouchers] [--sender address]

It reads the work tree and writes `target/lambda/`, where template.yaml looks. Nothing changes in the account before a person has seen the change
set and said yes (CONFIRM=1 says it for a pipeline). After it: `infra/observability.yaml`, deployed in the same way.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "local"))

from build import PACKAGE, count_compiled_crates  # noqa: E402 - after the path
from install import LOCAL, ROOT, SAM, install_tools  # noqa: E402
from processes import StepFailed, run, say  # noqa: E402

VENV = LOCAL / "venv-package"
PINS = ROOT / "infra" / "requirements-package.txt"


def package(architecture):
    install_tools({VENV.name: PINS})
    if not shutil.which("cargo"):
        raise StepFailed("Rust is needed: https://rustup.rs")
    say(f"building bootstrap for {architecture} (with optimisation: several minutes the first time)")
    run("cargo lambda build", ["cargo", "lambda", "build", "--release", "--package", "bootstrap", "--output-format", "zip", *(["--arm64"] if architecture == "arm64" else [])],
        LOCAL / "run" / "package.log", cwd=ROOT,
        environment=os.environ | {"PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"},
        progress=count_compiled_crates)
    say(f"{os.path.relpath(PACKAGE)}: {PACKAGE.stat().st_size / 1e6:.1f} MB")


def deploy(options):
    if any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ):
        raise StepFailed("AWS_ENDPOINT_URL is set in this shell: this would not reach AWS")
    confirmed = os.environ.get("CONFIRM") == "1"
    if not confirmed and not sys.stdin.isatty():
        raise StepFailed("nobody is here to confirm the change set: set CONFIRM=1")
    if not options.sender:
        raise StepFailed("SENDER is needed: an e-mail address or domain that SES has verified in this account")
    install_tools()
    sam = [SAM, "deploy", "--template-file", ROOT / "template.yaml", "--stack-name", options.name, "--resolve-s3",
           "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset",
           "--no-confirm-changeset" if confirmed else "--confirm-changeset",
           "--parameter-overrides", f"Stage={options.stage}", f"Architecture={options.architecture}", f"SenderEmail={options.sender}"]
    return subprocess.run([str(part) for part in sam], env=os.environ | {"SAM_CLI_TELEMETRY": "0"}).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["package", "deploy"])
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64")
    parser.add_argument("--stage", choices=["dev", "test", "prod"], default="dev")
    parser.add_argument("--name", default="vouchers")
    parser.add_argument("--sender", default="")
    options = parser.parse_args()
    try:
        if options.command == "package":
            package(options.architecture)
            return 0
        return deploy(options)
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
