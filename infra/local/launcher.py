"""Starts MiniStack as the local AWS, and patches it where AWS behaves otherwise.

Patches only what this project's template and functions depend on, and only in memory; a comment
above each patch tells what AWS does and MiniStack does not. Before it: stack.py, which gives it a
bare environment. After it: `sam deploy`. The version is pinned, because the patched names are
private and may move.
"""

import contextvars
import functools
import importlib.metadata
import json
import os
import resource
import socketserver
import sys
import time
import uuid

MINISTACK = "1.5.33"

installed_version = importlib.metadata.version("ministack")
if installed_version != MINISTACK:
    sys.exit(
        f"launcher.py patches MiniStack {MINISTACK}, and {installed_version} is installed: "
        "check each patch, then change the pin"
    )

import uvicorn  # noqa: E402 - after the check of the version
from ministack import app  # noqa: E402
from ministack.core import iam_actions, lambda_runtime  # noqa: E402
from ministack.services import apigateway, dynamodb, lambda_svc, s3, secretsmanager  # noqa: E402
from ministack.services.cloudformation import (  # noqa: E402
    changesets,
    engine,
    handlers,
    provisioners,
)
from samtranslator.translator import transform as sam  # noqa: E402


def to_camel_case(properties):
    """Turns the names of CloudFormation (`AllowOrigins`) into those of the API (`allowOrigins`)."""
    return {name[:1].lower() + name[1:]: value for name, value in properties.items()}


# --- AWS::ApiGatewayV2::Api: SAM puts routes, integrations and authorizers into an OpenAPI `Body`,
# which AWS imports and MiniStack ignores


def apply_body_settings(properties):
    """Copies the tags and the CORS settings from the body to where MiniStack looks for them."""
    properties = dict(properties)
    body = properties.get("Body") or {}
    cors = properties.get("CorsConfiguration") or body.get("x-amazon-apigateway-cors")
    if isinstance(cors, dict):
        properties["CorsConfiguration"] = to_camel_case(cors)
    tags = {
        tag["name"]: tag["x-amazon-apigateway-tag-value"]
        for tag in body.get("tags", [])
        if "x-amazon-apigateway-tag-value" in tag
    }
    properties["Tags"] = {**(properties.get("Tags") or {}), **tags}
    properties.setdefault("Name", body.get("info", {}).get("title"))
    return properties


def parse_response(response):
    """Returns the body of a MiniStack handler's (status, headers, body)."""
    status, _headers, body = response
    if status >= 300:
        raise ValueError(f"the local API gateway refused a part of the body: {body!r}")
    return json.loads(body)


def import_body(api_id, body):
    """Replaces the API's routes, integrations and JWT authorizers by those of its OpenAPI body."""
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    apigateway._authorizers.get(api_id, {}).clear()
    authorizers = {}
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        jwt = scheme.get("x-amazon-apigateway-authorizer", {})
        if jwt.get("type") == "jwt":
            source = jwt.get("identitySource", "$request.header.Authorization")
            authorizers[name] = parse_response(
                apigateway._create_authorizer(
                    api_id,
                    {
                        "name": name,
                        "authorizerType": "JWT",
                        "jwtConfiguration": jwt["jwtConfiguration"],
                        "identitySource": source if isinstance(source, list) else [source],
                    },
                )
            )["authorizerId"]
    for path, operations in body.get("paths", {}).items():
        for verb, operation in operations.items():
            integration = (operation or {}).get("x-amazon-apigateway-integration")
            if integration:
                import_route(api_id, path, verb, operation, integration, authorizers)


def import_route(api_id, path, verb, operation, integration, authorizers):
    created = parse_response(
        apigateway._create_integration(
            api_id,
            {
                "integrationType": integration.get("type", "aws_proxy").upper(),
                "integrationUri": integration.get("uri", ""),
                "payloadFormatVersion": integration.get("payloadFormatVersion", "2.0"),
                "timeoutInMillis": integration.get("timeoutInMillis", 30_000),
            },
        )
    )
    method = "ANY" if verb == "x-amazon-apigateway-any-method" else verb.upper()
    route = {
        "routeKey": "$default" if path == "/$default" else f"{method} {path}",
        "target": f"integrations/{created['integrationId']}",
    }
    for requirement in operation.get("security", []):
        for name, scopes in requirement.items():
            if name in authorizers:
                route |= {
                    "authorizationType": "JWT",
                    "authorizerId": authorizers[name],
                    "authorizationScopes": scopes,
                }
    parse_response(apigateway._create_route(api_id, route))


