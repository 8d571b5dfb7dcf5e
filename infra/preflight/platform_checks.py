"""Checks of what the stack runs on: the account, concurrency, tables, queues, sign-in and addresses.

Asks STS, Lambda, DynamoDB, SQS, Cognito and CloudFormation, and calls the public address once. What
is needed is computed from template.yaml.
"""

import urllib.error
import urllib.request

from .account import Missing
from .findings import GREEN, RED, YELLOW, Finding

GROUP = "Platform"
WRITES_PER_MESSAGE = (
    6  # write units from selection to report, as docs/performance.md promises at most
)
ADDRESS_SECONDS = 10


def check_account(account, wanted):
    """Yields which account and region were asked."""
    answer = account.ask("sts", "GetCallerIdentity")
    yield Finding(
        GROUP, "account", GREEN, f"{answer['Account']}, {account.region}, stage {wanted.stage}"
    )


def check_stack(account, wanted):
    """Yields whether the stack is deployed and at rest."""
    if wanted.deployed is None:
        yield Finding(
            GROUP,
            "stack",
            YELLOW,
            f"{wanted.stack} is not deployed yet",
            "deployed",
            f"make deploy STACK={wanted.stack} STAGE={wanted.stage} "
            f"SENDER={wanted.sender or '...'}",
        )
        return
    status = wanted.deployed["status"]
    good = status.endswith("_COMPLETE") and "ROLLBACK" not in status
    stage = wanted.parameter("Stage")
    yield Finding(
        GROUP,
        "stack",
        GREEN if good else RED,
        f"{wanted.stack}: {status}",
        "complete",
        "CloudFormation console, Events: the first failure says why",
    )
    yield Finding(
        GROUP,
        "stage",
        GREEN if stage == wanted.stage else RED,
        f"deployed as {stage}",
        wanted.stage,
        f"make deploy STAGE={wanted.stage}: prod protects the tables from deletion",
    )


def check_concurrency(account, wanted):
    """Yields whether Lambda may run as many functions at a time as the template's workers need."""
    limit = account.ask("lambda", "GetAccountSettings")["AccountLimit"]
    free = limit["UnreservedConcurrentExecutions"]
    template = wanted.template
    queue_workers = template.queue_workers(wanted.parameter)
    workers = queue_workers + template.stream_readers()
    requests = template.api_requests(wanted.parameter)
    all_of_it = workers + requests
    level = (
        GREEN
        if free >= all_of_it
        else YELLOW
        if free > workers
        else RED
        if wanted.launching
        else YELLOW
    )
    yield Finding(
        GROUP,
        "Lambda concurrency",
        level,
        f"{free:,} unreserved of {limit['ConcurrentExecutions']:,}",
        f"{all_of_it}: {queue_workers} for queues, {template.stream_readers()} for "
        f"streams, {requests} for the API",
        "Service Quotas console, AWS Lambda, Concurrent executions (L-B99A9384); new accounts have "
        "10",
    )


def check_tables(account, wanted):
    """Yields whether DynamoDB's quota of a table carries the rates of all channels together."""
    limits = account.ask("dynamodb", "DescribeLimits")
    needed = sum(wanted.rate(channel) for channel in wanted.channels) * WRITES_PER_MESSAGE
    allowed = limits["TableMaxWriteCapacityUnits"]
    yield Finding(
        GROUP,
        "DynamoDB writes",
        GREEN if allowed >= needed else RED if wanted.launching else YELLOW,
        f"{allowed:,} units a second for a table",
        f"{needed:,} at the rates of {', '.join(wanted.channels)}",
        "Service Quotas console, Amazon DynamoDB, Table-level write throughput limit",
    )


