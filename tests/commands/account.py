"""An account with stacks, tables, secrets, pools and buckets, of which a test says what is there.

Every call and answer passes AWS's service models (`modelled`). `sam deploy`, which is a program of its own, is
answered here as well: it makes or changes a stack with the parameters that it was given.
"""

import hashlib
import io
import re
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "restore"))

from modelled import Fails, ModelledSession  # noqa: E402 - after the path

NOW = datetime(2026, 11, 30, 8, tzinfo=timezone.utc)
NUMBER = "123456789012"
POOL = "eu-west-1_AbCdEfGhI"
NOT_THERE = Fails("ResourceNotFoundException", "not there")


class Account:
    """What is in the account, and what was asked of it."""

    def __init__(self):
        self.stacks, self.tables, self.secrets, self.pools = {}, {}, {}, {}
        self.buckets, self.commands, self.preflight = {}, [], 0
        self.protected = set()  # ids of pools that AWS does not delete
        self.declines = set()  # names of stacks whose change set a person says no to
        self.session = ModelledSession(
            {
                "GetCallerIdentity": {"Account": NUMBER},
                "DescribeStacks": self.describe_stack,
                "ListStackResources": self.list_resources,
                "DeleteStack": self.delete_stack,
                "CreateChangeSet": {},
                "DescribeChangeSet": {"Status": "CREATE_COMPLETE"},
                "ExecuteChangeSet": self.import_stack,
                "DescribeTable": self.describe_table,
                "UpdateTable": self.unprotect_table,
                "DeleteTable": lambda asked: {"TableDescription": {"TableName": self.forget(self.tables, asked["TableName"])}},
                "DescribeSecret": self.describe_secret,
                "RestoreSecret": self.restore_secret,
                "DeleteSecret": self.delete_secret,
                "ListUserPools": lambda _asked: {"UserPools": [{"Id": key, "Name": name} for key, name in self.pools.items()]},
                "DescribeUserPool": lambda asked: {"UserPool": {"DeletionProtection": "ACTIVE" if asked["UserPoolId"] in self.protected else "INACTIVE"}},
                "UpdateUserPool": self.unprotect_pool,
                "DeleteUserPool": self.delete_pool,
                "ListBuckets": lambda asked: {"Buckets": [{"Name": name} for name in self.buckets if name.startswith(asked["Prefix"])]},
                "ListObjectsV2": self.list_objects,
                "PutObject": self.put_object,
                "DeleteObject": lambda asked: {} if self.forget(self.buckets[asked["Bucket"]], asked["Key"]) else {},
                "DeleteObjects": self.delete_objects,
                "DeleteBucket": lambda asked: {} if self.forget(self.buckets, asked["Bucket"]) else {},
            }
        )

    def forget(self, things, name):
        del things[name]
        return name

    # ---- stacks ----

    def describe_stack(self, asked):
        name = asked["StackName"]
        if name not in self.stacks:
            return Fails("ValidationError", f"Stack with id {name} does not exist")
        stack = self.stacks[name]
        return {
            "Stacks": [
                {
                    "StackName": name,
                    "CreationTime": NOW,
                    "StackStatus": stack["status"],
                    "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in stack["parameters"].items()],
                    "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs_of(name).items()],
                }
            ]
        }

    def list_resources(self, asked):
        return {
            "StackResourceSummaries": [
                {"LogicalResourceId": logical, "PhysicalResourceId": physical, "ResourceType": "AWS::Any",
                 "LastUpdatedTimestamp": NOW,
                 "ResourceStatus": "DELETE_COMPLETE" if self.stacks[asked["StackName"]]["status"] == "ROLLBACK_COMPLETE" else "CREATE_COMPLETE"}
                for logical, physical in resources_of(asked["StackName"]).items()
            ]
        }

    def delete_stack(self, asked):
        name = asked["StackName"]
        for bucket in resources_of(name).values():
            if self.buckets.get(bucket):
                raise AssertionError(f"CloudFormation would not delete {bucket}, which is not empty")
            self.buckets.pop(bucket, None)
        self.stacks[name]["status"] = "DELETE_COMPLETE"
        if not name.endswith(("-console", "-alarms")):
            for secret in ("webhook", "signing", "cursor", "links"):
                if f"{name}/{secret}" in self.secrets:
                    self.secrets[f"{name}/{secret}"] = "scheduled"
        return {}

    def import_stack(self, asked):
        [change] = self.session.of("CreateChangeSet")
        parameters = {item["ParameterKey"]: item["ParameterValue"] for item in change["Parameters"]}
        self.stacks[asked["StackName"]] = {"status": "IMPORT_COMPLETE", "parameters": parameters}
        return {}

    def run(self, command, **_):
        """Stands for `subprocess.run`: the preflight, or sam, which deploys."""
        command = [str(part) for part in command]
        self.commands.append(command)
        if "--before-deploy" in command:
            return SimpleNamespace(returncode=self.preflight)
        name = command[command.index("--stack-name") + 1]
        if name not in self.declines:
            words = command[command.index("--parameter-overrides") + 1 :]
            given = dict(word.split("=", 1) for word in words)
            defaults = {} if name.endswith("-console") else {"Currency": "EUR", "ConsoleOrigin": "http://localhost:5173", "ApiDomain": ""}
            before = self.stacks.get(name, {"parameters": {}})
            if name.endswith("-console"):
                self.buckets.setdefault(f"{name}-bucket-1", {})
            self.stacks[name] = {"status": "UPDATE_COMPLETE", "parameters": defaults | before["parameters"] | given}
        return SimpleNamespace(returncode=0)

    def sam(self):
        """Returns the name of the stack of each deployment by sam."""
        return [command[command.index("--stack-name") + 1] for command in self.commands if "--stack-name" in command]

    # ---- what a stack keeps ----

    def describe_table(self, asked):
        name = asked["TableName"]
        if name not in self.tables:
            return NOT_THERE
        return {"Table": {"TableName": name, "TableStatus": "ACTIVE", "DeletionProtectionEnabled": self.tables[name]}}

    def unprotect_table(self, asked):
        self.tables[asked["TableName"]] = asked["DeletionProtectionEnabled"]
        return {}

    def describe_secret(self, asked):
        name = asked["SecretId"]
        if name not in self.secrets:
            return NOT_THERE
        return {"ARN": secret_arn(name), "Name": name} | ({"DeletedDate": NOW} if self.secrets[name] == "scheduled" else {})

    def restore_secret(self, asked):
        self.secrets[named(asked["SecretId"])] = "there"
        return {}

    def delete_secret(self, asked):
        name = named(asked["SecretId"])
        assert self.secrets[name] == "there", "AWS deletes no secret that is to be deleted"
        assert asked["ForceDeleteWithoutRecovery"], "the name would stay taken"
        del self.secrets[name]
        return {}

    def unprotect_pool(self, asked):
        assert asked["DeletionProtection"] == "INACTIVE"
        self.protected.discard(asked["UserPoolId"])
        return {}

    def delete_pool(self, asked):
        assert asked["UserPoolId"] not in self.protected, "AWS deletes no protected pool"
        self.forget(self.pools, asked["UserPoolId"])
        return {}

    # ---- buckets ----

    def list_objects(self, asked):
        return {
            "Contents": [
                {"Key": key, "ETag": f'"{hashlib.md5(content).hexdigest()}"', "LastModified": when}
                for key, (content, when, _how) in sorted(self.buckets[asked["Bucket"]].items())
            ]
        }

    def put_object(self, asked):
        body = asked["Body"]
        content = body.read() if isinstance(body, io.IOBase) else bytes(body)
        how = {key: asked[key] for key in ("ContentType", "CacheControl")}
        self.buckets[asked["Bucket"]][asked["Key"]] = (content, NOW, how)
        return {}

    def delete_objects(self, asked):
        for item in asked["Delete"]["Objects"]:
            del self.buckets[asked["Bucket"]][item["Key"]]
        return {}


def secret_arn(name):
    return f"arn:aws:secretsmanager:eu-west-1:{NUMBER}:secret:{name}-AbCdEf"


def named(arn):
    return re.fullmatch(r".*:secret:(.+)-AbCdEf", arn)[1]


def outputs_of(name):
    """Returns the outputs of a stack of this name."""
    if name.endswith("-console"):
        return {"Address": "https://d1.cloudfront.net", "Bucket": f"{name}-bucket-1", "Config": '{"api":"/api"}'}
    if name.endswith("-alarms"):
        return {}
    return {"ApiUrl": "https://abcdef1234.execute-api.eu-west-1.amazonaws.com", "UserPoolId": POOL, "UserPoolClientId": "client", "SignInDomain": f"{name}-1", "ImportsBucket": f"{name}-imports"}


def resources_of(name):
    """Returns the resources of a stack of this name that matter here."""
    if name.endswith("-console"):
        return {"Bucket": f"{name}-bucket-1"}
    if name.endswith("-alarms"):
        return {}
    return {"HttpApi": "abcdef1234", "ImportsBucket": f"{name}-imports", "StreamBatchesBucket": f"{name}-batches", "PicturesBucket": "not deleted with it"}
