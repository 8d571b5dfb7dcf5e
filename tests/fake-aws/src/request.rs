//! Parses an HTTP request into the service, the operation and its input as JSON. SNS uses the query
//! protocol: its form becomes an object of strings.

use std::collections::BTreeSet;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use crate::call::AwsCall;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsService {
    DynamoDb,
    Sqs,
    Sns,
    Ses,
    /// AWS End User Messaging SMS.
    EndUserMessaging,
    SecretsManager,
}

impl AwsService {
    fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::Ses => "ses",
            Self::EndUserMessaging => "sms-voice",
            Self::SecretsManager => "secretsmanager",
        }
    }
}

#[derive(Debug)]
pub struct AwsRequest {
    pub service: AwsService,
    pub operation: String,
    pub input: Value,
}

/// Operations that change nothing.
const READ_OPERATIONS: [&str; 5] = ["GetItem", "BatchGetItem", "Query", "Scan", "GetSecretValue"];

impl AwsRequest {
    /// Parses the request; an error names the part that is not supported.
    pub fn parse(request: &HttpRequest) -> Result<Self, String> {
        let body = request.body().bytes().ok_or("a streamed body")?;
        let json = || serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"));
        if let Some(target) = request.headers().get("x-amz-target") {
            let (service, operation) =
                target.split_once('.').ok_or_else(|| format!("the target {target}"))?;
            let service = match service {
                "DynamoDB_20120810" => AwsService::DynamoDb,
                "AmazonSQS" => AwsService::Sqs,
                "secretsmanager" => AwsService::SecretsManager,
                "PinpointSMSVoiceV2" => AwsService::EndUserMessaging,
                other => return Err(format!("the service {other}")),
            };
            return Ok(Self { service, operation: operation.to_owned(), input: json()? });
        }
        let path = url_path(request.uri());
        if path == "/v2/email/outbound-emails" {
            return Ok(Self {
                service: AwsService::Ses,
                operation: "SendEmail".to_owned(),
                input: json()?,
            });
        }
        let form: Map<String, Value> = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect();
        let version = form.get("Version").and_then(Value::as_str);
        match (form.get("Action").and_then(Value::as_str), version) {
            (Some(action), Some("2010-03-31")) => Ok(Self {
                service: AwsService::Sns,
                operation: action.to_owned(),
                input: Value::Object(form),
            }),
            _ => Err(format!("{} {path}", request.method())),
        }
    }

    pub fn call(&self) -> AwsCall {
        AwsCall {
            service: self.service.name(),
            operation: self.operation.clone(),
            target: self.target(),
            writes: !READ_OPERATIONS.contains(&self.operation.as_str()),
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name)?.as_str()
    }

    fn target(&self) -> String {
        let field = match self.service {
            AwsService::DynamoDb => return self.table_names(),
            AwsService::Sns if self.text("PhoneNumber").is_some() => return "phone".to_owned(),
            AwsService::Sns => return "endpoint".to_owned(),
            AwsService::Ses => return "mail".to_owned(),
            AwsService::EndUserMessaging => return "phone".to_owned(),
            AwsService::Sqs => "QueueUrl",
            AwsService::SecretsManager => "SecretId",
        };
        self.text(field).unwrap_or_default().to_owned()
    }

    fn table_names(&self) -> String {
        let mut tables = BTreeSet::new();
        tables.extend(self.text("TableName"));
        let batch = self.input.get("RequestItems").and_then(Value::as_object);
        tables.extend(batch.into_iter().flatten().map(|(table, _)| table.as_str()));
        let writes = self.input.get("TransactItems").and_then(Value::as_array);
        let inner = writes.into_iter().flatten().filter_map(Value::as_object).flat_map(Map::values);
        tables.extend(inner.filter_map(|write| write.get("TableName")?.as_str()));
        tables.into_iter().collect::<Vec<_>>().join(",")
    }
}

fn url_path(uri: &str) -> &str {
    let path = uri
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)))
        .unwrap_or(uri);
    path.split('?').next().unwrap_or(path)
}
