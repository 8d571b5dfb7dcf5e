"""Makes a stack around restored tables: imports them, gives it the secrets of the first, and recounts.

Talks to CloudFormation, Secrets Manager and Lambda. CloudFormation imports resources only from a
template without macros, so the tables come first, by a template of their own; `sam deploy` of the
whole template then adds everything else to the same stack. Guarantees: a table is imported as it
is, and nothing of the first stack is written to.
"""

import json

from deployment.removal import delete_pool
from deployment.retained import Kept, import_resources

WAIT = {"Delay": 5, "MaxAttempts": 360}
# What signs links and cursors, and what hashes addresses: without the latter no suppression is known.
SECRETS = ("addresses", "links", "cursor", "signing", "webhook")
ALIAS = "live"  # what runs: after a rollback it is not the newest code
RECOUNT = "/v1/configuration/voucher-campaign/recount"


def import_tables(cloudformation, template, drill, names, parameters):
    """Makes the stack of the restored tables; `names` has the table of each logical name."""
    tables = [
        Kept(logical, "AWS::DynamoDB::Table", {"TableName": table}, table)
        for logical, table in names.items()
    ]
    import_resources(cloudformation, template, drill, tables, parameters, "restored-tables")


def copy_secrets(secrets, stack, drill):
    """Gives the second stack the values of the first one's secrets; returns their names."""
    for name in SECRETS:
        value = secrets.get_secret_value(SecretId=f"{stack}/{name}")["SecretString"]
        secrets.put_secret_value(SecretId=f"{drill}/{name}", SecretString=value)
    return SECRETS


def start_recount(functions, drill):
    """Asks the second stack to recount its vouchers; returns its answer."""
    return call_operations(functions, drill, "POST", RECOUNT)


def call_operations(functions, drill, method, path):
    """Calls a route of `operations` as an administrator, by the right to invoke the function."""
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "restore",
            },
            "authorizer": {
                "jwt": {
                    "claims": {
                        "sub": "restore",
                        "cognito:username": "restore",
                        "cognito:groups": "[admin]",
                    },
                    "scopes": None,
                }
            },
            "accountId": "restore",
            "apiId": "restore",
            "domainName": "restore",
            "domainPrefix": "restore",
            "requestId": "restore",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 0,
        },
        "isBase64Encoded": False,
    }
    answer = functions.invoke(
        FunctionName=f"{drill}-operations", Qualifier=ALIAS, Payload=json.dumps(event).encode()
    )
    response = json.loads(answer["Payload"].read())
    return response.get("statusCode"), json.loads(response.get("body") or "{}")


def delete_stack(cloudformation, drill):
    """Deletes the second stack; its tables, its pool and its secret of addresses stay, as the template says."""
    cloudformation.delete_stack(StackName=drill)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=drill, WaiterConfig=WAIT)


def delete_leftovers(secrets, users, drill, pool):
    """Deletes what deleting the stack keeps or reserves: its secrets, at once, and its pool."""
    for name in SECRETS:
        try:
            secrets.delete_secret(SecretId=f"{drill}/{name}", ForceDeleteWithoutRecovery=True)
        except secrets.exceptions.ResourceNotFoundException:
            continue
    if pool:
        delete_pool(users, pool)
