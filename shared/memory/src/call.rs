//! What a [`Gate`] sees of a call, and what it may say. The gate is where a simulation holds calls back and lets them go in the order
//! of its choice, loses requests and answers, and ends processes.

use std::sync::Arc;

use futures::future::BoxFuture;

/// Asked once per try of a call, before it is done. The call waits for it.
pub type Gate = Arc<dyn Fn(Call) -> BoxFuture<'static, Verdict> + Send + Sync>;

/// One call, before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `dynamodb`, `sqs`, `sns`, `ses` or `secretsmanager`.
    pub service: &'static str,
    pub operation: String,
    /// Names of tables, sorted and joined by commas; the URL of a queue; `phone`, `endpoint` or `mail`; the id of a secret.
    pub target: String,
    pub writes: bool,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Proceed,
    /// Done, and the answer never arrives: to the caller the connection is lost.
    LoseAnswer,
    /// Never done; to the caller the connection is lost.
    LoseRequest,
    /// Done, and the caller waits for ever: its process has died, and whoever polls it drops it.
    Hang,
    /// Refused as too much, with each service's own code.
    Throttle,
    /// A transaction met another one on its first item. Anything else is throttled.
    Conflict,
    /// A provider's refusal for good: the endpoint is disabled, the phone number invalid, the e-mail rejected. Anything else is
    /// throttled.
    Reject,
    /// HTTP 500, and never done.
    ServerError,
}
