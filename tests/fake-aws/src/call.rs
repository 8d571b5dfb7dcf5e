//! Defines what a [`CallGate`] learns about a call and how it may decide. At the gate a simulation
//! holds calls back, releases them in an order of its choice, loses requests and answers, and ends
//! processes.

use std::sync::Arc;

use futures::future::BoxFuture;

/// A callback that is asked once for each try of a call, before the call is made. The call waits
/// for its verdict.
pub type CallGate = Arc<dyn Fn(AwsCall) -> BoxFuture<'static, CallVerdict> + Send + Sync>;

/// One call, before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsCall {
    /// The service: `dynamodb`, `sqs`, `sns`, `ses`, `sms-voice` or `secretsmanager`.
    pub service: &'static str,
    pub operation: String,
    /// The target: names of tables, sorted and joined by commas; the URL of a queue; `phone`,
    /// `endpoint` or `mail`; the id of a secret.
    pub target: String,
    pub writes: bool,
}

impl AwsCall {
    /// Returns true if a provider is asked to send a message.
    pub fn sends_message(&self) -> bool {
        matches!(self.service, "sns" | "ses" | "sms-voice")
    }
}

/// The gate's decision about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallVerdict {
    Proceed,
    /// Performs the call and loses the answer: to the caller the connection is lost.
    LoseAnswer,
    /// Does not perform the call: to the caller the connection is lost.
    LoseRequest,
    /// Performs the call and never answers: the caller's process has died, and the test drops its
    /// future.
    Hang,
    /// Refuses the call as too many, with each service's own code.
    Throttle,
    /// Cancels a transaction because of a conflict on its first item. Any other call is throttled.
    Conflict,
    /// Refuses for good, as a provider does: the endpoint is disabled, the phone number invalid,
    /// the e-mail rejected. Any other call is throttled.
    Reject,
    /// Refuses for a fault of the sender, as a provider does: the e-mail's sender is not verified, the
    /// SMS has no identity to come from, the push platform's application is off. Any other call is
    /// throttled.
    SenderFault,
    /// Refuses an e-mail because the day's quota is used up, and an SMS by End User Messaging because
    /// the month's spend limit is reached. Any other call is throttled.
    QuotaUsedUp,
    /// Answers HTTP 500 and does not perform the call.
    ServerError,
}
