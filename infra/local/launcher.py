"""Start MiniStack as the local AWS, with the gaps closed that this project's one template would fall into.

Before it: stack.py, which gives it a scrubbed environment. After it: `sam deploy`. It touches MiniStack in memory only, and only in the places
listed in `PATCHES`; each says what AWS does and MiniStack does not. The version is pinned: the patched names are private and move.
"""

import importlib.metadata
import json
import socketserver
import sys

MINISTACK = "1.5.33"

found = importlib.metadata.version("ministack")
if found != MINISTACK:
    sys.exit(f"launcher.py patches MiniStack {MINISTACK} and found {found}: check each patch, then change the pin")

from ministack import app  # noqa: E402 - after the check of the version
from ministack.core import iam_actions, lambda_runtime  # noqa: E402
from ministack.services import apigateway, dynamodb, lambda_svc, secretsmanager  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402


def camel(properties):
    """CloudFormation's `AllowOrigins` as the API's `allowOrigins`."""
    return {name[:1].lower() + name[1:]: value for name, value in properties.items()}


# --- AWS::ApiGatewayV2::Api: SAM's HttpApi puts routes, integrations and authorizers into an OpenAPI `Body`


def with_body_settings(properties):
    """The tags and the CORS settings that AWS reads from the body, where MiniStack looks for them."""
    properties = dict(properties)
    body = properties.get("Body") or {}
    cors = properties.get("CorsConfiguration") or body.get("x-amazon-apigateway-cors")
    if isinstance(cors, dict):
        properties["CorsConfiguration"] = camel(cors)
    tags = {tag["name"]: tag["x-amazon-apigateway-tag-value"]
            for tag in body.get("tags", []) if "x-amazon-apigateway-tag-value" in tag}
    properties["Tags"] = {**(properties.get("Tags") or {}), **tags}
    properties.setdefault("Name", body.get("info", {}).get("title"))
    return properties


def answer_of(response):
    """MiniStack's handlers answer (status, headers, body)."""
    status, _headers, body = response
    if status >= 300:
        raise ValueError(f"the local API gateway refused a part of the body: {body!r}")
    return json.loads(body)


def import_body(api_id, body):
    """Replace the API's routes, integrations and JWT authorizers by those of its OpenAPI body."""
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    apigateway._authorizers.get(api_id, {}).clear()
    authorizers = {}
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        jwt = scheme.get("x-amazon-apigateway-authorizer", {})
        if jwt.get("type") == "jwt":
            source = jwt.get("identitySource", "$request.header.Authorization")
            authorizers[name] = answer_of(apigateway._create_authorizer(api_id, {
                "name": name, "authorizerType": "JWT", "jwtConfiguration": jwt["jwtConfiguration"],
                "identitySource": source if isinstance(source, list) else [source]}))["authorizerId"]
    for path, operations in body.get("paths", {}).items():
        for verb, operation in operations.items():
            integration = (operation or {}).get("x-amazon-apigateway-integration")
            if integration:
                import_route(api_id, path, verb, operation, integration, authorizers)


def import_route(api_id, path, verb, operation, integration, authorizers):
    made = answer_of(apigateway._create_integration(api_id, {
        "integrationType": integration.get("type", "aws_proxy").upper(), "integrationUri": integration.get("uri", ""),
        "payloadFormatVersion": integration.get("payloadFormatVersion", "2.0"),
        "timeoutInMillis": integration.get("timeoutInMillis", 30_000)}))
    method = "ANY" if verb == "x-amazon-apigateway-any-method" else verb.upper()
    route = {"routeKey": "$default" if path == "/$default" else f"{method} {path}",
             "target": f"integrations/{made['integrationId']}"}
    for requirement in operation.get("security", []):
        for name, scopes in requirement.items():
            if name in authorizers:
                route |= {"authorizationType": "JWT", "authorizerId": authorizers[name], "authorizationScopes": scopes}
    answer_of(apigateway._create_route(api_id, route))


