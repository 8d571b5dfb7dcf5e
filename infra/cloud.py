#!/usr/bin/env python3
"""The same system for AWS: cross-compile the one binary, then deploy it and the console with the credentials of the shell.

    cloud.py package|check|deploy|destroy [--architecture arm64|x86_64] [--stage dev] [--name vouchers] [--sender address]
             [--parameters 'Name=value ...'] [--console-parameters 'Name=value ...'] [--no-console] [--data]

It reads the work tree and writes `target/lambda/`, where template.yaml looks, and console/dist. Nothing changes in the account before a person has seen the
change set and said yes (CONFIRM=1 says it for a pipeline), and nothing is created for a name, sender, stage or region with which the deployment would
fail: `check` asks about them alone, and `deploy` asks again. A repeated deployment changes what differs and nothing else. After it:
`infra/observability.yaml`, deployed in the same way, and `make preflight`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "local"))
sys.path.insert(1, str(Path(__file__).parent))

from build import PACKAGE, build_console, count_compiled_crates  # noqa: E402 - after the path
from deployment.parameters import WrongParameters, read_parameters, release_of, sam_words, with_rollout  # noqa: E402
from install import CONSOLE, LOCAL, ROOT, SAM, install_tools  # noqa: E402
from preflight.names import STAGES, what_is_wrong, wrong_stack_name  # noqa: E402
from processes import StepFailed, run, say  # noqa: E402
from sdk import SDK_PYTHON, has_sdk, open_session, start_again  # noqa: E402

VENV = LOCAL / "venv-package"
PINS = ROOT / "infra" / "requirements-package.txt"
MAIN, CONSOLE_STACK = ROOT / "template.yaml", ROOT / "infra" / "console.yaml"
GIVEN = {"Stage", "Architecture", "SenderEmail", "Release"}  # by options of their own, or made
GIVEN_TO_CONSOLE = {"ApiId", "UserPoolId", "UserPoolClientId", "SignInDomain", "ImportsBucket"}  # by the main stack


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
    read_all_parameters(options)
    if options.console and not shutil.which("npm"):
        raise StepFailed("npm is needed to build the console: install Node 20 or later, or deploy without it (CONSOLE=0)")
    if any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ):
        raise StepFailed("AWS_ENDPOINT_URL is set in this shell: this would not reach AWS")
    install_tools()
    command = [SDK_PYTHON, ROOT / "infra" / "preflight", "--before-deploy", "--stack", options.name, "--stage", options.stage, "--sender", options.sender]
    if subprocess.run([str(part) for part in command]).returncode == 1:
        raise StepFailed("the account does not take this deployment: see above, nothing was created")


def read_all_parameters(options):
    """Returns the parameters of the main stack and of the console's; raises `StepFailed` for one that does not exist."""
    try:
        main = read_parameters(options.parameters, MAIN.read_text(), GIVEN)
        return main, read_parameters(options.console_parameters, CONSOLE_STACK.read_text(), GIVEN_TO_CONSOLE)
    except WrongParameters as wrong:
        raise StepFailed(str(wrong)) from wrong


# ---- deploy ----


def deploy(options):
    """Deploys the main stack and, unless it is left out, the console with its files."""
    check(options)
    confirmed = os.environ.get("CONFIRM") == "1"
    if not confirmed and not sys.stdin.isatty():
        raise StepFailed("nobody is here to confirm the change set: set CONFIRM=1")
    deployment = Deployment(options, open_session(False), confirmed)
    deployment.deploy_main()
    if options.console:
        deployment.deploy_console()
    deployment.print_addresses()
    return 0


