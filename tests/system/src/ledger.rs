//! Reads the tables with the SDK: a second witness next to the API.
//!
//! Reads are consistent. Whole-table scans make sure that no index and no key scheme of the code
//! under test can hide a record; they are for final checks, not for polling.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{Client, error::DisplayErrorContext, types::AttributeValue};
use domain::{
    TimeZone,
    kernel::channel::Channel,
    reporting::counters::{Counter, CounterValues, contribution_change},
    voucher::{
        attempt::AttemptState,
        record::{Voucher, VoucherStatus},
    },
};

use crate::stack::LocalStack;

pub type TableItem = HashMap<String, AttributeValue>;

#[derive(Clone)]
pub struct LedgerReader {
    client: Client,
    tables: BTreeMap<String, String>,
}

/// The outcomes of a campaign run's records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordTally {
    pub issued: u64,
    pub ghost: u64,
    pub skipped: u64,
    pub failed: u64,
}

impl RecordTally {
    pub fn from_records(records: &[Voucher]) -> Self {
        let mut tally = Self::default();
        for record in records {
            match record.status {
                VoucherStatus::Ghost => tally.ghost += 1,
                VoucherStatus::Skipped => tally.skipped += 1,
                VoucherStatus::Failed => tally.failed += 1,
                VoucherStatus::Issued
                | VoucherStatus::Accepted
                | VoucherStatus::Redeemed
                | VoucherStatus::Reversed
                | VoucherStatus::Declined
                | VoucherStatus::Expired
                | VoucherStatus::Revoked => tally.issued += 1,
            }
        }
        tally
    }
    pub fn total(&self) -> u64 {
        self.issued + self.ghost + self.skipped + self.failed
    }
}

/// Checks that a message went to every customer with an issued voucher, `told` of them in all.
///
/// The exception is an SMS whose sender died before its call, as a worker does that runs out of its
/// five seconds on a busy machine: its fate is unknown, and an SMS is never repeated.
pub fn check_issued_were_told(told: usize, records: &[Voucher]) {
    let issued = records.iter().filter(|record| record.status == VoucherStatus::Issued).count();
    let is_lost = |record: &&Voucher| {
        record.attempts.get(&Channel::Sms).is_some_and(|it| it.state == AttemptState::Unknown)
    };
    let unknown = records.iter().filter(is_lost).count();
    assert!(
        told <= issued && told + unknown >= issued,
        "{told} told of {issued}, {unknown} unknown"
    );
}

impl LedgerReader {
    pub(crate) fn new(stack: &LocalStack) -> Self {
        let names = ["customers", "vouchers", "work", "control", "reports"];
        let table =
            |name: &str| (name.to_owned(), stack.facts.text(&format!("/tables/{name}")).to_owned());
        Self { client: Client::new(&stack.aws), tables: names.map(table).into() }
    }
    /// Returns every record of a campaign in the Vouchers table: vouchers, held-out customers,
    /// skips and failures.
    pub async fn records(&self, campaign: &str) -> Vec<Voucher> {
        let items = self.scan_items("vouchers", "c = :value", campaign).await;
        items
            .into_iter()
            .map(|item| {
                store::voucher::records::voucher_from_image(item.into()).expect("a voucher")
            })
            .collect()
    }
    /// Returns the records of one customer.
    pub async fn customer_records(&self, customer: &str) -> Vec<Voucher> {
        let items = self.query_items("vouchers", "customer_id", customer).await;
        items
            .into_iter()
            .map(|item| {
                store::voucher::records::voucher_from_image(item.into()).expect("a voucher")
            })
            .collect()
    }
    /// Returns one customer's record of a campaign.
    pub async fn record(&self, campaign: &str, customer: &str) -> Option<Voucher> {
        self.customer_records(customer)
            .await
            .into_iter()
            .find(|record| record.campaign.as_str() == campaign)
    }
    /// Returns the dispatches of a run.
    pub async fn dispatches(&self, campaign: &str) -> Vec<TableItem> {
        let items = self.scan_items("work", "campaign_id = :value", campaign).await;
        items.into_iter().filter(|item| text_attribute(item, "sk").starts_with("D#")).collect()
    }
    /// Returns the counters of a campaign in the Reports table, summed over all days.
    pub async fn counters(&self, campaign: &str) -> CounterValues {
        let mut counts = CounterValues::new();
        for item in self.scan_items("reports", "contains(pk, :value)", campaign).await {
            // the table also holds stream checkpoints, recounts and other rows that are not this
            // campaign's counters
            if item["pk"].as_s().is_ok_and(|pk| pk != campaign) {
                continue;
            }
            for (name, value) in item {
                let number = value.as_n().ok().and_then(|number| number.parse::<i64>().ok());
                if let Some(number) = number {
                    counts.add(Counter::from_stored(&name), number);
                }
            }
        }
        // a counter that was taken back stays in the table as zero
        counts.remove_zeros();
        counts
    }
    /// Computes what the counters of a campaign should be from its present records, by the rule
    /// that folds the stream.
    pub async fn recount(&self, campaign: &str) -> CounterValues {
        let mut counts = CounterValues::new();
        for record in self.records(campaign).await {
            for (_, row) in contribution_change(None, &record, &TimeZone::UTC) {
                counts.add_all(&row);
            }
        }
        counts.remove_zeros();
        counts
    }
    pub async fn put_item(&self, table: &str, item: TableItem) {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables[table])
            .set_item(Some(item))
            .send()
            .await;
        put.unwrap_or_else(|error| panic!("putting into {table}: {}", DisplayErrorContext(&error)));
    }
    pub async fn query_items(&self, table: &str, key: &str, value: &str) -> Vec<TableItem> {
        let pages = self
            .client
            .query()
            .table_name(&self.tables[table])
            .key_condition_expression("#key = :value")
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let found: Result<Vec<TableItem>, _> = pages.collect().await;
        found.unwrap_or_else(|error| panic!("reading {table}: {}", DisplayErrorContext(&error)))
    }
    /// Returns the items of a table that match `filter`, with `:value` bound.
    pub async fn scan_items(&self, table: &str, filter: &str, value: &str) -> Vec<TableItem> {
        let pages = self
            .client
            .scan()
            .table_name(&self.tables[table])
            .filter_expression(filter)
            .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let found: Result<Vec<TableItem>, _> = pages.collect().await;
        found.unwrap_or_else(|error| panic!("scanning {table}: {}", DisplayErrorContext(&error)))
    }
}

/// Returns a text attribute, or an empty text if there is none.
pub fn text_attribute(item: &TableItem, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
