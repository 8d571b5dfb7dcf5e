"""Takes a stack down: console, alarms, and the stack itself; its data only if that is said.

Guarantees: without `data` every table, picture, operator and address stays and can be taken over by the next stack of
that name (`retained`); with it nothing of the stack's stays but the backups that DynamoDB makes of a deleted table.
"""

from .retained import find_kept
from .stacks import delete_stack, empty_bucket, read_resources, read_stack

# Buckets that a stack deletes with itself, which CloudFormation does only if they are empty.
BUCKETS = ("Bucket", "ImportsBucket", "ExportsBucket", "StreamBatchesBucket")


def stacks_of(name):
    """Returns the stacks that belong to one deployment, in the order in which they go."""
    return [f"{name}-alarms", f"{name}-console", name]


def destroy(session, template, name, data, tell):
    """Deletes the stacks, and with `data` what they keep; returns what is kept."""
    cloudformation, s3 = session.client("cloudformation"), session.client("s3")
    for stack in stacks_of(name):
        if read_stack(cloudformation, stack) is None:
            continue
        resources = read_resources(cloudformation, stack)
        for bucket in filter(None, map(resources.get, BUCKETS)):
            if gone := empty_bucket(s3, bucket):
                tell(f"{bucket}: {gone} objects deleted")
        tell(f"deleting the stack {stack} (minutes, mostly for its distribution) ...")
        delete_stack(cloudformation, stack)
    kept = find_kept(session, template, name)
    if not data:
        return kept
    for each in kept:
        tell(f"deleting {each.name}")
        delete_kept(session, each)
    return []


def delete_kept(session, each):
    """Deletes one resource that the stack left, protection or not."""
    match each.kind:
        case "AWS::DynamoDB::Table":
            dynamodb = session.client("dynamodb")
            if dynamodb.describe_table(**each.identifier)["Table"].get("DeletionProtectionEnabled"):
                dynamodb.update_table(**each.identifier, DeletionProtectionEnabled=False)
                dynamodb.get_waiter("table_exists").wait(**each.identifier)
            dynamodb.delete_table(**each.identifier)
            dynamodb.get_waiter("table_not_exists").wait(**each.identifier)
        case "AWS::SecretsManager::Secret":
            # one that waits for its deletion has to be restored, or its name stays taken for 30 days
            secrets = session.client("secretsmanager")
            if each.scheduled:
                secrets.restore_secret(SecretId=each.identifier["Id"])
            secrets.delete_secret(SecretId=each.identifier["Id"], ForceDeleteWithoutRecovery=True)
        case "AWS::Cognito::UserPool":
            delete_pool(session.client("cognito-idp"), each.identifier["UserPoolId"])
        case "AWS::S3::Bucket":
            s3 = session.client("s3")
            empty_bucket(s3, each.identifier["BucketName"])
            s3.delete_bucket(Bucket=each.identifier["BucketName"])
        case kind:
            raise NotImplementedError(f"nobody says how a {kind} is deleted")


def delete_pool(users, pool):
    """Deletes a user pool, protected or not. Lifting the protection resets what else the pool was set to, which goes with it."""
    if users.describe_user_pool(UserPoolId=pool)["UserPool"].get("DeletionProtection") == "ACTIVE":
        users.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    users.delete_user_pool(UserPoolId=pool)
