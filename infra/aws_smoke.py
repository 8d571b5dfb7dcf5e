#!/usr/bin/env python3
"""A smoke test in a real account: deploys a stack, sends one small campaign, checks what came back, and destroys the stack.

    aws_smoke.py --sender address [--stack vouchers-smoke] [--sms FR] [--keep] [--local]

Fifty customers have addresses of SES's mailbox simulator, which bounce, complain or take the mail; with `--sms` two more have numbers of the
SMS simulator of that country. It says what it costs and asks before it begins (CONFIRM=1 says yes for a pipeline). It works with
SES in its sandbox. `--local` takes the same walk on the local stack that is up, with the provider emulator, and deploys and
destroys nothing. Exit code 1 if anything ended otherwise than it should; the stack is destroyed all the same, unless `--keep`.
"""

import argparse
import json
import os
import secrets as random
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parent / "local"))
sys.path.insert(2, str(Path(__file__).parent / "local" / "demo"))

import api_keys  # noqa: E402 - after the path
from api import AppBackend, Operator, find_api_problem, sign_in  # noqa: E402
from preflight.names import what_is_wrong  # noqa: E402
from processes import StepFailed, say  # noqa: E402
from sdk import has_sdk, open_session, read_local_stack, start_again  # noqa: E402
from smoke.people import CUSTOMERS, SMS_NUMBERS, people  # noqa: E402
from smoke.walk import EVENT_SECONDS, Walk  # noqa: E402

OPERATOR = "smoke-test"
# The most that a run costs, in dollars of us-east-1: what is counted by the piece, and an hour of what is counted by the month.
COSTS = {
    "e-mails": CUSTOMERS * 0.0001,
    "two SMS, if asked for": 0.15,
    "tables, queues, functions, the API": 0.01,
    "five secrets and their reads": 5 * 0.40 / 720 + 0.001,
    "logs and the bucket of the package": 0.01,
}
PARAMETERS = "QuietHours=none EmailRatePerSecond=1 SmsRatePerSecond=1 LogRetentionDays=1"
SIGN_IN_SECONDS = 120  # until a new stack's address is known everywhere
LOCAL_EVENT_SECONDS = 60
# The provider emulator has a shorter word for the address on the account's suppression list.
EMULATED = {"suppressionlist": "suppressed"}
EMULATED_FAILURE = "+337{}999901"  # and an end for numbers that take no SMS; each run has another, since it is suppressed


def deploy(options):
    """Deploys the stack without its console, by the same command as any other."""
    command = [sys.executable, Path(__file__).parent / "cloud.py", "deploy", "--stage", "test", "--name", options.stack,
               "--sender", options.sender, "--parameters", PARAMETERS, "--architecture", options.architecture, "--no-console"]
    if subprocess.run([str(part) for part in command], env=os.environ | {"CONFIRM": "1"}).returncode:
        raise StepFailed("the stack was not deployed: see above")


def destroy(options):
    """Destroys the stack with all its data."""
    command = [sys.executable, Path(__file__).parent / "cloud.py", "destroy", "--name", options.stack, "--data"]
    if subprocess.run([str(part) for part in command], env=os.environ | {"CONFIRM": options.stack}).returncode:
        raise StepFailed(f"{options.stack} was not destroyed: `make destroy STACK={options.stack} DATA=delete`, or it goes on costing")


def callers_of_stack(session, stack):
    """Returns the app backend and an operator of a deployed stack; the operator is made."""
    from deployment.stacks import read_stack

    found = read_stack(session.client("cloudformation"), stack)
    outputs = found.outputs
    value = session.client("secretsmanager").get_secret_value(SecretId=outputs["WebhookSecretArn"])["SecretString"]
    key = next(key for key in api_keys.listed_keys(json.loads(value)) if not key.get("revoked_at"))
    users, pool, password = session.client("cognito-idp"), outputs["UserPoolId"], f"Aa1{random.token_urlsafe(24)}"
    try:
        users.admin_create_user(UserPoolId=pool, Username=OPERATOR, MessageAction="SUPPRESS", TemporaryPassword=password)
    except users.exceptions.UsernameExistsException:
        pass  # an earlier run was kept
    users.admin_set_user_password(UserPoolId=pool, Username=OPERATOR, Password=password, Permanent=True)
    users.admin_add_user_to_group(UserPoolId=pool, Username=OPERATOR, GroupName="admin")
    token = users.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=outputs["UserPoolClientId"], AuthParameters={"USERNAME": OPERATOR, "PASSWORD": password}
    )["AuthenticationResult"]["AccessToken"]
    wait_for_api(outputs["ApiUrl"])
    return AppBackend(outputs["ApiUrl"], key["key_id"], key["secrets"][0]), Operator(outputs["ApiUrl"], token)