class Deployment:
    """One deployment: its parameters, its clients, and the stacks as they are found."""

    def __init__(self, options, session, confirmed):
        self.options, self.session, self.confirmed = options, session, confirmed
        self.cloudformation = session.client("cloudformation")
        self.console = f"{options.name}-console"
        typed, self.for_console = read_all_parameters(options)
        self.console_address_typed = "ConsoleOrigin" in typed
        self.parameters = with_rollout(typed, options.stage) | {
            "Stage": options.stage, "Architecture": options.architecture, "SenderEmail": options.sender,
        }
        self.parameters["Release"] = release_of(PACKAGE.read_bytes(), MAIN.read_text(), self.parameters)

    def deploy_main(self):
        """Takes over what an earlier stack of the name left, then runs `sam deploy`."""
        from deployment.stacks import read_stack

        before = read_stack(self.cloudformation, self.console) if self.options.console else None
        if before and not self.console_address_typed:
            self.parameters["ConsoleOrigin"] = before.outputs["Address"]
        main = read_stack(self.cloudformation, self.options.name)
        if main is None:
            self.adopt_kept()
        elif main.status == "ROLLBACK_COMPLETE":
            raise StepFailed(
                f"the first deployment of {self.options.name} failed, and CloudFormation keeps the empty rest of it: "
                f"`make destroy STACK={self.options.name}`, then deploy again"
            )
        else:
            self.refuse_to_leave(main.parameters.get("Stage", self.options.stage))
        if self.options.stage != "prod":
            say(f"STAGE={self.options.stage}: the tables of this stack are not protected from deletion; STAGE=prod protects them")
        self.run_main()

    def refuse_to_leave(self, deployed):
        """Raises `StepFailed` where this deployment would make less of a stack's stage, mostly because none was typed."""
        if STAGES.index(self.options.stage) < STAGES.index(deployed):
            raise StepFailed(
                f"{self.options.name} is deployed as {deployed}, and STAGE={self.options.stage} would take its protection away: "
                f"say STAGE={deployed}. A stack does not go back to {self.options.stage}"
            )

    def run_main(self):
        """Runs `sam deploy` of the main stack; raises `StepFailed` if what was asked for is not deployed afterwards."""
        from deployment.stacks import read_stack

        self.run_sam(MAIN, self.options.name, self.parameters)
        main = read_stack(self.cloudformation, self.options.name)
        if main is None or main.parameters.get("Release") != self.parameters["Release"]:
            raise StepFailed(f"{self.options.name} was not changed, so nothing after it is")
        return main

    def adopt_kept(self):
        """Imports what deleting an earlier stack of this name has kept."""
        from deployment.retained import NotAdoptable, adopt, find_kept, refuse_without_addresses
        from preflight.wanted import Template

        template = Template()
        try:
            kept = find_kept(self.session, template, self.options.name)
            refuse_without_addresses(kept)
        except NotAdoptable as failure:
            raise StepFailed(str(failure)) from failure
        if not kept:
            return
        say(f"an earlier stack called {self.options.name} has left, and the new one takes over:")
        for each in kept:
            print(f"    {each.kind:30} {each.name}{' (to be deleted: it is restored)' if each.scheduled else ''}")
        if not self.confirmed and input("Take them over? [y/N] ").strip().lower() != "y":
            raise StepFailed("nothing was changed. `make destroy DATA=delete` deletes them")
        adopt(self.session, template.main, self.options.name, kept, self.parameters)

    def deploy_console(self):
        """Deploys the console's stack, brings its files up to date, and lets the API know its address."""
        from deployment.console import parameters_of_console, upload
        from deployment.stacks import read_resources, read_stack

        main = read_stack(self.cloudformation, self.options.name)
        api = read_resources(self.cloudformation, self.options.name)["HttpApi"]
        self.run_sam(CONSOLE_STACK, self.console, parameters_of_console(main, api, self.for_console))
        console = read_stack(self.cloudformation, self.console)
        if console is None:
            raise StepFailed(f"{self.console} was not deployed: deploy again, or with CONSOLE=0")
        if not build_console():
            raise StepFailed("the console was not built: npm is missing")
        sent, old = upload(self.session.client("s3"), console.outputs["Bucket"], CONSOLE / "dist", console.outputs["Config"])
        say(f"the console: {sent} files sent, {old} old ones deleted")
        if not self.console_address_typed and main.parameters.get("ConsoleOrigin") != console.outputs["Address"]:
            say(f"letting {self.options.name} know the console's address")
            self.parameters["ConsoleOrigin"] = console.outputs["Address"]
            self.run_main()

    def run_sam(self, template, name, parameters):
        """Runs `sam deploy`, which shows the change set and asks unless CONFIRM=1."""
        command = [SAM, "deploy", "--template-file", template, "--stack-name", name, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
                   "--no-fail-on-empty-changeset", "--no-confirm-changeset" if self.confirmed else "--confirm-changeset",
                   "--parameter-overrides", *sam_words(parameters)]
        if subprocess.run([str(part) for part in command], env=os.environ | {"SAM_CLI_TELEMETRY": "0"}).returncode:
            raise StepFailed(f"sam deploy of {name} failed: see above")

    def print_addresses(self):
        """Prints where the API and the console are."""
        from deployment.stacks import read_stack

        main = read_stack(self.cloudformation, self.options.name)
        console = read_stack(self.cloudformation, self.console)
        say(f"API {main.outputs['ApiUrl']}" + (f", console {console.outputs['Address']}" if console else ""))


# ---- destroy ----


def destroy(options):
    """Deletes the stacks of a deployment after their name was typed once more, and tells what is kept."""
    from deployment.removal import destroy as remove
    from deployment.retained import NotAdoptable
    from preflight.wanted import Template

    if wrong := wrong_stack_name(options.name):
        raise StepFailed(wrong)
    session = open_session(False)
    account = session.client("sts").get_caller_identity()["Account"]
    what = "AND ALL ITS DATA: customers, vouchers, campaigns, opt-outs, operators, pictures" if options.data else "and not its data"
    say(f"this deletes the stack {options.name} in account {account}, {session.region_name}, {what}")
    typed = os.environ.get("CONFIRM") or (input("Type the name of the stack to go on: ") if sys.stdin.isatty() else "")
    if typed != options.name:
        raise StepFailed(f"nothing was deleted: the name of the stack was not typed (CONFIRM={options.name} types it for a pipeline)")
    try:
        kept = remove(session, Template(), options.name, options.data, say)
    except NotAdoptable as failure:
        raise StepFailed(f"the stacks are deleted; what they keep is not: {failure}") from failure
    if kept:
        say("kept, and taken over by the next `make deploy` of this name (secrets for 30 days):")
        for each in kept:
            print(f"    {each.kind:30} {each.name}")
    return 0


def answered(command, options):
    """Runs a command; what AWS refuses on the way ends it with AWS's own words."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return command(options)
    except (BotoCoreError, ClientError) as error:
        raise StepFailed(str(error)) from error


def read_options(arguments):
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["package", "check", "deploy", "destroy"])
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--name", default="vouchers")
    parser.add_argument("--sender", default="")
    parser.add_argument("--parameters", default="", help="further parameters of template.yaml, with blanks between")
    parser.add_argument("--console-parameters", default="", help="further parameters of infra/console.yaml")
    parser.add_argument("--no-console", dest="console", action="store_false", help="leave the console as it is")
    parser.add_argument("--data", action="store_true", help="destroy: the data too")
    return parser.parse_args(arguments)


def main():
    options = read_options(sys.argv[1:])
    if options.command in ("deploy", "destroy") and not has_sdk():
        return start_again(__file__)
    try:
        match options.command:
            case "package":
                package(options.architecture)
            case "check":
                check(options)
            case "deploy":
                return answered(deploy, options)
            case "destroy":
                return answered(destroy, options)
        return 0
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
