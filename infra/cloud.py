#!/usr/bin/env python3
"""The same system for AWS: cross-compile the one binary, then `sam deploy` with the credentials of the shell.

    cloud.py package|check|deploy [--architecture arm64|x86_64] [--stage dev] [--name vouchers] [--sender address] [--parameters 'Name=value ...']

It reads the work tree and writes `target/lambda/`, where template.yaml looks. Nothing changes in the account before a person has seen the change
set and said yes (CONFIRM=1 says it for a pipeline), and nothing is created for a name, sender, stage or region with which the deployment would fail:
`check` asks about them alone, and `deploy` asks again. After it: `infra/observability.yaml`, deployed in the same way, and `make preflight`.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "local"))
sys.path.insert(1, str(Path(__file__).parent))

from build import PACKAGE, count_compiled_crates  # noqa: E402 - after the path
from install import LOCAL, ROOT, SAM, install_tools  # noqa: E402
from preflight.names import STAGES, what_is_wrong  # noqa: E402
from processes import StepFailed, run, say  # noqa: E402

VENV = LOCAL / "venv-package"
PINS = ROOT / "infra" / "requirements-package.txt"
SDK_PYTHON = LOCAL / "venv-sam" / "bin" / "python"  # sam brings boto3
PARAMETER = re.compile(r"[A-Za-z0-9]+=\S*")
GIVEN = {"Stage", "Architecture", "SenderEmail"}  # by options of their own


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


def check(options):
    """Raises `StepFailed` if the deployment would fail by what was typed; creates nothing."""
    if wrong := what_is_wrong(options.name, options.sender, options.stage):
        raise StepFailed("; ".join(wrong))
    read_parameters(options.parameters)
    if any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ):
        raise StepFailed("AWS_ENDPOINT_URL is set in this shell: this would not reach AWS")
    install_tools()
    command = [SDK_PYTHON, ROOT / "infra" / "preflight", "--before-deploy", "--stack", options.name, "--stage", options.stage, "--sender", options.sender]
    if subprocess.run([str(part) for part in command]).returncode == 1:
        raise StepFailed("the account does not take this deployment: see above, nothing was created")


def read_parameters(text):
    """Returns further parameters of the template, `Name=value` with blanks between."""
    words = text.split()
    for word in words:
        if not PARAMETER.fullmatch(word) or word.split("=")[0] in GIVEN:
            raise StepFailed(f"PARAMETERS has {word}: Name=value is meant, with blanks between, and not {', '.join(sorted(GIVEN))}")
    template = (ROOT / "template.yaml").read_text()
    for name in (word.split("=")[0] for word in words):
        if not re.search(rf"^  {name}: {{Type:", template, re.MULTILINE):
            raise StepFailed(f"PARAMETERS has {name}, and template.yaml has no such parameter")
    return words


def deploy(options):
    check(options)
    confirmed = os.environ.get("CONFIRM") == "1"
    if not confirmed and not sys.stdin.isatty():
        raise StepFailed("nobody is here to confirm the change set: set CONFIRM=1")
    sam = [SAM, "deploy", "--template-file", ROOT / "template.yaml", "--stack-name", options.name, "--resolve-s3",
           "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset",
           "--no-confirm-changeset" if confirmed else "--confirm-changeset",
           "--parameter-overrides", f"Stage={options.stage}", f"Architecture={options.architecture}", f"SenderEmail={options.sender}",
           *read_parameters(options.parameters)]
    if options.stage != "prod":
        say(f"STAGE={options.stage}: the tables of this stack are not protected from deletion; STAGE=prod protects them")
    return subprocess.run([str(part) for part in sam], env=os.environ | {"SAM_CLI_TELEMETRY": "0"}).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["package", "check", "deploy"])
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--name", default="vouchers")
    parser.add_argument("--sender", default="")
    parser.add_argument("--parameters", default="", help="further parameters of template.yaml, with blanks between")
    options = parser.parse_args()
    try:
        if options.command == "package":
            package(options.architecture)
            return 0
        if options.command == "check":
            check(options)
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
