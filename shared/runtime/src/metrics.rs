//! Metrics in CloudWatch's embedded metric format: one JSON line in the log, and no call.
//!
//! The only dimensions are the function and, where it matters, the channel. A value with many
//! variants (a campaign) is a property: a log query finds it, and it is never billed as a metric.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "VoucherCampaigns";

#[derive(Debug, Clone)]
pub struct Metrics {
    values: Map<String, Value>,
    definitions: Vec<Value>,
    dimensions: Vec<&'static str>,
}

impl Metrics {
    /// Creates metrics of the function whose name Lambda gave in `_HANDLER`.
    pub fn new() -> Self {
        Self::for_function(
            &crate::env::optional("_HANDLER").unwrap_or_else(|| "unknown".to_owned()),
        )
    }
    pub fn for_function(function: &str) -> Self {
        let values = Map::from_iter([("function".to_owned(), json!(function))]);
        Self { values, definitions: Vec::new(), dimensions: vec!["function"] }
    }
    /// Adds the second dimension.
    #[must_use]
    pub fn channel(mut self, channel: &str) -> Self {
        if !self.dimensions.contains(&"channel") {
            self.dimensions.push("channel");
        }
        self.values.insert("channel".to_owned(), json!(channel));
        self
    }
    /// Adds a value to search by, such as the campaign's id; never a customer's data.
    #[must_use]
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
    #[must_use]
    pub fn count(self, name: &str, count: u64) -> Self {
        self.add_metric(name, "Count", json!(count))
    }
    #[must_use]
    pub fn milliseconds(self, name: &str, milliseconds: i64) -> Self {
        self.add_metric(name, "Milliseconds", json!(milliseconds))
    }
    #[must_use]
    pub fn seconds(self, name: &str, seconds: i64) -> Self {
        self.add_metric(name, "Seconds", json!(seconds))
    }

    fn add_metric(mut self, name: &str, unit: &str, value: Value) -> Self {
        if self.values.insert(name.to_owned(), value).is_none() {
            self.definitions.push(json!({"Name": name, "Unit": unit}));
        }
        self
    }

    /// Prints the line, unless there is no metric.
    pub fn emit(self) {
        // A simulation has no log to scrape.
        #[cfg(feature = "simulated")]
        if crate::clock::simulated::now().is_some() {
            return;
        }
        if self.definitions.is_empty() {
            return;
        }
        let line = self.to_json(crate::clock::now());
        // A failed write to the log must not fail the work that it reports.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    pub fn to_json(&self, at: Timestamp) -> Value {
        let mut line = self.values.clone();
        let about = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [self.dimensions],
            "Metrics": self.definitions,
        });
        line.insert(
            "_aws".to_owned(),
            json!({"Timestamp": at.as_millisecond(), "CloudWatchMetrics": [about]}),
        );
        Value::Object(line)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_documents() {
        let line = Metrics::for_function("deliver-sms")
            .channel("sms")
            .property("campaign_id", "cmp_1")
            .count("Sent", 3)
            .milliseconds("DueToSent", 120)
            .to_json(Timestamp::UNIX_EPOCH);
        let expected = json!({
            "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
                "Namespace": "VoucherCampaigns",
                "Dimensions": [["function", "channel"]],
                "Metrics": [{"Name": "Sent", "Unit": "Count"}, {"Name": "DueToSent", "Unit": "Milliseconds"}],
            }]},
            "function": "deliver-sms", "channel": "sms", "campaign_id": "cmp_1", "Sent": 3, "DueToSent": 120,
        });
        assert_eq!(line, expected);
    }
}
