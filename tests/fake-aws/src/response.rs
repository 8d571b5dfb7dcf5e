//! Builds answers in the protocol of each service: AWS JSON, REST JSON for SES, XML for SNS. The
//! SDK's retries and the crate `channels` depend on the codes and statuses of the errors.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::{
    fault::{CancellationReason, DynamoDbFault},
    request::{AwsRequest, AwsService},
};

const SNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

#[derive(Debug)]
pub struct AwsResponse {
    status: u16,
    content_type: &'static str,
    /// The error code for the header in which SES names its errors.
    error_type: Option<String>,
    body: String,
}

impl AwsResponse {
    pub fn json(output: &Value) -> Self {
        Self {
            status: 200,
            content_type: "application/x-amz-json-1.0",
            error_type: None,
            body: output.to_string(),
        }
    }

    /// Builds the result of an SNS action: an element `name` that contains `text`.
    pub fn xml(action: &str, name: &str, text: &str) -> Self {
        let body = format!(
            "<{action}Response xmlns=\"{SNS}\"><{action}Result><{name}>{}</{name}></{action}Result>\
             <ResponseMetadata><RequestId>memory</RequestId></ResponseMetadata></{action}Response>",
            escape_xml(text)
        );
        Self { status: 200, content_type: "text/xml", error_type: None, body }
    }

    pub fn error(service: AwsService, status: u16, code: &str, message: &str) -> Self {
        let namespace = match service {
            AwsService::DynamoDb => "com.amazonaws.dynamodb.v20120810#",
            AwsService::Sqs => "com.amazonaws.sqs#",
            AwsService::EndUserMessaging => "com.amazonaws.pinpointsmsvoicev2#",
            AwsService::SecretsManager | AwsService::Ses | AwsService::Sns => "",
        };
        match service {
            AwsService::DynamoDb
            | AwsService::Sqs
            | AwsService::EndUserMessaging
            | AwsService::SecretsManager => Self {
                status,
                ..Self::json(&json!({"__type": format!("{namespace}{code}"), "message": message}))
            },
            AwsService::Ses => Self {
                status,
                content_type: "application/json",
                error_type: Some(code.to_owned()),
                body: json!({"message": message}).to_string(),
            },
            AwsService::Sns => {
                let kind = if status < 500 { "Sender" } else { "Receiver" };
                let body = format!(
                    "<ErrorResponse xmlns=\"{SNS}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{}</Message>\
                     </Error><RequestId>memory</RequestId></ErrorResponse>",
                    escape_xml(message)
                );
                Self { status, content_type: "text/xml", error_type: None, body }
            }
        }
    }

