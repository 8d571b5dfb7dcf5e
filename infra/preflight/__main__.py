"""The command: asks the account and prints the table and the ramp.

    python3 infra/preflight [--stack vouchers] [--stage prod] [--sender address] [--countries ES,PT]
                            [--messages 100000] [--channels email,sms,push] [--region ...] [--json] [--store]

Uses the credentials of the shell, and only reads; `--store` also tells the deployed stack, which then
refuses larger launches while something is red. Exit codes: 0 ready, 1 something is red, 3 nothing
is red and something is unknown. `--before-deploy` asks only what can be known before anything exists.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent
sys.path[0] = str(INFRA)
sys.path.insert(1, str(INFRA / "local"))

from preflight.names import STAGES, what_is_wrong, wrong_stack_name  # noqa: E402 - after the path


def parse_arguments(arguments):
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="preflight", description="Asks an AWS account whether it is ready for a launch."
    )
    parser.add_argument("--stack", default="vouchers")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument(
        "--sender", default="", help="the From address; of a deployed stack its own if not given"
    )
    parser.add_argument("--countries", default="", help="where SMS go, as ISO codes: ES,PT")
    parser.add_argument("--messages", type=int, default=0, help="the size of the first campaign")
    parser.add_argument("--channels", default="email,sms,push")
    parser.add_argument("--region", default=None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--store", action="store_true", help="also tell the deployed stack what was found"
    )
    parser.add_argument(
        "--before-deploy", action="store_true", help="only the name, the region and the sender"
    )
    options = parser.parse_args(arguments)
    options.countries = tuple(
        code.strip().upper() for code in options.countries.split(",") if code.strip()
    )
    options.channels = tuple(name.strip() for name in options.channels.split(",") if name.strip())
    if wrong := [code for code in options.countries if len(code) != 2 or not code.isalpha()]:
        parser.error(f"a country is two letters, not {', '.join(wrong)}")
    if set(options.channels) - {"email", "sms", "push"} or not options.channels:
        parser.error("channels are email, sms and push")
    if options.messages < 0:
        parser.error("messages cannot be fewer than none")
    if options.store and options.before_deploy:
        parser.error("before a deployment there is nowhere to store it")
    return options


def has_libraries():
    """Returns true if this Python has boto3 and a reader of YAML."""
    try:
        import boto3  # noqa: F401 - only whether it is there
        import yaml  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True


def read_wanted(options, account):
    """Returns what is wanted, with the stack as it is deployed, and why it may not be known."""
    from preflight.account import Refused, Unanswered
    from preflight.findings import UNKNOWN, Finding
    from preflight.platform_checks import GROUP, read_stack
    from preflight.wanted import Wanted

    unknown = []
    try:
        deployed = read_stack(account, options.stack)
    except (Refused, Unanswered) as error:
        deployed = None
        mend = f"grant {error} to these credentials" if isinstance(error, Refused) else str(error)
        unknown.append(Finding(GROUP, "deployed stack", UNKNOWN, "may not be asked", "", mend))
    sender = options.sender or (deployed or {}).get("parameters", {}).get("SenderEmail", "")
    wanted = Wanted(
        options.stack,
        options.stage,
        sender,
        options.countries,
        options.messages,
        options.channels,
        deployed=deployed,
    )
    return wanted, unknown


def ask_before_deploy(account, options):
    """Returns the findings that stop a deployment before it creates anything."""
    from preflight import email_checks
    from preflight.account import Refused, Unanswered
    from preflight.findings import GREEN, RED, Finding
    from preflight.runner import run_check
    from preflight.wanted import Wanted

    group = "Before the deployment"
    known = account.serves("lambda")
    findings = [
        Finding(
            group,
            "region",
            GREEN if known else RED,
            account.region,
            "a region of AWS",
            "set AWS_DEFAULT_REGION",
        )
    ]
    try:
        number = account.ask("sts", "GetCallerIdentity")["Account"]
    except (Refused, Unanswered) as error:
        return [
            *findings,
            Finding(
                group,
                "account",
                RED,
                str(error),
                "credentials",
                "set AWS_PROFILE, or sign in again",
            ),
        ]
    findings.append(Finding(group, "account", GREEN, number))
    wanted = Wanted(options.stack, options.stage, options.sender)
    asked = run_check(email_checks.GROUP, email_checks.check_sender, account, wanted)
    return findings + [finding for finding in asked if finding.check == "sender"]


def answer(options, account):
    """Asks the account, prints what it says, and returns the exit code."""
    from preflight import findings as report
    from preflight import ramp, stored
    from preflight.runner import run_checks
    from preflight.sms_checks import lowest_limit

    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    if options.before_deploy:
        found = ask_before_deploy(account, options)
        print(report.render_table(found, colour))
        return report.exit_code(found)
    wanted, unknown = read_wanted(options, account)
    if wrong := what_is_wrong(wanted.stack, wanted.sender, wanted.stage):
        print("\n".join(wrong), file=sys.stderr)
        return report.EXIT_RED
    found = unknown + run_checks(account, wanted)
    spend = lowest_limit(account, wanted) if "sms" in wanted.channels else None
    lanes, not_known = ramp.make_plan(account, wanted, spend)
    now = stored.read_clock()
    kept = stored.make_report(found, account.region, wanted, now)
    if options.json:
        plan = ramp.ramp_as_json(wanted, lanes, not_known)
        print(json.dumps(report.as_json(found, kept, plan), indent=2))
    else:
        print(report.render_table(found, colour))
        if wanted.messages:
            print("\n" + ramp.render_ramp(wanted, lanes, not_known))
    if options.store and not store_findings(account, wanted, kept, now):
        return report.EXIT_RED
    return report.exit_code(found)


def store_findings(account, wanted, kept, now):
    """Tells the deployed stack; returns false, and says why, if that did not work."""
    from preflight import stored
    from preflight.account import Missing, Refused, Unanswered

    try:
        version = stored.store_report(account, wanted.stack, kept, now)
    except Refused as error:
        print(f"not stored: grant {error} to these credentials", file=sys.stderr)
    except (Missing, Unanswered) as error:
        print(f"not stored: {error}", file=sys.stderr)
    else:
        print(f"stored as version {version} of the stack's readiness", file=sys.stderr)
        return True
    return False


def main():
    options = parse_arguments(sys.argv[1:])
    if wrong := wrong_stack_name(options.stack):
        print(wrong, file=sys.stderr)
        return 1
    if not has_libraries():
        from install import LOCAL, install_tools

        install_tools()
        python = LOCAL / "venv-sam" / "bin" / "python"
        return subprocess.run([python, Path(__file__).parent, *sys.argv[1:]]).returncode
    from preflight.account import Account

    account = Account(options.region)
    if not account.region:
        print("no region: set AWS_DEFAULT_REGION, or a profile that has one", file=sys.stderr)
        return 1
    return answer(options, account)


if __name__ == "__main__":
    sys.exit(main())
