//! From an HTTP request to the service, the operation and its input as JSON. SNS speaks the query protocol: its form becomes an object
//! of strings.

use std::collections::BTreeSet;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use crate::call::Call;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    DynamoDb,
    Sqs,
    Sns,
    Ses,
    SecretsManager,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::Ses => "ses",
            Self::SecretsManager => "secretsmanager",
        }
    }
}

#[derive(Debug)]
pub struct Request {
    pub service: Service,
    pub operation: String,
    pub input: Value,
}

/// The operations that change nothing.
const READS: [&str; 5] = ["GetItem", "BatchGetItem", "Query", "Scan", "GetSecretValue"];

impl Request {
    /// An error says what is not understood.
    pub fn parse(request: &HttpRequest) -> Result<Self, String> {
        let body = request.body().bytes().ok_or("a streamed body")?;
        let json = || serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"));
        if let Some(target) = request.headers().get("x-amz-target") {
            let (service, operation) = target.split_once('.').ok_or_else(|| format!("the target {target}"))?;
            let service = match service {
                "DynamoDB_20120810" => Service::DynamoDb,
                "AmazonSQS" => Service::Sqs,
                "secretsmanager" => Service::SecretsManager,
                other => return Err(format!("the service {other}")),
            };
            return Ok(Self { service, operation: operation.to_owned(), input: json()? });
        }
        let path = url_path(request.uri());
        if path == "/v2/email/outbound-emails" {
            return Ok(Self { service: Service::Ses, operation: "SendEmail".to_owned(), input: json()? });
        }
        let form: Map<String, Value> = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect();
        let version = form.get("Version").and_then(Value::as_str);
        match (form.get("Action").and_then(Value::as_str), version) {
            (Some(action), Some("2010-03-31")) => {
                Ok(Self { service: Service::Sns, operation: action.to_owned(), input: Value::Object(form) })
            }
            _ => Err(format!("{} {path}", request.method())),
        }
    }

    pub fn call(&self) -> Call {
        Call {
            service: self.service.name(),
            operation: self.operation.clone(),
            target: self.target(),
            writes: !READS.contains(&self.operation.as_str()),
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name)?.as_str()
    }

    fn target(&self) -> String {
        let field = match self.service {
            Service::DynamoDb => return self.tables(),
            Service::Sns if self.text("PhoneNumber").is_some() => return "phone".to_owned(),
            Service::Sns => return "endpoint".to_owned(),
            Service::Ses => return "mail".to_owned(),
            Service::Sqs => "QueueUrl",
            Service::SecretsManager => "SecretId",
        };
        self.text(field).unwrap_or_default().to_owned()
    }

    fn tables(&self) -> String {
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
    let path = uri.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..))).unwrap_or(uri);
    path.split('?').next().unwrap_or(path)
}