def wait_for_api(url):
    """Waits until the API answers, which a new one does a little after its stack is complete."""
    deadline = time.monotonic() + SIGN_IN_SECONDS
    while problem := find_api_problem(url):
        if time.monotonic() > deadline:
            raise StepFailed(f"the API does not answer: {problem}")
        time.sleep(3)


def callers_of_local_stack():
    """Returns the app backend and the administrator of the local stack."""
    stack = read_local_stack()
    token = sign_in(stack["endpoint_url"], stack["client_id"], stack["admin_username"], stack["admin_password"])
    return AppBackend(stack["api_url"], stack["webhook_key_id"], stack["webhook_secret"]), Operator(stack["api_url"], token)


def confirm(options):
    """Says what will happen and what it costs at most, and asks."""
    print(f"This deploys {options.stack}, sends {CUSTOMERS} e-mails from {options.sender} to the mailbox simulator"
          f"{', 2 SMS to the simulator of ' + options.sms if options.sms else ''}, and destroys the stack with its data. At most, in dollars:")
    for name, dollars in COSTS.items():
        print(f"    {name:40} {dollars:6.3f}")
    print(f"    {'together':40} {sum(COSTS.values()):6.3f}")
    if os.environ.get("CONFIRM") != "1":
        if not sys.stdin.isatty() or input("Go on? [y/N] ").strip().lower() != "y":
            raise StepFailed("nothing was deployed (CONFIRM=1 says yes for a pipeline)")


def walk(callers, options):
    """Walks the campaign and prints how it ended; returns what is wrong."""
    run = f"smoke{random.token_hex(4)}"
    numbers = SMS_NUMBERS[options.sms] if options.sms else None
    if numbers and options.local:
        numbers = (numbers[0], EMULATED_FAILURE.format(random.randbelow(90) + 10))
    sent_to = people(run, numbers, EMULATED if options.local else None)
    steps = Walk(*callers, run, sent_to, say, patience=LOCAL_EVENT_SECONDS if options.local else EVENT_SECONDS)
    wrong = steps.walk()
    for name, seconds in steps.seconds.items():
        print(f"    {name:40} {seconds:7.1f} s")
    for sentence in wrong:
        print(f"    WRONG: {sentence}")
    print(f"    {len(steps.people)} customers, {len(wrong)} things wrong")
    return wrong


def run(options):
    """Runs the whole test; returns the exit code."""
    if options.local:
        return 1 if walk(callers_of_local_stack(), options) else 0
    if wrong := what_is_wrong(options.stack, options.sender, "test"):
        raise StepFailed("; ".join(wrong))
    session = open_session(False)
    confirm(options)
    try:
        deploy(options)
        wrong = walk(callers_of_stack(session, options.stack), options)
    finally:
        if options.keep:
            say(f"{options.stack} stays: `make destroy STACK={options.stack} DATA=delete`")
        else:
            destroy(options)
    return 1 if wrong else 0


def read_options(arguments):
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(prog="aws-smoke", description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="vouchers-smoke")
    parser.add_argument("--sender", default="")
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64")
    parser.add_argument("--sms", choices=sorted(SMS_NUMBERS), default=None, help="a country whose simulator numbers get SMS")
    parser.add_argument("--keep", action="store_true", help="leave the stack")
    parser.add_argument("--local", action="store_true", help="walk on the local stack that is up")
    options = parser.parse_args(arguments)
    if options.stack == "vouchers":
        parser.error("the smoke test destroys its stack with all data: it never takes the name of the real one")
    return options


def main():
    options = read_options(sys.argv[1:])
    if not options.local and not has_sdk():
        return start_again(__file__)
    try:
        if options.local:
            return run(options)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return run(options)
        except (BotoCoreError, ClientError) as error:
            raise StepFailed(str(error)) from error
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
