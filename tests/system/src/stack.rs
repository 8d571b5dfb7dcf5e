//! The running stack as its file describes it, and one client of each kind.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use aws_types::SdkConfig;
use base64::Engine as _;
use serde_json::Value;

use crate::{
    app::AppBackendClient,
    http_client::HttpClient,
    ledger::LedgerReader,
    operator::{OperatorClient, OperatorGroup},
    provider_emulator::EmulatorClient,
    queues::QueueClient,
    workers::WorkerProcesses,
};

/// The content of stack.json, written by `infra/local/stack.py`.
#[derive(Debug, Clone)]
pub struct StackInfo {
    json: Value,
}

impl StackInfo {
    fn read() -> Self {
        let Some(path) = std::env::var_os("STACK_JSON").map(PathBuf::from) else {
            panic!(
                "STACK_JSON is not set: the whole-system tests need a running stack. `make test` starts one; by hand: \
                 `python3 infra/local/stack.py up --stack test`, then STACK_JSON=$PWD/.local/test/stack.json"
            )
        };
        let text = std::fs::read(&path).unwrap_or_else(|error| {
            panic!(
                "no stack at {}: {error}. Start it: `python3 infra/local/stack.py up --stack test`",
                path.display()
            )
        });
        let json = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}", path.display()));
        Self { json }
    }
    /// Returns the text at a JSON pointer; a missing one fails the test.
    pub fn text(&self, pointer: &str) -> &str {
        self.json
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("stack.json has no {pointer}"))
    }
    pub fn number(&self, pointer: &str) -> i64 {
        let found = self.json.pointer(pointer);
        let number =
            found.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
        number.unwrap_or_else(|| panic!("stack.json has no number {pointer}"))
    }
    pub fn api_url(&self) -> &str {
        self.text("/api_url")
    }
    /// Returns the secret that signs the app backend's requests.
    pub fn webhook_secret(&self) -> Vec<u8> {
        let secret = self.text("/webhook_secret");
        let encoded = secret.strip_prefix("whsec_").expect("a Standard Webhooks secret");
        base64::engine::general_purpose::STANDARD.decode(encoded).expect("a secret in base64")
    }
    /// Returns the queues by logical name (`sms_dlq`), with URLs at the endpoint that tests can
    /// reach.
    pub(crate) fn queues(&self) -> BTreeMap<String, String> {
        let queues = self.json["queues"].as_object().expect("stack.json has queues");
        let url = |value: &Value| {
            value.as_str().expect("a queue's URL").replace("//localhost:", "//127.0.0.1:")
        };
        queues.iter().map(|(name, value)| (name.clone(), url(value))).collect()
    }
}

/// One client of each kind. Create it inside a test, because connections belong to the test's
/// runtime; clones share them.
#[derive(Clone)]
pub struct LocalStack {
    pub facts: Arc<StackInfo>,
    pub wire: HttpClient,
    pub aws: SdkConfig,
}

impl LocalStack {
    /// Connects to the stack at `STACK_JSON`; without one the test fails and says how to start it.
    pub fn connect() -> Self {
        let facts = Arc::new(StackInfo::read());
        let wire = HttpClient::new();
        // the local AWS treats any caller that is not one of its roles as the owner of the account
        let aws = testkit::local_aws_config()
            .into_builder()
            .endpoint_url(facts.text("/endpoint_url"))
            .build();
        Self { facts, wire, aws }
    }
    /// Returns the app backend, which signs each request.
    pub fn app(&self) -> AppBackendClient {
        AppBackendClient::new(self)
    }
    /// Signs in an operator of this group.
    pub async fn sign_in_operator(&self, group: OperatorGroup) -> OperatorClient {
        OperatorClient::sign_in(self, group).await
    }
    /// Returns the provider emulator: which SMS, e-mails and pushes arrived, and how the providers
    /// behave.
    pub fn emulator(&self) -> EmulatorClient {
        EmulatorClient::new(self)
    }
    /// Returns the reader of the tables.
    pub fn ledger(&self) -> LedgerReader {
        LedgerReader::new(self)
    }
    pub fn queues(&self) -> QueueClient {
        QueueClient::new(self)
    }
    /// Returns the processes of the functions.
    pub fn workers(&self) -> WorkerProcesses {
        WorkerProcesses::new(self)
    }
    /// Invokes a deployed function with `event` and waits; panics if it ends with an error.
    pub async fn invoke_function(&self, function: &str, event: &Value) -> Value {
        let url = format!(
            "{}/2015-03-31/functions/{}/invocations",
            self.facts.text("/endpoint_url"),
            self.facts.text(&format!("/functions/{function}"))
        );
        let scope = "Credential=test/20260101/us-east-1/lambda/aws4_request";
        let request = self
            .wire
            .request("POST", &url)
            .header(
                "authorization",
                &format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
            )
            .json(event);
        let answer = request.send().await;
        assert!(
            answer.status == 200 && answer.header("x-amz-function-error").is_none(),
            "invoking {function}: {} {}",
            answer.status,
            answer.text
        );
        answer.json
    }
}
