//! What the command line sets once and what `POST /_carriers/config` may change while running.
//! Read by everyone; written by main and control.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// Long enough that a worker has written "sent" before the event comes, short enough for a test.
const DEFAULT_EVENT_DELAY_MS: u64 = 300;

const USAGE: &str = "usage: carriers [--port 4580] [--upstream http://127.0.0.1:4566] [--region us-east-1] [--account 000000000000] \
                     [--feedback-topic-arn ARN] [--delay-ms 300]";

#[derive(Clone, Debug)]
pub struct Settings {
    pub port: u16,
    /// `http://host:port` of the cloud that everything else is passed to.
    pub upstream: String,
    pub region: String,
    pub account: String,
    pub config: Config,
}

#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// Where provider events go; without it they are only noted on the message.
    pub feedback_topic_arn: Option<String>,
    /// Where replies to an SMS go; the feedback topic when it is not set.
    pub inbound_topic_arn: Option<String>,
    /// How long after the answer the provider's events are published.
    pub delay_ms: u64,
    /// The SES event types the configuration set's destination asks for (`MatchingEventTypes`); all when it is not set.
    pub event_types: Option<Vec<String>>,
}

/// The body of `POST /_carriers/config`: a field that is left out stays as it is, `null` takes it back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigChange {
    #[serde(default, deserialize_with = "given")]
    feedback_topic_arn: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    inbound_topic_arn: Option<Option<String>>,
    #[serde(default)]
    delay_ms: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    event_types: Option<Option<Vec<String>>>,
}

impl Settings {
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("{name} needs a value; {USAGE}"))?;
            match name.as_str() {
                "--port" => settings.port = value.parse().context("--port is a number up to 65535")?,
                "--upstream" => settings.upstream = value.trim_end_matches('/').to_owned(),
                "--region" => settings.region = value,
                "--account" => settings.account = value,
                "--feedback-topic-arn" => settings.config.feedback_topic_arn = Some(value),
                "--delay-ms" => settings.config.delay_ms = value.parse().context("--delay-ms is a number")?,
                _ => bail!("unknown option {name}; {USAGE}"),
            }
        }
        if !settings.upstream.starts_with("http://") {
            bail!("--upstream must be a plain http:// address; {USAGE}");
        }
        Ok(settings)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 4580,
            upstream: "http://127.0.0.1:4566".into(),
            region: "us-east-1".into(),
            account: "000000000000".into(),
            config: Config::default(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { feedback_topic_arn: None, inbound_topic_arn: None, delay_ms: DEFAULT_EVENT_DELAY_MS, event_types: None }
    }
}

impl Config {
    pub fn apply(&mut self, change: ConfigChange) {
        if let Some(topic) = change.feedback_topic_arn {
            self.feedback_topic_arn = topic;
        }
        if let Some(topic) = change.inbound_topic_arn {
            self.inbound_topic_arn = topic;
        }
        if let Some(delay_ms) = change.delay_ms {
            self.delay_ms = delay_ms;
        }
        if let Some(event_types) = change.event_types {
            self.event_types = event_types;
        }
    }
}

/// Tells "left out" (`None` by default) from "null" (`Some(None)`).
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_read_and_a_mistake_is_named() {
        let parse = |line: &str| Settings::parse(line.split_whitespace().map(str::to_owned));
        let settings = parse("--port 5000 --upstream http://127.0.0.1:9/ --region eu-west-1 --delay-ms 5").unwrap();
        assert_eq!(
            (settings.port, settings.upstream.as_str(), settings.config.delay_ms),
            (5000, "http://127.0.0.1:9", 5)
        );
        assert!(parse("--bogus 1").unwrap_err().to_string().contains("unknown option --bogus"));
        assert!(parse("--port").unwrap_err().to_string().contains("needs a value"));
        assert!(parse("--upstream https://x").is_err());
    }

    #[test]
    fn a_config_change_keeps_what_it_does_not_name_and_null_takes_back() {
        let mut config = Config { feedback_topic_arn: Some("arn:1".into()), ..Config::default() };
        config.apply(serde_json::from_str(r#"{"delay_ms":7}"#).unwrap());
        assert_eq!((config.feedback_topic_arn.as_deref(), config.delay_ms), (Some("arn:1"), 7));
        config.apply(serde_json::from_str(r#"{"feedback_topic_arn":null}"#).unwrap());
        assert_eq!(config.feedback_topic_arn, None);
        assert!(serde_json::from_str::<ConfigChange>(r#"{"topic":1}"#).is_err());
    }
}
