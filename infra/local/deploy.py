"""Deploys template.yaml to the local AWS and writes `stack.json`.

Reads template.yaml and the package of the functions; writes to the local AWS and to `stack.json`,
from which the demo, the tests and people start. Before it: stack.py, which has started the local
AWS. Guarantees: a deployment that is up to date is left as it is.
"""

import hashlib
import json
import os
import secrets
import string
import sys
import urllib.request

from build import PACKAGE
from fingerprint import file_digest, read_stamp
from install import ROOT, SAM
from local_aws import REGION, AwsError, LocalAws
from processes import StepFailed, run, say

sys.path.insert(0, str(ROOT / "infra"))
import api_keys  # noqa: E402 - after the path

PACKAGES_BUCKET = "vouchers-packages"  # sam uploads the package to it
ALIAS = "live"  # what template.yaml publishes versions under
GROUPS = ("viewer", "support", "marketer", "approver", "admin")
EMULATOR_DELAY_MS = 300  # between a message and the provider's event about it

# The name of each queue in stack.json, and the beginning of its logical ids in template.yaml.
QUEUES = {
    "expansion": "Expansion",
    "release": "Release",
    "sms": "Sms",
    "email": "Email",
    "push": "Push",
    "feedback": "Feedback",
    "autopilot": "Autopilot",
    "watchdog": "Watchdog",
    "imports": "Imports",
    "exports": "Exports",
}

# Small and fast, where the cloud is large and careful: few segments, and leases so short that the
# message of a killed worker comes back after 30 s.
PARAMETERS = {
    "Stage": "dev",
    "Currency": "EUR",
    "QuietHours": "none",  # tests and the demo send at any hour
    "ScanSegments": 4,
    "WorkerTimeoutSeconds": 5,
    "DispatchesPerBatch": 1,
    "UnknownAfterSeconds": 30,
    "SmsRatePerSecond": 100_000,
    "EmailRatePerSecond": 100_000,
    "PushRatePerSecond": 100_000,
    "PushWorkers": 8,  # on a machine with two cores
    # the stand-in takes any application
    "PushApplications": f"fcm=arn:aws:sns:{REGION}:000000000000:app/GCM/marketplace,"
    f"apns=arn:aws:sns:{REGION}:000000000000:app/APNS/marketplace",
    "LogRetentionDays": 1,
    "WebhookPrivateHosts": "127.0.0.1",
    "Architecture": "arm64" if os.uname().machine == "aarch64" else "x86_64",
}


def deploy_template(stack):
    """Brings the deployment up to date.

    Runs `sam deploy` when the template or a parameter changed, replaces only the functions' code
    when only the binary did, and does nothing otherwise.
    """
    cloud = LocalAws(stack.endpoint)
    parameters = PARAMETERS | {
        "ApiId": stack.api_id,
        "PublicUrl": stack.api_url,
        "ConsoleOrigin": stack.console_url,
        "PicturesUrl": stack.console_url,
    }
    template = file_digest(ROOT / "template.yaml") + json.dumps(parameters, sort_keys=True)
    wanted = {"template": template, "code": file_digest(PACKAGE)}
    # The local AWS itself stores what is deployed, so the note lives and dies with the deployment.
    deployed = cloud.get_parameter("deployed") or {}
    existing = cloud.describe_stack("vouchers")
    status = existing["status"] if existing else ""
    if status == "ROLLBACK_COMPLETE":
        raise StepFailed(
            "the first deployment of this stack failed, and CloudFormation keeps the rest of it: "
            "run `make clean`, then try again"
        )
    usable = status.endswith("_COMPLETE") and "ROLLBACK" not in status
    if usable and deployed == wanted:
        return
    cloud.put_parameter("deployed", {})
    if usable and deployed.get("template") == wanted["template"]:
        update_function_code(cloud, existing["resources"])
    else:
        release = release_of(PACKAGE.read_bytes(), template.encode())
        run_sam_deploy(stack, cloud, parameters | {"Release": release})
    cloud.put_parameter("deployed", wanted)


