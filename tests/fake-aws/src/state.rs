//! Holds the whole state of the fake AWS, behind one lock.

use std::collections::BTreeMap;

use crate::{
    FakeItem, TableSchema,
    fault::{DynamoDbFault, Result},
    table::FakeTable,
};

/// One item before and after a write, both complete.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemChange {
    pub table: String,
    pub old: Option<FakeItem>,
    pub new: Option<FakeItem>,
}

/// A message sent to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    /// The URL of the queue.
    pub queue: String,
    pub body: String,
    pub delay_seconds: u32,
}

/// A message that a provider accepted. Ids count up from `sim-00000001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderMessage {
    Sms {
        id: String,
        phone: String,
        text: String,
        /// The context that events of End User Messaging bring back; SNS takes none.
        context: BTreeMap<String, String>,
    },
    Push {
        id: String,
        endpoint_arn: String,
        message: String,
        /// The attributes from which SNS makes headers of APNs.
        attributes: BTreeMap<String, String>,
    },
    Email {
        id: String,
        to: String,
        tags: BTreeMap<String, String>,
        subject: String,
        details: Box<EmailDetails>,
    },
}

/// The remaining parts of an e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailDetails {
    pub from: String,
    pub reply_to: Vec<String>,
    pub html: String,
    pub text: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Debug)]
/// A push endpoint that SNS has made of a device's token.
pub struct PushEndpointState {
    pub arn: String,
    pub enabled: bool,
}

pub struct FakeAwsState {
    tables: BTreeMap<String, FakeTable>,
    /// Tokens of the written transactions, each with a digest of its request.
    pub tokens: BTreeMap<String, u64>,
    pub queued_messages: Vec<QueuedMessage>,
    pub provider_messages: Vec<ProviderMessage>,
    pub secrets: BTreeMap<String, String>,
    /// The second at which the value in use of a secret was made.
    pub secret_dates: BTreeMap<String, i64>,
    /// The push endpoints that were made, by application and token.
    pub push_endpoints: BTreeMap<(String, String), PushEndpointState>,
    /// The number of batch reads that are still to be answered in part.
    pub partial_batch_reads: u32,
    provider_message_count: u64,
    queued_message_count: u64,
}

impl FakeAwsState {
    pub fn new(tables: impl IntoIterator<Item = TableSchema>) -> Self {
        Self {
            tables: tables
                .into_iter()
                .map(|schema| (schema.name.clone(), FakeTable::new(schema)))
                .collect(),
            tokens: BTreeMap::new(),
            queued_messages: Vec::new(),
            provider_messages: Vec::new(),
            secrets: BTreeMap::new(),
            secret_dates: BTreeMap::new(),
            push_endpoints: BTreeMap::new(),
            partial_batch_reads: 0,
            provider_message_count: 0,
            queued_message_count: 0,
        }
    }

    pub fn table(&self, name: &str) -> Result<&FakeTable> {
        self.tables.get(name).ok_or_else(|| table_not_found(name))
    }

    pub fn table_mut(&mut self, name: &str) -> Result<&mut FakeTable> {
        self.tables.get_mut(name).ok_or_else(|| table_not_found(name))
    }

    /// Assigns the next id, keeps the message that `mail` builds with it, and returns the id.
    pub fn record_provider_message(
        &mut self,
        mail: impl FnOnce(String) -> ProviderMessage,
    ) -> String {
        self.provider_message_count += 1;
        let id = format!("sim-{:08}", self.provider_message_count);
        self.provider_messages.push(mail(id.clone()));
        id
    }

    pub fn enqueue_message(&mut self, sent: QueuedMessage) -> String {
        self.queued_message_count += 1;
        self.queued_messages.push(sent);
        format!("message-{:08}", self.queued_message_count)
    }
}

fn table_not_found(name: &str) -> DynamoDbFault {
    DynamoDbFault::Refused {
        code: "ResourceNotFoundException",
        message: format!("Requested resource not found: Table: {name} not found"),
    }
}
