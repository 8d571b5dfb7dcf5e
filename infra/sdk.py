"""Opens a session of AWS's SDK for the commands of this folder, for AWS or for the local stack.

`sam` brings boto3, so a command that runs with another Python starts itself again with sam's. Guarantees:
nothing meant for AWS reaches another endpoint, and nothing meant for this machine reaches AWS.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "local"))

from install import LOCAL, install_tools  # noqa: E402 - after the path
from processes import StepFailed  # noqa: E402

SDK_PYTHON = LOCAL / "venv-sam" / "bin" / "python"


def has_sdk():
    """Returns true if this Python has boto3 and a reader of YAML."""
    try:
        import boto3  # noqa: F401 - only whether it is there
        import yaml  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True


def start_again(program):
    """Runs this command with the Python that has the SDK; returns its exit code."""
    install_tools()
    return subprocess.run([str(SDK_PYTHON), program, *sys.argv[1:]]).returncode


def read_local_stack():
    """Returns what `stack.json` says of the local stack."""
    file = Path(os.environ.get("STACK_JSON", LOCAL / "stack.json"))
    try:
        return json.loads(file.read_text())
    except FileNotFoundError as error:
        raise StepFailed("nothing runs on this machine: start it with `make run` or `make up`") from error


def open_session(local):
    """Returns a session of the shell's credentials, or of the local AWS."""
    import boto3

    if not local:
        if any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ):
            raise StepFailed("AWS_ENDPOINT_URL is set in this shell: this would not reach AWS")
        return boto3.session.Session()
    stack = read_local_stack()
    os.environ["AWS_ENDPOINT_URL"] = stack["endpoint_url"]
    return boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=stack["region"]
    )


def physical_id(cloudformation, stack, logical):
    """Returns the name that a resource of a stack has in the account."""
    from botocore.exceptions import ClientError

    try:
        answer = cloudformation.describe_stack_resources(StackName=stack, LogicalResourceId=logical)
    except ClientError as error:
        raise StepFailed(f"{stack} has no {logical}: {error}") from error
    [resource] = answer["StackResources"]
    return resource["PhysicalResourceId"]
