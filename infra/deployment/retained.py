"""What deleting a stack keeps, and how the next stack of that name takes it over.

Tables, the secret of the addresses, the pool of operators and the bucket of pictures stay, under names that the
template gives, so a new stack would meet them and fail. They are imported: CloudFormation makes a stack of them by
a part of the template without macros, and `sam deploy` adds everything else. The other four secrets are deleted with a
stack, but can be restored for 30 days, so they are restored and imported as well: API keys, links in sent messages and
secrets of webhooks go on being valid. Guarantees: nothing is imported that another stack has, and no content is changed.
"""

import json
from dataclasses import dataclass

from .stacks import WAIT

CHANGE_SET = "kept-resources"


class NotAdoptable(Exception):
    """Says why what is there cannot become part of the new stack, and what to do."""


@dataclass
class Kept:
    """One resource that is there already: its logical id, type, identifier, and what it is called."""

    logical: str
    kind: str
    identifier: dict
    name: str
    scheduled: bool = False  # a secret that is to be deleted, and can be restored


def find_kept(session, template, stack):
    """Returns everything in the account that a new stack of this name would meet."""
    return [
        *_tables(session.client("dynamodb"), template, stack),
        *_secrets(session.client("secretsmanager"), template, stack),
        *_pools(session.client("cognito-idp"), template, stack),
        *_pictures(session.client("s3"), stack, session.region_name),
    ]


def _tables(dynamodb, template, stack):
    for logical, name in template.physical_names("AWS::DynamoDB::Table", "TableName", stack).items():
        try:
            dynamodb.describe_table(TableName=name)
        except dynamodb.exceptions.ResourceNotFoundException:
            continue
        yield Kept(logical, "AWS::DynamoDB::Table", {"TableName": name}, name)


def _secrets(secrets, template, stack):
    for logical, name in template.physical_names("AWS::SecretsManager::Secret", "Name", stack).items():
        try:
            secret = secrets.describe_secret(SecretId=name)
        except secrets.exceptions.ResourceNotFoundException:
            continue
        yield Kept(logical, "AWS::SecretsManager::Secret", {"Id": secret["ARN"]}, name, "DeletedDate" in secret)


def _pools(users, template, stack):
    for logical, name in template.physical_names("AWS::Cognito::UserPool", "UserPoolName", stack).items():
        pages = users.get_paginator("list_user_pools").paginate(MaxResults=60)
        found = [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == name]
        if len(found) > 1:
            raise NotAdoptable(f"{len(found)} user pools are called {name} ({', '.join(found)}): delete or rename all but one")
        for pool in found:
            yield Kept(logical, "AWS::Cognito::UserPool", {"UserPoolId": pool}, f"{name} ({pool})")


def _pictures(s3, stack, region):
    prefix = f"{stack}-picturesbucket-"  # as CloudFormation names it
    buckets = s3.list_buckets(Prefix=prefix, BucketRegion=region)["Buckets"]
    if len(buckets) > 1:
        names = ", ".join(bucket["Name"] for bucket in buckets)
        raise NotAdoptable(f"several buckets may have the pictures of {stack}: {names}. Delete or rename all but one")
    for bucket in buckets:
        yield Kept("PicturesBucket", "AWS::S3::Bucket", {"BucketName": bucket["Name"]}, bucket["Name"])


def refuse_without_addresses(kept):
    """Raises if what addresses have said is there and the secret that knows them again is not."""
    kinds = {each.logical for each in kept}
    if "AddressesTable" in kinds and "AddressSecret" not in kinds:
        raise NotAdoptable(
            "the table of addresses is there and the secret that hashes them is gone: no opt-out would be known again. "
            "Restore the secret, or delete the table"
        )


def kept_template(template, only):
    """Returns the part of template.yaml that has only these resources, with what they refer to."""
    resources = {}
    for logical in only:
        body = dict(template["Resources"][logical])
        # an import takes resources that deleting the stack would keep, or says so itself
        body["DeletionPolicy"] = "Retain"
        resources[logical] = body
    used = mentioned(resources)
    conditions = {name: body for name, body in template["Conditions"].items() if name in used}
    used |= mentioned(conditions)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {name: body for name, body in template["Parameters"].items() if name in used},
        "Conditions": conditions,
        "Resources": resources,
    }


def mentioned(value):
    """Returns all texts in a part of a template: among them the names that it refers to."""
    if isinstance(value, dict):
        return set().union(*(mentioned(part) for part in value.values()), set())
    if isinstance(value, list):
        return set().union(*(mentioned(part) for part in value), set())
    return {value} if isinstance(value, str) else set()


def adopt(session, template, stack, kept, parameters):
    """Makes a stack of what is there; a secret that is to be deleted is restored first."""
    secrets, cloudformation = session.client("secretsmanager"), session.client("cloudformation")
    for each in kept:
        if each.scheduled:
            secrets.restore_secret(SecretId=each.identifier["Id"])
    import_resources(cloudformation, template, stack, kept, parameters, CHANGE_SET)


def import_resources(cloudformation, template, stack, kept, parameters, change_set):
    """Imports resources as they are into a stack that is made by it."""
    body = kept_template(template, [each.logical for each in kept])
    cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=change_set,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(body),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": str(parameters[name])}
            for name in body["Parameters"]
            if name in parameters
        ],
        ResourcesToImport=[
            {"ResourceType": each.kind, "LogicalResourceId": each.logical, "ResourceIdentifier": each.identifier}
            for each in kept
        ],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(
        StackName=stack, ChangeSetName=change_set, WaiterConfig=WAIT
    )
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=change_set)
    cloudformation.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig=WAIT)
