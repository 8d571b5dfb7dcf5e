//! Implements the services that accept messages, SQS, SNS, SES and End User Messaging, and Secrets Manager. Accepted
//! messages are kept until the test takes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    request::{AwsRequest, AwsService},
    response::AwsResponse,
    state::{EmailDetails, FakeAwsState, ProviderMessage, PushEndpointState, QueuedMessage},
};

/// The most messages of one SQS batch.
const MAX_BATCH: usize = 10;
/// The longest delay of an SQS message, in seconds.
const MAX_DELAY_SECONDS: u64 = 900;

fn unknown_operation(request: &AwsRequest) -> AwsResponse {
    let message = format!("{} is not known to the AWS in memory", request.operation);
    AwsResponse::error(request.service, 400, "UnknownOperationException", &message)
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

pub fn handle_sqs(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    let refused =
        |code: &str, message: &str| AwsResponse::error(AwsService::Sqs, 400, code, message);
    let Some(queue) = request.text("QueueUrl") else {
        return refused("QueueDoesNotExist", "no queue");
    };
    let single = [request.input.clone()];
    let entries = match request.operation.as_str() {
        "SendMessage" => single.as_slice(),
        "SendMessageBatch" => {
            request.input.get("Entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
        }
        _ => return unknown_operation(request),
    };
    if entries.is_empty() {
        return refused("EmptyBatchRequest", "no messages");
    }
    if entries.len() > MAX_BATCH {
        return refused("TooManyEntriesInBatchRequest", "more than ten messages");
    }
    let mut sent = Vec::new();
    for entry in entries {
        let delay = entry
            .get("DelaySeconds")
            .map_or(Some(0), Value::as_u64)
            .filter(|delay| *delay <= MAX_DELAY_SECONDS);
        let body = text_at(entry, "/MessageBody").filter(|body| !body.is_empty());
        let (Some(delay), Some(body)) = (delay.and_then(|delay| u32::try_from(delay).ok()), body)
        else {
            return refused("InvalidParameterValue", "no body, or a delay out of range");
        };
        sent.push(QueuedMessage {
            queue: queue.to_owned(),
            body: body.to_owned(),
            delay_seconds: delay,
        });
    }
    let ids: Vec<String> = sent.into_iter().map(|sent| state.enqueue_message(sent)).collect();
    if request.operation == "SendMessage" {
        return AwsResponse::json(&json!({"MessageId": ids.first()}));
    }
    let successful =
        entries.iter().zip(&ids).map(|(entry, id)| json!({"Id": entry.get("Id"), "MessageId": id}));
    AwsResponse::json(&json!({"Successful": successful.collect::<Vec<_>>(), "Failed": []}))
}

pub fn handle_sns(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    match request.operation.as_str() {
        "Publish" => publish(state, request),
        "CreatePlatformEndpoint" => create_endpoint(state, request),
        "SetEndpointAttributes" => set_endpoint_attributes(state, request),
        _ => unknown_operation(request),
    }
}

/// Makes an endpoint of a token, or finds the one that there is, disabled or not. An application
/// whose name ends in `missing` does not exist, and a token that begins with `bad` is none.
fn create_endpoint(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    let (application, token) = (request.text("PlatformApplicationArn"), request.text("Token"));
    let (Some(application), Some(token)) = (application, token) else {
        let message = "Invalid parameter: Token Reason: cannot be empty";
        return AwsResponse::error(AwsService::Sns, 400, "InvalidParameter", message);
    };
    if application.ends_with("missing") {
        let message = "PlatformApplication does not exist";
        return AwsResponse::error(AwsService::Sns, 404, "NotFound", message);
    }
    if token.starts_with("bad") {
        let message = "Invalid parameter: Token Reason: device token is not valid";
        return AwsResponse::error(AwsService::Sns, 400, "InvalidParameter", message);
    }
    let number = state.push_endpoints.len();
    let made = || PushEndpointState {
        arn: format!("{}/{number}", application.replacen(":app/", ":endpoint/", 1)),
        enabled: true,
    };
    let key = (application.to_owned(), token.to_owned());
    let endpoint = state.push_endpoints.entry(key).or_insert_with(made);
    AwsResponse::xml("CreatePlatformEndpoint", "EndpointArn", &endpoint.arn)
}

/// Sets whether an endpoint takes messages.
fn set_endpoint_attributes(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    let arn = request.text("EndpointArn").unwrap_or_default();
    let Some(endpoint) = state.push_endpoints.values_mut().find(|it| it.arn == arn) else {
        return AwsResponse::error(AwsService::Sns, 404, "NotFound", "Endpoint does not exist");
    };
    let entries = (1..).map_while(|number: u32| {
        let at = |field: &str| request.text(&format!("Attributes.entry.{number}.{field}"));
        Some((at("key")?, at("value")?))
    });
    for (name, value) in entries {
        if name == "Enabled" {
            endpoint.enabled = value == "true";
        }
    }
    AwsResponse::xml("SetEndpointAttributes", "Done", "true")
}

fn publish(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    let invalid = || {
        AwsResponse::error(AwsService::Sns, 400, "InvalidParameter", "no destination or no message")
    };
    let Some(message) =
        request.text("Message").filter(|message| !message.is_empty()).map(str::to_owned)
    else {
        return invalid();
    };
    let id = match (request.text("PhoneNumber"), request.text("TargetArn")) {
        (Some(phone), None) => state.record_provider_message(|id| ProviderMessage::Sms {
            id,
            phone: phone.to_owned(),
            text: message,
            context: BTreeMap::new(),
        }),
        (None, Some(arn)) => state.record_provider_message(|id| ProviderMessage::Push {
            id,
            endpoint_arn: arn.to_owned(),
            message,
            attributes: message_attributes(request),
        }),
        _ => return invalid(),
    };
    AwsResponse::xml("Publish", "MessageId", &id)
}

/// Returns the message attributes of a `Publish`, by name.
fn message_attributes(request: &AwsRequest) -> BTreeMap<String, String> {
    let entry = |number: u32| {
        let at = |field: &str| request.text(&format!("MessageAttributes.entry.{number}.{field}"));
        Some((at("Name")?.to_owned(), at("Value.StringValue")?.to_owned()))
    };
    (1..).map_while(entry).collect()
}

/// The most entries of a context, and the longest value.
const MAX_CONTEXT: usize = 5;
const MAX_CONTEXT_VALUE: usize = 800;
/// The shortest and the longest time to live, in seconds.
const TIME_TO_LIVE: std::ops::RangeInclusive<u64> = 5..=259_200;

pub fn handle_text(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    if request.operation != "SendTextMessage" {
        return unknown_operation(request);
    }
    let (phone, text) = (request.text("DestinationPhoneNumber"), request.text("MessageBody"));
    let (Some(phone), Some(text)) = (phone, text.filter(|text| !text.trim().is_empty())) else {
        let message = "no destination or no message";
        return AwsResponse::error(request.service, 400, "ValidationException", message);
    };
    let entries = request.input.get("Context").and_then(Value::as_object);
    let context: BTreeMap<String, String> = entries
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let seconds = request.input.get("TimeToLive").map_or(Some(60), Value::as_u64);
    let fits = context.len() <= MAX_CONTEXT
        && context.values().all(|value| (1..=MAX_CONTEXT_VALUE).contains(&value.len()))
        && seconds.is_some_and(|seconds| TIME_TO_LIVE.contains(&seconds));
    if !fits {
        let message = "a context or a time to live out of range";
        return AwsResponse::error(request.service, 400, "ValidationException", message);
    }
    let (phone, text) = (phone.to_owned(), text.to_owned());
    let id = state.record_provider_message(|id| ProviderMessage::Sms { id, phone, text, context });
    AwsResponse::json(&json!({"MessageId": id}))
}

pub fn handle_ses(state: &mut FakeAwsState, request: &AwsRequest) -> AwsResponse {
    let input = &request.input;
    let recipients =
        input.pointer("/Destination/ToAddresses").and_then(Value::as_array).map_or(0, Vec::len);
    let to = text_at(input, "/Destination/ToAddresses/0").filter(|_| recipients == 1);
    let subject = text_at(input, "/Content/Simple/Subject/Data");
    let (Some(to), Some(subject)) = (to, subject) else {
        let message = "the AWS in memory knows simple e-mails to one address";
        return AwsResponse::error(AwsService::Ses, 400, "BadRequestException", message);
    };
    let tag =
        |tag: &Value| Some((text_at(tag, "/Name")?.to_owned(), text_at(tag, "/Value")?.to_owned()));
    let tags: BTreeMap<String, String> = input
        .get("EmailTags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(tag)
        .collect();
    let (to, subject, letter) = (to.to_owned(), subject.to_owned(), Box::new(email_details(input)));
    let id = state.record_provider_message(|id| ProviderMessage::Email {
        id,
        to,
        tags,
        subject,
        details: letter,
    });
    AwsResponse::json(&json!({"MessageId": id}))
}

fn email_details(input: &Value) -> EmailDetails {
    let part = |pointer: &str| text_at(input, pointer).unwrap_or_default().to_owned();
    let list = |pointer: &str| {
        input.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let header = |header: &Value| {
        Some((text_at(header, "/Name")?.to_owned(), text_at(header, "/Value")?.to_owned()))
    };
    EmailDetails {
        from: part("/FromEmailAddress"),
        reply_to: list("/ReplyToAddresses")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        html: part("/Content/Simple/Body/Html/Data"),
        text: part("/Content/Simple/Body/Text/Data"),
        headers: list("/Content/Simple/Headers").iter().filter_map(header).collect(),
    }
}

pub fn handle_secrets_manager(state: &FakeAwsState, request: &AwsRequest) -> AwsResponse {
    let id = request.text("SecretId");
    let found = match request.operation.as_str() {
        "GetSecretValue" => {
            id.and_then(|id| state.secrets.get(id)).map(|secret| json!({"SecretString": secret}))
        }
        "ListSecretVersionIds" => id.and_then(|id| state.secret_dates.get(id)).map(|second| {
            json!({"Versions": [
                {"VersionId": "older", "VersionStages": ["AWSPREVIOUS"], "CreatedDate": 0},
                {"VersionId": "newer", "VersionStages": ["AWSCURRENT"], "CreatedDate": second},
            ]})
        }),
        _ => return unknown_operation(request),
    };
    match found {
        Some(answer) => AwsResponse::json(&answer),
        None => AwsResponse::error(
            AwsService::SecretsManager,
            400,
            "ResourceNotFoundException",
            "no such secret",
        ),
    }
}
