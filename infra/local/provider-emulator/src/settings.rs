//! Holds the settings that the command line sets once, and the configuration that `POST
//! /_emulator/config` may change while the emulator runs.
//!
//! Read by all modules; written by main and control.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// The default delay of events, in milliseconds: long enough that a worker has written "sent"
/// before the event comes, short enough for a test.
const DEFAULT_EVENT_DELAY_MS: u64 = 300;

const USAGE: &str = "usage: emulator [--port 4580] [--upstream http://127.0.0.1:4566] [--region us-east-1] [--account 000000000000] \
                     [--feedback-topic-arn ARN] [--delay-ms 300]";

#[derive(Clone, Debug)]
pub struct EmulatorSettings {
    pub port: u16,
    /// The address (`http://host:port`) of the local AWS to which all other requests are passed.
    pub upstream: String,
    pub region: String,
    pub account: String,
    pub config: EmulatorConfig,
}

#[derive(Clone, Debug, Serialize)]
pub struct EmulatorConfig {
    /// The topic of provider events; without it they are only noted on the message.
    pub feedback_topic_arn: Option<String>,
    /// The topic of replies to an SMS; without it they go to the feedback topic.
    pub inbound_topic_arn: Option<String>,
    /// Milliseconds from the answer to the publication of the provider's events.
    pub delay_ms: u64,
    /// The SES event types that the configuration set's destination asks for
    /// (`MatchingEventTypes`); all if it is not set.
    pub event_types: Option<Vec<String>>,
}

/// The body of `POST /_emulator/config`. A missing field stays as it is; `null` removes its value.
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

impl EmulatorSettings {
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value =
                arguments.next().with_context(|| format!("{name} needs a value; {USAGE}"))?;
            match name.as_str() {
                "--port" => {
                    settings.port = value.parse().context("--port is a number up to 65535")?
                }
                "--upstream" => settings.upstream = value.trim_end_matches('/').to_owned(),
                "--region" => settings.region = value,
                "--account" => settings.account = value,
                "--feedback-topic-arn" => settings.config.feedback_topic_arn = Some(value),
                "--delay-ms" => {
                    settings.config.delay_ms = value.parse().context("--delay-ms is a number")?
                }
                _ => bail!("unknown option {name}; {USAGE}"),
            }
        }
        if !settings.upstream.starts_with("http://") {
            bail!("--upstream must be a plain http:// address; {USAGE}");
        }
        Ok(settings)
    }
}

impl Default for EmulatorSettings {
    fn default() -> Self {
        Self {
            port: 4580,
            upstream: "http://127.0.0.1:4566".into(),
            region: "us-east-1".into(),
            account: "000000000000".into(),
            config: EmulatorConfig::default(),
        }
    }
}

impl Default for EmulatorConfig {
    fn default() -> Self {
        Self {
            feedback_topic_arn: None,
            inbound_topic_arn: None,
            delay_ms: DEFAULT_EVENT_DELAY_MS,
            event_types: None,
        }
    }
}

impl EmulatorConfig {
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

/// Distinguishes a missing field (`None` by default) from `null` (`Some(None)`).
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
        let parse =
            |line: &str| EmulatorSettings::parse(line.split_whitespace().map(str::to_owned));
        let settings =
            parse("--port 5000 --upstream http://127.0.0.1:9/ --region eu-west-1 --delay-ms 5")
                .unwrap();
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
        let mut config = EmulatorConfig {
            feedback_topic_arn: Some("arn:1".into()),
            ..EmulatorConfig::default()
        };
        config.apply(serde_json::from_str(r#"{"delay_ms":7}"#).unwrap());
        assert_eq!((config.feedback_topic_arn.as_deref(), config.delay_ms), (Some("arn:1"), 7));
        config.apply(serde_json::from_str(r#"{"feedback_topic_arn":null}"#).unwrap());
        assert_eq!(config.feedback_topic_arn, None);
        assert!(serde_json::from_str::<ConfigChange>(r#"{"topic":1}"#).is_err());
    }
}