def create_api_from_body(original):
    def create(logical_id, properties, stack):
        created = original["create"](logical_id, apply_body_settings(properties), stack)
        import_body(created[0], properties.get("Body") or {})
        return created

    def update(physical_id, old, new, stack, logical_id=None):
        created = original["update"](
            physical_id, apply_body_settings(old), apply_body_settings(new), stack, logical_id
        )
        import_body(created[0], new.get("Body") or {})
        return created

    return {"create": create, "update": update}


# --- AWS::DynamoDB::Table: MiniStack ignores TimeToLiveSpecification


def create_table_with_ttl(original):
    def apply(created, properties):
        ttl = properties.get("TimeToLiveSpecification")
        if ttl:
            dynamodb._update_ttl(
                {
                    "TableName": created[0],
                    "TimeToLiveSpecification": {
                        "AttributeName": ttl["AttributeName"],
                        "Enabled": str(ttl.get("Enabled")).lower() == "true",
                    },
                }
            )
        return created

    return {
        "create": lambda logical_id, properties, stack: apply(
            original["create"](logical_id, properties, stack), properties
        ),
        "update": lambda physical_id, old, new, stack, logical_id=None: apply(
            original["update"](physical_id, old, new, stack, logical_id), new
        ),
    }


# --- AWS::Lambda::EventSourceMapping: MiniStack leaves the number of a parameter a text, with which
# its poller then compares and reads no message at all


def limit_workers_by_number(original):
    def numbered(properties):
        scaling = properties.get("ScalingConfig")
        if not scaling:
            return properties
        numbers = {name: int(value) for name, value in scaling.items()}
        return properties | {"ScalingConfig": numbers}

    return {
        "create": lambda logical_id, properties, stack: original["create"](
            logical_id, numbered(properties), stack
        ),
        "update": lambda physical_id, old, new, stack, logical_id=None: original["update"](
            physical_id, numbered(old), numbered(new), stack, logical_id
        ),
    }


PATCHES = {
    "AWS::ApiGatewayV2::Api": create_api_from_body,
    "AWS::DynamoDB::Table": create_table_with_ttl,
    "AWS::Lambda::EventSourceMapping": limit_workers_by_number,
}

# --- AWS::SMSVOICE::ConfigurationSet: MiniStack does not know End User Messaging, whose sends and
# events the provider emulator plays; the set is a name that those sends carry
provisioners._RESOURCE_HANDLERS["AWS::SMSVOICE::ConfigurationSet"] = {
    "create": lambda logical_id, properties, stack: (properties["ConfigurationSetName"], {}),
    "update": lambda physical_id, old, new, stack: (new["ConfigurationSetName"], {}),
    "delete": lambda physical_id, properties: None,
}

for resource_type, patch in PATCHES.items():
    provisioner = provisioners._RESOURCE_HANDLERS[resource_type]
    provisioner.update(patch(dict(provisioner)))

# --- SAM: AWS gives the transform the deployment's parameters, MiniStack none. Without them the
# digest in `Release` stays the default, and no new version is ever published

_parameters = contextvars.ContextVar("parameters of the deployment that is transformed")


def apply_transforms(template, provided=None, previous=None, original=engine._apply_transforms):
    _parameters.set(engine._transform_parameters(template, provided, previous))
    return original(template, provided, previous)


def transform_with_parameters(template, _none, policies, original=sam.transform):
    return original(template, _parameters.get(), policies)


changesets._apply_transforms = handlers._apply_transforms = apply_transforms
sam.transform = transform_with_parameters

# --- AWS::SecretsManager::Secret: MiniStack takes only length and template of GenerateSecretString,
# so a secret contains the punctuation that the template excludes


def generate_secret_string(properties, original=provisioners._sm_secret_string):
    wanted = properties.get("GenerateSecretString")
    if not wanted or properties.get("SecretString"):
        return original(properties)
    options = {
        name: value if name == "ExcludeCharacters" else str(value).lower() == "true"
        for name, value in wanted.items()
        if name.startswith(("Exclude", "Include", "Require"))
    }
    password = parse_response(
        secretsmanager._get_random_password(
            options | {"PasswordLength": int(wanted.get("PasswordLength", 32))}
        )
    )["RandomPassword"]
    if "SecretStringTemplate" not in wanted:
        return password
    return json.dumps(
        json.loads(wanted["SecretStringTemplate"]) | {wanted["GenerateStringKey"]: password}
    )


provisioners._sm_secret_string = generate_secret_string