    pub fn into_response(self) -> Result<HttpResponse, ConnectorError> {
        let status =
            self.status.try_into().map_err(|_| ConnectorError::user("no such status".into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        response.headers_mut().insert("content-type", self.content_type);
        if let Some(error_type) = self.error_type {
            response.headers_mut().insert("x-amzn-errortype", error_type);
        }
        Ok(response)
    }
}

fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Builds the answer to a request that DynamoDB refuses.
pub fn dynamodb_refusal(fault: DynamoDbFault) -> AwsResponse {
    match fault {
        DynamoDbFault::Refused { code, message } => {
            AwsResponse::error(AwsService::DynamoDb, 400, code, &message)
        }
        DynamoDbFault::ConditionFailed(item) => {
            let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            let mut body = json!({"__type": code, "message": "The conditional request failed"});
            if let (Some(item), Some(body)) = (item, body.as_object_mut()) {
                body.insert("Item".to_owned(), json!(item));
            }
            AwsResponse { status: 400, ..AwsResponse::json(&body) }
        }
        DynamoDbFault::Cancelled(reasons) => transaction_cancelled(&reasons),
    }
}

fn transaction_cancelled(reasons: &[CancellationReason]) -> AwsResponse {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code).collect();
    let reason = |reason: &CancellationReason| {
        let mut shown = json!({"Code": reason.code});
        if let Some(shown) = shown.as_object_mut() {
            shown.extend(
                reason.message.as_ref().map(|message| ("Message".to_owned(), json!(message))),
            );
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
    AwsResponse { status: 400, ..AwsResponse::json(&body) }
}

/// Builds the answer to a transaction that conflicts with another one on its first item.
pub fn transaction_conflict(request: &AwsRequest) -> AwsResponse {
    let items = request.input.get("TransactItems").and_then(Value::as_array).map_or(0, Vec::len);
    let met = CancellationReason::new("TransactionConflict", "Transaction is ongoing for the item");
    let reasons: Vec<CancellationReason> =
        std::iter::once(met).chain((1..items).map(|_| CancellationReason::none())).collect();
    transaction_cancelled(&reasons)
}

pub fn throttled_response(service: AwsService) -> AwsResponse {
    let (status, code) = match service {
        AwsService::DynamoDb => (400, "ProvisionedThroughputExceededException"),
        AwsService::Sqs | AwsService::EndUserMessaging | AwsService::SecretsManager => {
            (400, "ThrottlingException")
        }
        AwsService::Sns => (429, "ThrottledException"),
        AwsService::Ses => (429, "TooManyRequestsException"),
    };
    AwsResponse::error(service, status, code, "too much at once")
}

/// Builds an error of End User Messaging, which tells its reason beside its code.
fn text_refusal(code: &str, reason: &str, more: &Value) -> AwsResponse {
    let name = format!("com.amazonaws.pinpointsmsvoicev2#{code}");
    let mut body = json!({"__type": name, "Reason": reason, "Message": "refused"});
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    AwsResponse { status: 400, ..AwsResponse::json(&body) }
}

/// Builds a provider's definite refusal.
pub fn rejected_response(request: &AwsRequest) -> AwsResponse {
    if request.service == AwsService::EndUserMessaging {
        let fields =
            json!({"Fields": [{"Name": "DestinationPhoneNumber", "Message": "not valid"}]});
        return text_refusal("ValidationException", "FIELD_VALIDATION_FAILED", &fields);
    }
    let (code, text) = match (request.service == AwsService::Ses, request.text("PhoneNumber")) {
        (true, _) => ("MessageRejected", "refused"),
        (false, Some(_)) => {
            ("InvalidParameter", "Invalid parameter: PhoneNumber Reason: not valid to publish to")
        }
        (false, None) => ("EndpointDisabled", "Endpoint is disabled"),
    };
    AwsResponse::error(request.service, 400, code, text)
}

/// Builds a provider's refusal for a fault of the sender, with the codes that AWS documents.
pub fn sender_fault_response(request: &AwsRequest) -> AwsResponse {
    if request.service == AwsService::EndUserMessaging {
        return text_refusal("ConflictException", "RESOURCE_NOT_ACTIVE", &json!({}));
    }
    let (status, code, text) = match (
        request.service == AwsService::Ses,
        request.text("PhoneNumber"),
    ) {
        (true, _) => (
            400,
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region US-EAST-1: shop@example.com",
        ),
        (false, Some(_)) => (403, "AuthorizationError", "not authorized to perform SNS:Publish"),
        (false, None) => (400, "PlatformApplicationDisabled", "Platform application is disabled"),
    };
    AwsResponse::error(request.service, status, code, text)
}

/// Builds the refusal of an account whose quota for the day, or spend limit for the month, is used up.
pub fn quota_response(service: AwsService) -> AwsResponse {
    if service == AwsService::EndUserMessaging {
        let reason = "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT";
        return text_refusal("ServiceQuotaExceededException", reason, &json!({}));
    }
    AwsResponse::error(service, 400, "ThrottlingException", "Daily message quota exceeded.")
}

pub fn server_error_response(service: AwsService) -> AwsResponse {
    let code = match service {
        AwsService::DynamoDb => "InternalServerError",
        AwsService::Sns => "InternalError",
        AwsService::Sqs => "InternalError",
        AwsService::Ses => "InternalServiceErrorException",
        AwsService::EndUserMessaging => "InternalServerException",
        AwsService::SecretsManager => "InternalServiceError",
    };
    AwsResponse::error(service, 500, code, "something broke")
}