def api_from_body(stock):
    def create(logical_id, properties, stack):
        made = stock["create"](logical_id, with_body_settings(properties), stack)
        import_body(made[0], properties.get("Body") or {})
        return made

    def update(physical_id, old, new, stack, logical_id=None):
        made = stock["update"](physical_id, with_body_settings(old), with_body_settings(new), stack, logical_id)
        import_body(made[0], new.get("Body") or {})
        return made

    return {"create": create, "update": update}


# --- AWS::DynamoDB::Table: TimeToLiveSpecification is ignored


def table_with_ttl(stock):
    def apply(made, properties):
        ttl = properties.get("TimeToLiveSpecification")
        if ttl:
            dynamodb._update_ttl({"TableName": made[0], "TimeToLiveSpecification": {
                "AttributeName": ttl["AttributeName"], "Enabled": str(ttl.get("Enabled")).lower() == "true"}})
        return made

    return {
        "create": lambda logical_id, properties, stack: apply(stock["create"](logical_id, properties, stack), properties),
        "update": lambda physical_id, old, new, stack, logical_id=None: apply(
            stock["update"](physical_id, old, new, stack, logical_id), new),
    }


PATCHES = {"AWS::ApiGatewayV2::Api": api_from_body, "AWS::DynamoDB::Table": table_with_ttl}

for resource_type, patch in PATCHES.items():
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    handlers.update(patch(dict(handlers)))

# --- AWS::SecretsManager::Secret: of GenerateSecretString only length and template are honoured, so a secret comes with the punctuation it excludes


def generated_secret(properties, stock=provisioners._sm_secret_string):
    wish = properties.get("GenerateSecretString")
    if not wish or properties.get("SecretString"):
        return stock(properties)
    options = {name: value if name == "ExcludeCharacters" else str(value).lower() == "true"
               for name, value in wish.items() if name.startswith(("Exclude", "Include", "Require"))}
    password = answer_of(secretsmanager._get_random_password(
        options | {"PasswordLength": int(wish.get("PasswordLength", 32))}))["RandomPassword"]
    if "SecretStringTemplate" not in wish:
        return password
    return json.dumps(json.loads(wish["SecretStringTemplate"]) | {wish["GenerateStringKey"]: password})


provisioners._sm_secret_string = generated_secret

# --- IAM: SendMessageBatch is allowed by sqs:SendMessage (there is no action of that name), and so with the other batch calls of SQS


def action_of(*request, stock=iam_actions.extract_iam_action):
    action = stock(*request)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


iam_actions.extract_iam_action = action_of

# --- state over a restart: read positions of streams are kept and the records are not, so a stream stays silent until it has grown past the position


def unread(account, region, table, records):
    """What no mapping has read yet of a table's stream, and how many records went before it."""
    gone = dynamodb._stream_trimmed.get_scoped(account, region, table, 0)
    read = [position for (owner, place, mapping), position in lambda_svc._dynamodb_stream_positions.all_items()
            if f":table/{table}/stream/" in (lambda_svc._esms.get_scoped(owner, place, mapping) or {}).get("EventSourceArn", "")]
    before = max(gone, min(read, default=gone + len(records)))
    return {"table": [account, region, table], "before": before, "records": records[before - gone:]}


def state_with_streams(stock=dynamodb.get_state):
    return stock() | {"streams": [unread(*table, records) for table, records in list(dynamodb._stream_records.all_items())]}


def restore_with_streams(state, stock=dynamodb.load_persisted_state):
    stock(state)
    for stream in state.get("streams", []):
        dynamodb._stream_records.set_scoped(*stream["table"], stream["records"])
        dynamodb._stream_trimmed.set_scoped(*stream["table"], stream["before"])


dynamodb.get_state, dynamodb.load_persisted_state = state_with_streams, restore_with_streams

# --- speed: an invocation waits 40 ms for a delayed acknowledgement and 50 ms for a log line that may not come

socketserver.StreamRequestHandler.disable_nagle_algorithm = True
lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.003, 0.002, 0.25)  # first line, quiet after a line, at most

if __name__ == "__main__":
    app.main()
