"""What the template becomes by SAM's own transform: versions, aliases and a gradual rollout, and CloudFormation's limits.

Reads template.yaml; runs with the Python of `.local/venv-sam`, which has the transform that AWS runs.
"""

import contextlib
import io
import json
import logging
import os
import re
import unittest
from unittest import mock

from test_template import FUNCTIONS, PARAMETERS, TEMPLATE

logging.getLogger("samtranslator").setLevel(logging.ERROR)
REGION = "ap-southeast-1"  # as long as names of regions get
LONGEST_NAME = "a" * 27  # that infra/preflight/names.py takes
GRADUAL = "Canary10Percent5Minutes"
RESOURCES_AT_MOST, BODY_AT_MOST, ENVIRONMENT_AT_MOST = 500, 1_000_000, 4_096


class NoPolicies:
    """Stands for the list of Amazon's policies, of which the template uses none."""

    def load(self):
        return {}


def transformed(**parameters):
    """Returns the template as CloudFormation gets it."""
    from samtranslator.translator.transform import transform

    template = json.loads(json.dumps(TEMPLATE))
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/package"
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}), contextlib.redirect_stderr(io.StringIO()):
        return transform(template, parameters, NoPolicies())


def of_type(template, kind):
    return {name: body for name, body in template["Resources"].items() if body["Type"] == kind}


class Rollout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plain = transformed(Release="0123456789")
        cls.gradual = transformed(Release="fedcba9876", Rollout=GRADUAL)

    def test_every_caller_goes_by_the_alias(self):
        for kind, named in (("AWS::Lambda::EventSourceMapping", "FunctionName"), ("AWS::Lambda::Permission", "FunctionName")):
            callers = of_type(self.plain, kind)
            self.assertTrue(callers)
            for name, body in callers.items():
                self.assertRegex(str(body["Properties"][named]), r"^\{'Ref': '\w+FunctionAliaslive'\}$", name)
        [api] = of_type(self.plain, "AWS::ApiGatewayV2::Api").values()
        for path, verbs in api["Properties"]["Body"]["paths"].items():
            for operation in verbs.values():
                self.assertIn("FunctionAliaslive", str(operation["x-amazon-apigateway-integration"]["uri"]), path)

    def test_another_release_is_another_version_of_every_function(self):
        versions = {re.sub(r"Version[0-9a-f]{10}$", "", name): name for name in of_type(self.plain, "AWS::Lambda::Version")}
        self.assertEqual(set(versions), {f"{function}Function" for function in FUNCTIONS})
        self.assertEqual(set(versions.values()) & set(of_type(self.gradual, "AWS::Lambda::Version")), set())
        for name, body in of_type(self.plain, "AWS::Lambda::Function").items():
            # Lambda publishes nothing for a function that is as its last version was
            self.assertEqual(body["Properties"]["Description"], "0123456789", name)

    def test_at_once_there_is_no_code_deploy(self):
        kinds = {body["Type"] for body in self.plain["Resources"].values()}
        self.assertFalse({kind for kind in kinds if "CodeDeploy" in kind})
        self.assertFalse([name for name, body in of_type(self.plain, "AWS::Lambda::Alias").items() if "UpdatePolicy" in body])

    def test_gradually_each_function_is_put_back_by_the_errors_of_its_own_new_version(self):
        aliases = of_type(self.gradual, "AWS::Lambda::Alias")
        self.assertEqual(len(aliases), len(FUNCTIONS))
        for function in FUNCTIONS:
            policy = aliases[f"{function}FunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
            group = self.gradual["Resources"][policy["DeploymentGroupName"]["Ref"]]["Properties"]
            self.assertIn(GRADUAL, str(group["DeploymentConfigName"]))
            self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["AutoRollbackConfiguration"]["Events"])
            condition, alarms, _none = group["AlarmConfiguration"]["Fn::If"]
            [alarm] = alarms["Alarms"]
            body = self.gradual["Resources"][alarm["Name"]["Ref"]]
            self.assertEqual(body["Condition"], condition)
            watched = {each["Name"]: each["Value"] for each in body["Properties"]["Dimensions"]}
            self.assertEqual(watched["FunctionName"], {"Ref": f"{function}Function"})
            self.assertEqual(watched["Resource"], {"Fn::Sub": f"${{{function}Function}}:live"})
            self.assertEqual(watched["ExecutedVersion"], {"Fn::GetAtt": [f"{function}FunctionVersionfedcba9876", "Version"]})

    def test_every_rollout_is_in_the_mapping_that_the_transform_reads(self):
        self.assertEqual(set(PARAMETERS["Rollout"]["AllowedValues"]), set(TEMPLATE["Mappings"]["Rollouts"]))

    def test_it_stays_within_the_limits_of_cloudformation(self):
        self.assertLess(len(self.gradual["Resources"]), RESOURCES_AT_MOST * 0.85)
        self.assertLess(len(json.dumps(self.gradual)), BODY_AT_MOST * 0.8)

    def test_no_environment_passes_what_lambda_takes(self):
        for name, body in of_type(self.gradual, "AWS::Lambda::Function").items():
            variables = body["Properties"]["Environment"]["Variables"]
            size = sum(len(key) + len(longest(value)) for key, value in variables.items())
            self.assertLess(size, ENVIRONMENT_AT_MOST, name)


def longest(value):
    """Returns a value as long as it can be: of a parameter the longest, of a resource its name or address."""
    if not isinstance(value, dict):
        return str(value)
    [(kind, argument)] = value.items()
    match kind:
        case "Ref" if argument in PARAMETERS:
            parameter = PARAMETERS[argument]
            allowed = [str(each) for each in parameter.get("AllowedValues", [])]
            most = parameter.get("MaxLength", 0) or max(len(str(parameter.get("Default", ""))), len(str(parameter.get("MaxValue", ""))))
            return max(allowed, key=len) if allowed else "x" * most
        case "Ref" | "Fn::GetAtt":
            resource = argument if kind == "Ref" else argument[0]
            return address_of(resource)
        case "Fn::If":
            return max((longest(each) for each in argument[1:]), key=len)
        case "Fn::Join":
            return argument[0].join(longest(each) for each in argument[1])
        case "Fn::Sub":
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: longest({"Ref": found[1].split(".")[0]}), argument)
    raise AssertionError(f"a value of a kind this test does not know: {value}")


def address_of(resource):
    """Returns what a reference to a resource is at most as long as."""
    account = "0" * 12
    known = {"AWS::Region": REGION, "AWS::AccountId": account, "AWS::URLSuffix": "amazonaws.com", "AWS::Partition": "aws", "AWS::StackName": LONGEST_NAME}
    if resource in known:
        return known[resource]
    body = TEMPLATE["Resources"][resource]
    properties = body.get("Properties", {})
    match body["Type"]:
        case "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{account}/{longest(properties['QueueName'])}"
        case "AWS::SecretsManager::Secret":
            return f"arn:aws:secretsmanager:{REGION}:{account}:secret:{longest(properties['Name'])}-abcdef"
        case "AWS::DynamoDB::Table":
            return longest(properties["TableName"])
        case "AWS::CloudFront::Distribution":
            return "d111111abcdef8.cloudfront.net"
        case "AWS::SNS::Topic":
            return f"arn:aws:sns:{REGION}:{account}:{longest(properties['TopicName'])}"
        case _ if "Name" in properties:
            return longest(properties["Name"])
    return "x" * 63  # a bucket, a pool, an API: no name is longer


if __name__ == "__main__":
    unittest.main()
