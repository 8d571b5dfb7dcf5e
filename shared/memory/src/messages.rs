//! The services that take messages, and the one that keeps secrets: SQS, SNS, SES, Secrets Manager. What they take is kept for the test
//! to take over.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    answer::Answer,
    request::{Request, Service},
    state::{Letter, Mail, Sent, State},
};

/// Messages of one SQS batch, at most.
const MAX_BATCH: usize = 10;
/// SQS delays a message by so many seconds at most.
const MAX_DELAY_SECONDS: u64 = 900;

fn unknown(request: &Request) -> Answer {
    let message = format!("{} is not known to the AWS in memory", request.operation);
    Answer::error(request.service, 400, "UnknownOperationException", &message)
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

pub fn sqs(state: &mut State, request: &Request) -> Answer {
    let refused = |code: &str, message: &str| Answer::error(Service::Sqs, 400, code, message);
    let Some(queue) = request.text("QueueUrl") else { return refused("QueueDoesNotExist", "no queue") };
    let single = [request.input.clone()];
    let entries = match request.operation.as_str() {
        "SendMessage" => single.as_slice(),
        "SendMessageBatch" => request.input.get("Entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice),
        _ => return unknown(request),
    };
    if entries.is_empty() {
        return refused("EmptyBatchRequest", "no messages");
    }
    if entries.len() > MAX_BATCH {
        return refused("TooManyEntriesInBatchRequest", "more than ten messages");
    }
    let mut sent = Vec::new();
    for entry in entries {
        let delay =
            entry.get("DelaySeconds").map_or(Some(0), Value::as_u64).filter(|delay| *delay <= MAX_DELAY_SECONDS);
        let body = text(entry, "/MessageBody").filter(|body| !body.is_empty());
        let (Some(delay), Some(body)) = (delay.and_then(|delay| u32::try_from(delay).ok()), body) else {
            return refused("InvalidParameterValue", "no body, or a delay out of range");
        };
        sent.push(Sent { queue: queue.to_owned(), body: body.to_owned(), delay_seconds: delay });
    }
    let ids: Vec<String> = sent.into_iter().map(|sent| state.send(sent)).collect();
    if request.operation == "SendMessage" {
        return Answer::json(&json!({"MessageId": ids.first()}));
    }
    let successful = entries.iter().zip(&ids).map(|(entry, id)| json!({"Id": entry.get("Id"), "MessageId": id}));
    Answer::json(&json!({"Successful": successful.collect::<Vec<_>>(), "Failed": []}))
}

pub fn sns(state: &mut State, request: &Request) -> Answer {
    if request.operation != "Publish" {
        return unknown(request);
    }
    let invalid = || Answer::error(Service::Sns, 400, "InvalidParameter", "no destination or no message");
    let Some(message) = request.text("Message").filter(|message| !message.is_empty()).map(str::to_owned) else {
        return invalid();
    };
    let id = match (request.text("PhoneNumber"), request.text("TargetArn")) {
        (Some(phone), None) => state.deliver(|id| Mail::Sms { id, phone: phone.to_owned(), text: message }),
        (None, Some(arn)) => state.deliver(|id| Mail::Push { id, endpoint_arn: arn.to_owned(), message }),
        _ => return invalid(),
    };
    Answer::xml("Publish", "MessageId", &id)
}

pub fn ses(state: &mut State, request: &Request) -> Answer {
    let input = &request.input;
    let recipients = input.pointer("/Destination/ToAddresses").and_then(Value::as_array).map_or(0, Vec::len);
    let to = text(input, "/Destination/ToAddresses/0").filter(|_| recipients == 1);
    let subject = text(input, "/Content/Simple/Subject/Data");
    let (Some(to), Some(subject)) = (to, subject) else {
        let message = "the AWS in memory knows simple e-mails to one address";
        return Answer::error(Service::Ses, 400, "BadRequestException", message);
    };
    let tag = |tag: &Value| Some((text(tag, "/Name")?.to_owned(), text(tag, "/Value")?.to_owned()));
    let tags: BTreeMap<String, String> =
        input.get("EmailTags").and_then(Value::as_array).into_iter().flatten().filter_map(tag).collect();
    let (to, subject, letter) = (to.to_owned(), subject.to_owned(), Box::new(letter(input)));
    let id = state.deliver(|id| Mail::Email { id, to, tags, subject, letter });
    Answer::json(&json!({"MessageId": id}))
}

fn letter(input: &Value) -> Letter {
    let part = |pointer: &str| text(input, pointer).unwrap_or_default().to_owned();
    let list = |pointer: &str| input.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let header = |header: &Value| Some((text(header, "/Name")?.to_owned(), text(header, "/Value")?.to_owned()));
    Letter {
        from: part("/FromEmailAddress"),
        reply_to: list("/ReplyToAddresses").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        html: part("/Content/Simple/Body/Html/Data"),
        text: part("/Content/Simple/Body/Text/Data"),
        headers: list("/Content/Simple/Headers").iter().filter_map(header).collect(),
    }
}

pub fn secret(state: &State, request: &Request) -> Answer {
    if request.operation != "GetSecretValue" {
        return unknown(request);
    }
    match request.text("SecretId").and_then(|id| state.secrets.get(id)) {
        Some(secret) => Answer::json(&json!({"SecretString": secret})),
        None => Answer::error(Service::SecretsManager, 400, "ResourceNotFoundException", "no such secret"),
    }
}