def check_queues(account, wanted):
    """Yields which dead letters wait; before a launch there are none."""
    names = wanted.template.physical_names("AWS::SQS::Queue", "QueueName", wanted.stack).values()
    waiting = {}
    for name in sorted(name for name in names if name.endswith(("-dlq", "-parked-records"))):
        url = account.ask("sqs", "GetQueueUrl", QueueName=name)["QueueUrl"]
        answer = account.ask(
            "sqs",
            "GetQueueAttributes",
            QueueUrl=url,
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        waiting[name] = int(answer["Attributes"]["ApproximateNumberOfMessages"])
    full = {name: count for name, count in waiting.items() if count}
    yield Finding(
        GROUP,
        "dead letters",
        YELLOW if full else GREEN,
        ", ".join(f"{name}: {count:,}" for name, count in full.items())
        or f"none in {len(waiting)} queues",
        "none",
        "docs/operating.md, Queues and their dead letters",
    )


def check_sign_in(account, wanted):
    """Yields how operators sign in, and who mails them."""
    pool = account.ask(
        "cognito-idp", "DescribeUserPool", UserPoolId=wanted.deployed["outputs"]["UserPoolId"]
    )["UserPool"]
    own = (
        pool.get("EmailConfiguration", {}).get("EmailSendingAccount", "COGNITO_DEFAULT")
        == "DEVELOPER"
    )
    yield Finding(
        GROUP,
        "sign-in e-mails",
        GREEN if own else YELLOW,
        "by SES" if own else "by Cognito, 50 a day",
        "by SES, where more than a few operators are invited a day",
        "Cognito console, the pool, Authentication methods, Email: Send email with Amazon SES",
    )
    mfa = pool.get("MfaConfiguration", "OFF")
    yield Finding(
        GROUP,
        "second factor",
        GREEN if mfa == "ON" or wanted.stage != "prod" else YELLOW,
        mfa,
        "ON in prod: operators can write to every customer",
        "deploy with PARAMETERS='OperatorMfa=ON': an authenticator app",
    )
    kept = pool.get("DeletionProtection") == "ACTIVE"
    yield Finding(
        GROUP,
        "user pool",
        GREEN if kept or wanted.stage != "prod" else YELLOW,
        "protected from deletion" if kept else "can be deleted",
        "protected in prod",
        "deploy with STAGE=prod: template.yaml protects it",
    )


def check_addresses(account, wanted, reach=None):
    """Yields whether the public address answers by https, and which pages may call it."""
    reach = reach or reach_by_https
    public = wanted.parameter("PublicUrl")
    address = public or wanted.deployed["outputs"]["ApiUrl"]
    status = reach(f"{address.rstrip('/')}/v1/openapi.json")
    lasting = bool(public) or wanted.stage != "prod"
    yield Finding(
        GROUP,
        "public address",
        RED if status != 200 else GREEN if lasting else YELLOW,
        f"{address}: {status}",
        "200"
        if lasting
        else "200, under a domain of your own: a new API has a new address, and links in sent messages die",
        "deploy with PARAMETERS='PublicUrl=https://...' and map the domain to the API (API Gateway "
        "console, Custom domain names)",
    )
    origin = wanted.parameter("ConsoleOrigin")
    here = origin.startswith("http://localhost")
    status = None if here else reach(origin)
    good = status == 200 or (here and wanted.stage != "prod")
    yield Finding(
        GROUP,
        "console origin",
        GREEN if good else RED if wanted.stage == "prod" and here else YELLOW,
        origin if here else f"{origin}: {status}",
        "the console's own address, 200",
        "docs/console.md, Hosting; then deploy with PARAMETERS='ConsoleOrigin=https://...'",
    )


def reach_by_https(address):
    """Returns the status that an address answers, or what went wrong."""
    if not address.startswith("https://"):
        return "not https"
    try:
        with urllib.request.urlopen(address, timeout=ADDRESS_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def read_stack(account, name):
    """Returns parameters, outputs and status of a deployed stack, or None."""
    try:
        [stack] = account.ask("cloudformation", "DescribeStacks", StackName=name)["Stacks"]
    except Missing:
        return None
    return {
        "status": stack["StackStatus"],
        "parameters": {
            item["ParameterKey"]: item.get("ParameterValue", "")
            for item in stack.get("Parameters", [])
        },
        "outputs": {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])},
    }


BEFORE = (check_account, check_stack, check_concurrency, check_tables)
DEPLOYED = (check_queues, check_sign_in, check_addresses)