# --- IAM: on AWS, sqs:SendMessage also allows SendMessageBatch, which is no action of its own; the
# same holds for the other batch calls of SQS


def normalize_iam_action(*request, original=iam_actions.extract_iam_action):
    action = original(*request)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


iam_actions.extract_iam_action = normalize_iam_action

# --- Restarts: MiniStack stores the read positions of streams without the records, so that a stream
# would stay silent until it has grown past the old position


def unread_records(account, region, table, records):
    """Returns the records of a table's stream that are still to be read, and how many precede them.

    A record is still to be read as long as one mapping has not read it.
    """
    trimmed = dynamodb._stream_trimmed.get_scoped(account, region, table, 0)
    read_positions = [
        position
        for (
            owner,
            region_name,
            mapping,
        ), position in lambda_svc._dynamodb_stream_positions.all_items()
        if f":table/{table}/stream/"
        in (lambda_svc._esms.get_scoped(owner, region_name, mapping) or {}).get(
            "EventSourceArn", ""
        )
    ]
    before = max(trimmed, min(read_positions, default=trimmed + len(records)))
    return {
        "table": [account, region, table],
        "before": before,
        "records": records[before - trimmed :],
    }


def get_state_with_streams(original=dynamodb.get_state):
    return original() | {
        "streams": [
            unread_records(*table, records)
            for table, records in list(dynamodb._stream_records.all_items())
        ]
    }


def restore_with_streams(state, original=dynamodb.load_persisted_state):
    original(state)
    for stream in state.get("streams", []):
        dynamodb._stream_records.set_scoped(*stream["table"], stream["records"])
        dynamodb._stream_trimmed.set_scoped(*stream["table"], stream["before"])


dynamodb.get_state = get_state_with_streams
dynamodb.load_persisted_state = restore_with_streams

# --- Streams: a batch that is given up goes to a bucket with its records, MiniStack knows queues and
# topics alone

S3_ARN = "arn:aws:s3:::"
SHARD = "shardId-00000000000000000000-00000000"


def keep_given_up_batch(
    mapping, function, batch, stream, result, condition, original=lambda_svc._send_ddb_stream_failure_record
):
    settings = (mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
    destination = settings.get("Destination") or ""
    if not destination.startswith(S3_ARN):
        return original(mapping, function, batch, stream, result, condition)
    now = time.gmtime()
    changes = [record["dynamodb"] for record in batch]
    note = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": mapping.get("FunctionArn", ""),
            "condition": "RecordAgeExceeded" if condition == "MaxRecordAgeExceeded" else condition,
            "approximateInvokeCount": 1,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": result.get("function_error") or "Unhandled",
        },
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", now),
        "DDBStreamBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": str(changes[0].get("SequenceNumber", "")),
            "endSequenceNumber": str(changes[-1].get("SequenceNumber", "")),
            "batchSize": len(batch),
            "streamArn": stream,
        },
        "payload": json.dumps({"Records": batch}),
    }
    day = time.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S", now)
    key = f"aws/lambda/{mapping['UUID']}/{SHARD}/{day}-{uuid.uuid4()}"
    status, _headers, body = s3._put_object(
        destination.removeprefix(S3_ARN), key, json.dumps(note).encode(), {}
    )
    if status >= 300:
        raise ValueError(f"the bucket of given-up batches refused one: {body!r}")


lambda_svc._send_ddb_stream_failure_record = keep_given_up_batch

# --- Speed: an invocation waits 40 ms for a delayed acknowledgement and 50 ms for a log line that
# may not come

socketserver.StreamRequestHandler.disable_nagle_algorithm = True
# the seconds to wait for the first line, for silence after a line, and in all
lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.003, 0.002, 0.25)


# --- Speed: the grammar of a condition is checked with every call that has one, and the text is
# nearly always one that was checked before
dynamodb._condition_syntax_error = functools.lru_cache(maxsize=2_048)(
    dynamodb._condition_syntax_error
)

# --- Speed: MiniStack serves with Hypercorn, whose HTTP is written in Python and takes half of the
# process's time. uvicorn parses in C. It ends on SIGTERM as MiniStack does: requests that run are
# answered and the state is saved.
SECONDS_TO_FINISH = 5


def serve():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvicorn.run(
        app.app,
        host=os.environ.get("BIND_HOST", "0.0.0.0"),
        port=int(app._resolve_port()),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        date_header=False,  # the application sends it
        server_header=False,
    )


if __name__ == "__main__":
    serve()
