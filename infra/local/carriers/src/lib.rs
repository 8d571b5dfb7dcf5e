//! The stand-in for SES v2 and SNS on one machine: takes what our functions send, shows it, reports back as AWS would.
//!
//! Reads the wire protocols of `aws-sdk-sesv2` (REST-JSON) and `aws-sdk-sns` (query); writes provider events to the feedback
//! topic through the upstream's SNS (MiniStack); everything it does not play is passed to the upstream unchanged, so topics work.
//! Before it: deliver-sms, deliver-email, deliver-push. After it: record-feedback. It keeps messages in memory only.
//!
//! What it leaves out against the real services:
//! - IAM and signatures of the sends it plays (SendEmail, Publish to a phone or an endpoint); what is passed on is checked upstream.
//! - SES: verified identities, sandbox and sending quotas, stored templates (a variable without data stays as it is), attachments,
//!   DKIM, opens and clicks, contact lists, the configuration set's own event destinations (any named set publishes to the one
//!   feedback topic, `event_types` stands for its matching types), one event per recipient.
//! - SNS: SMS sandbox, spend limit, origination numbers, prices, carriers, a kept list of opted-out numbers; for push whether the
//!   endpoint exists, and mobile push application events (only delivery status is told).
//! - In AWS the delivery status of SMS and push are CloudWatch Logs entries, not messages on a topic; here the same JSON goes to the
//!   feedback topic, which on AWS a subscription of the log group has to do.

pub mod settings;
pub mod server;
pub mod ses;
pub mod mime;
pub mod sns;
pub mod handover;
pub mod faults;
pub mod messages;
pub mod events;
pub mod feedback;
pub mod upstream;
pub mod control;
pub mod inbox;
pub mod markup;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everything the handlers share. Each part has its own short lock; none is held across an await.
pub struct Carriers {
    pub settings: settings::Settings,
    pub config: Mutex<settings::Config>,
    pub faults: faults::Faults,
    pub messages: messages::Messages,
    pub feedback: feedback::Feedback,
    pub upstream: upstream::Upstream,
    /// Endpoints that a permanent push failure or a passed-through SetEndpointAttributes has disabled.
    pub disabled_endpoints: Mutex<HashSet<String>>,
}

impl Carriers {
    /// Builds the state and starts the publishers of the feedback topic. Must run inside a tokio runtime.
    pub fn start(settings: settings::Settings) -> Arc<Self> {
        let upstream = upstream::Upstream::new(&settings);
        let feedback = feedback::Feedback::start(upstream.clone());
        Arc::new(Self {
            config: Mutex::new(settings.config.clone()),
            settings,
            faults: faults::Faults::default(),
            messages: messages::Messages::default(),
            feedback,
            upstream,
            disabled_endpoints: Mutex::default(),
        })
    }

    pub fn config(&self) -> settings::Config {
        locked(&self.config).clone()
    }
}

/// A lock that a panicking holder has poisoned is still good here: every critical section leaves whole values behind.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
