//! People who choose what they hear of: they say yes and no to the campaign's topic, on one channel
//! or on all, pause for some minutes, and come back.
//!
//! The scenario is drawn apart from the others, so that their seeds keep their worlds.

use domain::{
    customer::{
        profile::{ConsentState, Customer},
        topics::{TopicScope, TopicSettings},
    },
    kernel::channel::Channel,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::{actors::RequestKind, simulation::SimulatedWorld};

/// The topic of the simulated campaign.
pub const TOPIC: &str = "offers";

/// A scenario in which customers choose topics and pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreferenceScenario {
    /// Nobody has agreed to the topic by silence.
    pub needs_yes: bool,
}

impl PreferenceScenario {
    /// One scenario of four has a topic; a quarter of these needs a yes to it.
    pub fn from_seed(seed: u64) -> Option<Self> {
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_000a);
        let has_topic = draw.u32(..4) == 0;
        has_topic.then(|| Self { needs_yes: draw.u32(..4) == 0 })
    }

    pub fn topics(self) -> TopicSettings {
        let default = if self.needs_yes { "denied" } else { "granted" };
        let topic = json!({"id": TOPIC, "names": {"en": "Offers"}, "default": default});
        serde_json::from_value(json!({ "topics": [topic] })).unwrap_or_default()
    }

    /// Computes independently if a customer's words allow the topic, so that the code under test does
    /// not judge itself.
    pub fn allows(self, customer: &Customer, channel: Channel) -> bool {
        let mut words = [None, Some(channel)].into_iter().filter_map(|channel| {
            let scope = TopicScope::parse(TOPIC)?;
            customer.topics.get(&TopicScope { channel, ..scope }).map(|said| said.state)
        });
        let (first, second) = (words.next(), words.next());
        let all = [first, second];
        let said = |state| all.contains(&Some(state));
        !said(ConsentState::Denied) && (said(ConsentState::Granted) || !self.needs_yes)
    }
}

impl SimulatedWorld {
    /// A customer says yes or no to the topic.
    pub fn choose_topic(&mut self) {
        let Some(customer) = self.draw_customer() else { return };
        let state = if self.random.bool() { "denied" } else { "granted" };
        let on = match self.random.u32(..4) {
            0 => "/consents/sms",
            1 => "/consents/email",
            2 => "/consents/push",
            _ => "",
        };
        let path = format!("/v1/customers/{customer}{on}/topics/{TOPIC}");
        let body = json!({"state": state, "source": "app_settings", "at": self.current_time().to_string()});
        self.send_as_app_backend("PUT", path, body, RequestKind::Customer);
    }

    /// A customer pauses for some minutes, or ends the pause.
    pub fn pause_messages(&mut self) {
        let Some(customer) = self.draw_customer() else { return };
        let minutes = self.random.i64(0..=20);
        let until = self.current_time().checked_add(SignedDuration::from_mins(minutes)).ok();
        let until = until.filter(|_| minutes > 0).map(|until| until.to_string());
        let path = format!("/v1/customers/{customer}/pause");
        let body = json!({"until": until, "source": "app_settings", "at": self.current_time().to_string()});
        self.send_as_app_backend("PUT", path, body, RequestKind::Customer);
    }
}
