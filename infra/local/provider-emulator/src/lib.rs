//! Emulates SES v2, SNS and End User Messaging SMS on one machine: accepts the messages that our functions send, shows
//! them, and reports on them as AWS would.
//!
//! It reads the wire protocols of `aws-sdk-sesv2` (REST-JSON), `aws-sdk-sns` (query) and
//! `aws-sdk-pinpointsmsvoicev2` (AWS JSON). It writes
//! provider events to the feedback topic through the SNS of the upstream (MiniStack). Requests that
//! it does not emulate are passed to the upstream unchanged, so topics work. Before it:
//! deliver-sms, deliver-email, deliver-push. After it: record-feedback. Messages are kept in memory
//! only.
//!
//! Differences from the real services:
//!
//! - IAM and signatures are not checked for the emulated sends (SendEmail, Publish to a phone or an
//!   endpoint). Requests that are passed on are checked upstream.
//! - SES lacks verified identities, sandbox and sending quotas, stored templates (a variable
//!   without data stays as it is), attachments, DKIM, opens and clicks, contact lists, the event
//!   destinations of the configuration set (any named set publishes to the one feedback topic, and
//!   `event_types` replaces its matching types), and one event per recipient.
//! - SNS registers devices with any application that has the form of one, without asking the
//!   upstream; names and tokens play its faults (`devices`). It lacks the SMS sandbox, the spend limit, origination numbers, prices, emulator, and a list
//!   of opted-out numbers. For push it does not check that the endpoint exists and sends no mobile
//!   push application events, only the delivery status.
//! - End User Messaging lacks everything but SendTextMessage: identities, pools, protect rules, opt-out
//!   lists, spend limits and the sandbox are played by faults. Any named configuration set publishes
//!   to the one feedback topic, final events only.
//! - On AWS the delivery status that SNS has of SMS and push are CloudWatch Logs entries, not messages on a
//!   topic. Here the same JSON goes to the feedback topic; on AWS a subscription of the log group
//!   has to do that.

pub mod settings;
pub mod server;
pub mod ses;
pub mod mime;
pub mod sns;
pub mod devices;
pub mod text_messages;
pub mod send_processing;
pub mod faults;
pub mod messages;
pub mod events;
pub mod feedback;
pub mod upstream;
pub mod control;
pub mod inbox;
pub mod markup;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// State that the handlers share. Each part has its own short lock; none is held across an await.
pub struct ProviderEmulator {
    pub settings: settings::EmulatorSettings,
    pub config: Mutex<settings::EmulatorConfig>,
    pub faults: faults::FaultRules,
    pub messages: messages::MessageLog,
    pub feedback: feedback::FeedbackPublisher,
    pub upstream: upstream::UpstreamClient,
    /// Endpoints that a permanent push failure or a passed-through SetEndpointAttributes has
    /// disabled.
    pub disabled_endpoints: Mutex<HashSet<String>>,
    /// The endpoints that were made of tokens, by application and token.
    pub devices: Mutex<BTreeMap<(String, String), String>>,
}

impl ProviderEmulator {
    /// Builds the state and starts the publishers of the feedback topic. Must run inside a tokio
    /// runtime.
    pub fn start(settings: settings::EmulatorSettings) -> Arc<Self> {
        let upstream = upstream::UpstreamClient::new(&settings);
        let feedback = feedback::FeedbackPublisher::start(upstream.clone());
        Arc::new(Self {
            config: Mutex::new(settings.config.clone()),
            settings,
            faults: faults::FaultRules::default(),
            messages: messages::MessageLog::default(),
            feedback,
            upstream,
            disabled_endpoints: Mutex::default(),
            devices: Mutex::default(),
        })
    }

    pub fn config(&self) -> settings::EmulatorConfig {
        lock(&self.config).clone()
    }
}

/// Locks the mutex even if a panicking holder has poisoned it. The data is still good: every
/// critical section leaves whole values behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
