//! Answers as each service's protocol has them: AWS JSON, REST JSON for SES, XML for SNS. The codes and statuses of errors are what the
//! SDK's retries and `channels` go by.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::{
    fault::{Fault, Reason},
    request::{Request, Service},
};

const SNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

#[derive(Debug)]
pub struct Answer {
    status: u16,
    content_type: &'static str,
    /// For SES, which names its errors in a header.
    error_type: Option<String>,
    body: String,
}

impl Answer {
    pub fn json(output: &Value) -> Self {
        Self { status: 200, content_type: "application/x-amz-json-1.0", error_type: None, body: output.to_string() }
    }

    /// The result of an SNS action: text by the name of its element.
    pub fn xml(action: &str, name: &str, text: &str) -> Self {
        let body = format!(
            "<{action}Response xmlns=\"{SNS}\"><{action}Result><{name}>{}</{name}></{action}Result>\
             <ResponseMetadata><RequestId>memory</RequestId></ResponseMetadata></{action}Response>",
            escaped(text)
        );
        Self { status: 200, content_type: "text/xml", error_type: None, body }
    }

    pub fn error(service: Service, status: u16, code: &str, message: &str) -> Self {
        let namespace = match service {
            Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#",
            Service::Sqs => "com.amazonaws.sqs#",
            Service::SecretsManager | Service::Ses | Service::Sns => "",
        };
        match service {
            Service::DynamoDb | Service::Sqs | Service::SecretsManager => {
                Self { status, ..Self::json(&json!({"__type": format!("{namespace}{code}"), "message": message})) }
            }
            Service::Ses => Self {
                status,
                content_type: "application/json",
                error_type: Some(code.to_owned()),
                body: json!({"message": message}).to_string(),
            },
            Service::Sns => {
                let kind = if status < 500 { "Sender" } else { "Receiver" };
                let body = format!(
                    "<ErrorResponse xmlns=\"{SNS}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{}</Message>\
                     </Error><RequestId>memory</RequestId></ErrorResponse>",
                    escaped(message)
                );
                Self { status, content_type: "text/xml", error_type: None, body }
            }
        }
    }

    pub fn into_response(self) -> Result<HttpResponse, ConnectorError> {
        let status = self.status.try_into().map_err(|_| ConnectorError::user("no such status".into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        response.headers_mut().insert("content-type", self.content_type);
        if let Some(error_type) = self.error_type {
            response.headers_mut().insert("x-amzn-errortype", error_type);
        }
        Ok(response)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What DynamoDB refused.
pub fn refused(fault: Fault) -> Answer {
    match fault {
        Fault::Refused { code, message } => Answer::error(Service::DynamoDb, 400, code, &message),
        Fault::ConditionFailed(item) => {
            let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            let mut body = json!({"__type": code, "message": "The conditional request failed"});
            if let (Some(item), Some(body)) = (item, body.as_object_mut()) {
                body.insert("Item".to_owned(), json!(item));
            }
            Answer { status: 400, ..Answer::json(&body) }
        }
        Fault::Cancelled(reasons) => cancelled(&reasons),
    }
}

fn cancelled(reasons: &[Reason]) -> Answer {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code).collect();
    let reason = |reason: &Reason| {
        let mut shown = json!({"Code": reason.code});
        if let Some(shown) = shown.as_object_mut() {
            shown.extend(reason.message.as_ref().map(|message| ("Message".to_owned(), json!(message))));
            shown.extend(reason.item.as_ref().map(|item| ("Item".to_owned(), json!(item))));
        }
        shown
    };
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", ")
        ),
        "CancellationReasons": reasons.iter().map(reason).collect::<Vec<_>>(),
    });
    Answer { status: 400, ..Answer::json(&body) }
}

/// A transaction that met another one on its first item.
pub fn conflicted(request: &Request) -> Answer {
    let items = request.input.get("TransactItems").and_then(Value::as_array).map_or(0, Vec::len);
    let met = Reason::new("TransactionConflict", "Transaction is ongoing for the item");
    let reasons: Vec<Reason> = std::iter::once(met).chain((1..items).map(|_| Reason::none())).collect();
    cancelled(&reasons)
}

pub fn throttled(service: Service) -> Answer {
    let (status, code) = match service {
        Service::DynamoDb => (400, "ProvisionedThroughputExceededException"),
        Service::Sqs | Service::SecretsManager => (400, "ThrottlingException"),
        Service::Sns => (429, "ThrottledException"),
        Service::Ses => (429, "TooManyRequestsException"),
    };
    Answer::error(service, status, code, "too much at once")
}

/// A provider's refusal for good.
pub fn rejected(request: &Request) -> Answer {
    let code = match (request.service == Service::Ses, request.text("PhoneNumber")) {
        (true, _) => "MessageRejected",
        (false, Some(_)) => "InvalidParameter",
        (false, None) => "EndpointDisabled",
    };
    Answer::error(request.service, 400, code, "refused")
}

pub fn broken(service: Service) -> Answer {
    let code = match service {
        Service::DynamoDb => "InternalServerError",
        Service::Sns => "InternalError",
        Service::Sqs => "InternalError",
        Service::Ses => "InternalServiceErrorException",
        Service::SecretsManager => "InternalServiceError",
    };
    Answer::error(service, 500, code, "something broke")
}
