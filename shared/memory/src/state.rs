//! Everything that this AWS remembers, behind one lock.

use std::collections::BTreeMap;

use crate::{
    Item, Schema,
    fault::{Fault, Result},
    table::Table,
};

/// One item before and after a write, both complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub table: String,
    pub old: Option<Item>,
    pub new: Option<Item>,
}

/// A message sent to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The queue's URL.
    pub queue: String,
    pub body: String,
    pub delay_seconds: u32,
}

/// A message that a provider took. Ids count up from `sim-00000001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    Sms { id: String, phone: String, text: String },
    Push { id: String, endpoint_arn: String, message: String },
    Email { id: String, to: String, tags: BTreeMap<String, String>, subject: String, letter: Box<Letter> },
}

/// The rest of an e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    pub from: String,
    pub reply_to: Vec<String>,
    pub html: String,
    pub text: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct State {
    tables: BTreeMap<String, Table>,
    /// Tokens of the transactions that were written, with a digest of what they asked for.
    pub tokens: BTreeMap<String, u64>,
    pub sent: Vec<Sent>,
    pub mail: Vec<Mail>,
    pub secrets: BTreeMap<String, String>,
    mail_count: u64,
    sent_count: u64,
}

impl State {
    pub fn new(tables: impl IntoIterator<Item = Schema>) -> Self {
        Self {
            tables: tables.into_iter().map(|schema| (schema.name.clone(), Table::new(schema))).collect(),
            tokens: BTreeMap::new(),
            sent: Vec::new(),
            mail: Vec::new(),
            secrets: BTreeMap::new(),
            mail_count: 0,
            sent_count: 0,
        }
    }

    pub fn table(&self, name: &str) -> Result<&Table> {
        self.tables.get(name).ok_or_else(|| no_table(name))
    }

    pub fn table_mut(&mut self, name: &str) -> Result<&mut Table> {
        self.tables.get_mut(name).ok_or_else(|| no_table(name))
    }

    /// Keeps what `mail` makes of the next id.
    pub fn deliver(&mut self, mail: impl FnOnce(String) -> Mail) -> String {
        self.mail_count += 1;
        let id = format!("sim-{:08}", self.mail_count);
        self.mail.push(mail(id.clone()));
        id
    }

    pub fn send(&mut self, sent: Sent) -> String {
        self.sent_count += 1;
        self.sent.push(sent);
        format!("message-{:08}", self.sent_count)
    }
}

fn no_table(name: &str) -> Fault {
    Fault::Refused {
        code: "ResourceNotFoundException",
        message: format!("Requested resource not found: Table: {name} not found"),
    }
}
