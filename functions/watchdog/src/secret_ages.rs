//! Reports once an hour how old the oldest value is that signs links, cursors and webhooks: nothing
//! rotates by itself, and an alarm is what reminds a person.
//!
//! Reads from Secrets Manager when the values were made, and never a value; writes a metric. A secret
//! whose age cannot be read is logged and hides no other.

use std::sync::{Mutex, PoisonError};

use domain::Timestamp;
use jiff::SignedDuration;
use runtime::metrics::Metrics;
use secrets::Secrets;

/// The pause between two reports of a process.
const REPORT_PAUSE: SignedDuration = SignedDuration::from_hours(1);
const HOURS_A_DAY: i64 = 24;

/// The secrets whose values a person has to rotate.
pub struct SecretAges {
    secrets: Secrets,
    arns: Vec<String>,
    reported_at: Mutex<Option<Timestamp>>,
}

impl SecretAges {
    /// Takes the ARNs of the secrets with commas between, as the deployment's setting has them.
    pub fn new(secrets: Secrets, arns: &str) -> Self {
        let arns = arns.split(',').map(str::trim).filter(|arn| !arn.is_empty());
        Self { secrets, arns: arns.map(str::to_owned).collect(), reported_at: Mutex::default() }
    }

    /// Writes the metric, if this process has not done so within the hour.
    pub async fn report(&self, now: Timestamp) {
        if self.is_due(now)
            && let Some(days) = self.oldest_days(now).await
        {
            Metrics::new().count("OldestSecretDays", days).emit();
        }
    }

    /// Returns the days since the oldest of the values was made, or `None` if no age could be read.
    pub async fn oldest_days(&self, now: Timestamp) -> Option<u64> {
        let mut oldest: Option<Timestamp> = None;
        for arn in &self.arns {
            match self.secrets.value_made_at(arn).await {
                Ok(made_at) => oldest = Some(oldest.map_or(made_at, |before| before.min(made_at))),
                Err(error) => tracing::warn!(%error, arn, "age of a secret could not be read"),
            }
        }
        let days = now.duration_since(oldest?).as_hours() / HOURS_A_DAY;
        Some(u64::try_from(days).unwrap_or(0))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let mut reported_at = self.reported_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = reported_at.is_none_or(|before| now.duration_since(before) >= REPORT_PAUSE);
        if is_due {
            *reported_at = Some(now);
        }
        is_due
    }
}