def release_of(*parts):
    """Returns the parameter `Release`: the digest of all that a version of the functions is made of."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:10]


def update_function_code(cloud, resources):
    functions = [name for logical, name in resources.items() if logical.endswith("Function")]
    say(f"replacing the code of {len(functions)} functions")
    package = PACKAGE.read_bytes()
    for function in functions:
        cloud.update_function_code(function, package)
        cloud.publish_version(function, ALIAS)


def run_sam_deploy(stack, cloud, parameters):
    say("deploying template.yaml with sam")
    cloud.create_bucket(PACKAGES_BUCKET)
    command = [SAM, "deploy", "--template-file", ROOT / "template.yaml"]
    command += ["--stack-name", "vouchers", "--s3-bucket", PACKAGES_BUCKET, "--region", REGION]
    command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
    command += ["--no-fail-on-empty-changeset", "--no-progressbar", "--parameter-overrides"]
    command += [f"{name}={value}" for name, value in parameters.items()]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(stack.home / "run"),
        "LANG": "C.UTF-8",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    run("sam deploy", command, stack.deploy_log, environment, cwd=stack.home / "run")


# ---- stack.json ----


def write_stack_file(stack):
    """Writes `stack.json`: addresses, secret, users, tables, queues and functions.

    Creates one user for each group, and tells the provider emulator where to report.
    """
    cloud = LocalAws(stack.endpoint)
    deployed = cloud.describe_stack("vouchers")
    outputs, resources = deployed["outputs"], deployed["resources"]
    users = ensure_users(stack, cloud, outputs["UserPoolId"])
    queues = {name: resources[f"{logical}Queue"] for name, logical in QUEUES.items()}
    queues |= {f"{name}_dlq": resources[f"{logical}Dlq"] for name, logical in QUEUES.items()}
    queues["parked_records"] = resources["ParkedRecordsQueue"]
    facts = {
        "api_url": stack.api_url,
        **read_api_key(cloud, outputs["WebhookSecretArn"]),
        "admin_username": users["admin"]["username"],
        "admin_password": users["admin"]["password"],
        "user_pool_id": outputs["UserPoolId"],
        "client_id": outputs["UserPoolClientId"],
        "region": REGION,
        "endpoint_url": stack.endpoint,
        "inbox_url": f"{stack.inbox}/",
        "console_url": stack.console_url,
        "inbox_api": {
            channel: f"{stack.inbox}/_emulator/messages?channel={channel}"
            for channel in ("sms", "email", "push")
        },
        "feedback_topic_arn": outputs["FeedbackTopicArn"],
        "pictures_domain": outputs["PicturesDomain"],
        "pictures_bucket": resources["PicturesBucket"],
        "imports_bucket": resources["ImportsBucket"],
        "exports_bucket": resources["ExportsBucket"],
        "tables": {
            logical.removesuffix("Table").lower(): table
            for logical, table in resources.items()
            if logical.endswith("Table")
        },
        "queues": queues,
        "functions": {
            function.removeprefix("vouchers-"): function
            for logical, function in resources.items()
            if logical.endswith("Function")
        },
        "groups_users": users,
        "cloud_pid": stack.cloud.pid(),
        "clock_file": str(stack.clock_file),
        "parameters": {name: str(value) for name, value in PARAMETERS.items()},
    }
    if stack.emulator.pid():
        configure_emulator(stack, facts["feedback_topic_arn"])
    fresh = stack.file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(facts, indent=2) + "\n")
    fresh.replace(stack.file)


def ensure_users(stack, cloud, pool):
    """Returns the users of `stack.json`, or creates new ones if the user pool is a new one."""
    previous = json.loads(read_stamp(stack.file) or "{}")
    if previous.get("user_pool_id") == pool:
        return previous["groups_users"]
    users = {group: {"username": group, "password": random_password()} for group in GROUPS}
    for group, user in users.items():
        create_user(cloud, pool, group, **user)
    return users


def create_user(cloud, pool, group, username, password):
    user = {"UserPoolId": pool, "Username": username}

    def call_cognito(operation, **fields):
        target = f"AWSCognitoIdentityProviderService.{operation}"
        cloud.call_json("cognito-idp", target, **user, **fields)

    try:
        call_cognito("AdminCreateUser", MessageAction="SUPPRESS", TemporaryPassword=password)
    except AwsError as error:
        if "UsernameExistsException" not in error.body:
            raise
    call_cognito("AdminSetUserPassword", Password=password, Permanent=True)
    call_cognito("AdminAddUserToGroup", GroupName=group)


def random_password():
    """Returns a random password with each kind of character that the pool's policy requires."""
    return "Aa1" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(21))


def read_api_key(cloud, secret_arn):
    """Returns the API key with the most scopes, which is the generated one until keys change."""
    answer = cloud.call_json("secretsmanager", "secretsmanager.GetSecretValue", SecretId=secret_arn)
    keys = api_keys.listed_keys(json.loads(answer["SecretString"]))
    usable = [key for key in keys if not key.get("revoked_at")]
    if not usable:
        raise StepFailed("every API key is revoked: run `infra/api_keys.py --local create`")
    key = max(usable, key=lambda key: len(key["scopes"]))
    return {"webhook_key_id": key["key_id"], "webhook_secret": key["secrets"][0]}


def configure_emulator(stack, feedback_topic_arn):
    settings = {"feedback_topic_arn": feedback_topic_arn, "delay_ms": EMULATOR_DELAY_MS}
    request = urllib.request.Request(
        f"{stack.inbox}/_emulator/config",
        data=json.dumps(settings).encode(),
        method="POST",
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=5).close()
