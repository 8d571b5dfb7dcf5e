//! What happens to one send after its wire format was read: play the fault, record the message, plan its events, answer.
//! Before it: ses and sns, which parse. After it: they again, which put the verdict into their own wire format; feedback in its time.
//! Guarantees: a message is recorded before it is answered, so a client that gives up does not undo what the carrier took.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::events::{self, Kind, Place, Step, Why};
use crate::faults::{Fault, Play};
use crate::feedback::Event;
use crate::messages::{Channel, Draft, EventNote, Outcome, Sent};
use crate::{Carriers, locked};

/// Longer than the attempt timeout of a worker.
const SLOW: Duration = Duration::from_secs(5);

pub enum Verdict {
    Accepted(Arc<Sent>),
    Refused(Refusal),
    /// Close the connection without an answer.
    Cut,
}

/// Why nothing was taken; ses and sns say it in their own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Refused,
    Quota,
    AccountSuspended,
    SendingPaused,
    EndpointDisabled,
    Throttled,
    ServerError,
}

impl Carriers {
    /// Takes a draft that is valid for its protocol.
    pub async fn take(self: &Arc<Self>, channel: Channel, draft: Draft) -> Verdict {
        let play = self.faults.play(channel, &draft.to).or_else(|| self.endpoint_disabled(channel, &draft));
        let fault = play.as_ref().map(|play| play.fault);
        if let Some((outcome, verdict)) = fault.and_then(refusal) {
            self.messages.record(channel, draft, String::new(), outcome, fault.map(Fault::name));
            rest(play.and_then(|play| play.delay)).await;
            return verdict;
        }
        let sent = self.messages.record(channel, draft, message_id(channel), Outcome::Accepted, fault.map(Fault::name));
        self.plan(&sent, play.as_ref());
        match (fault, play.and_then(|play| play.delay)) {
            (Some(Fault::Slow), delay) => rest(Some(delay.unwrap_or(SLOW))).await,
            (Some(Fault::AcceptThenDrop), delay) => {
                rest(delay).await;
                return Verdict::Cut;
            }
            _ => {}
        }
        Verdict::Accepted(sent)
    }

    fn endpoint_disabled(&self, channel: Channel, draft: &Draft) -> Option<Play> {
        let endpoint = draft.to.first().filter(|_| channel == Channel::Push)?;
        let disabled = locked(&self.disabled_endpoints).contains(endpoint);
        disabled.then(|| Play { fault: Fault::EndpointDisabled, delay: None, recipient: endpoint.clone() })
    }

    fn plan(self: &Arc<Self>, sent: &Arc<Sent>, play: Option<&Play>) {
        let steps = events::plan(sent.channel, play.map(|play| play.fault));
        if steps.is_empty() {
            return;
        }
        // for these two the delay is the answer's
        let of_events =
            play.filter(|play| !matches!(play.fault, Fault::Slow | Fault::AcceptThenDrop)).and_then(|play| play.delay);
        let delay = of_events.unwrap_or_else(|| Duration::from_millis(self.config().delay_ms));
        let recipient = play.map(|play| play.recipient.clone());
        let (carriers, sent) = (Arc::clone(self), Arc::clone(sent));
        tokio::spawn(async move {
            let mut waited = 0;
            for Step { kind, after } in steps {
                tokio::time::sleep(delay * (after - waited)).await;
                waited = after;
                carriers.report(kind, &sent, recipient.as_deref()).await;
            }
        });
    }

    async fn report(&self, kind: Kind, sent: &Sent, recipient: Option<&str>) {
        let (now, config) = (Timestamp::now(), self.config());
        let asked_for = match sent.channel {
            Channel::Email => {
                sent.draft.configuration_set.is_some()
                    && config
                        .event_types
                        .as_ref()
                        .is_none_or(|types| types.iter().any(|wanted| same_type(wanted, kind.name())))
            }
            Channel::Sms | Channel::Push => true,
        };
        let topic = config.feedback_topic_arn.filter(|_| asked_for);
        let detail = kind.detail(sent.channel).to_owned();
        let note = EventNote { kind: kind.name(), at: now, detail, published: topic.is_some() };
        self.messages.note(sent.id, note, kind.outcome());
        if sent.channel == Channel::Push && kind == Kind::Failure(Why::Gone) {
            self.disable_endpoint(sent).await;
        }
        let Some(topic_arn) = topic else { return };
        let place = Place { region: self.settings.region.clone(), account: self.settings.account.clone() };
        let message = events::event_json(kind, sent, recipient, &place, now).to_string();
        let subject = match sent.channel {
            Channel::Email => "Amazon SES Email Event Notification",
            Channel::Sms => "SMS delivery status",
            Channel::Push => "Push delivery status",
        };
        self.feedback.publish(Event { topic_arn, subject, message }).await;
    }

    /// As SNS does after the platform said that a token is gone: from now on EndpointDisabled, here and in the upstream's attributes.
    async fn disable_endpoint(&self, sent: &Sent) {
        let Some(endpoint) = sent.draft.to.first() else { return };
        locked(&self.disabled_endpoints).insert(endpoint.clone());
        // an endpoint that was never created upstream is unknown there: nothing to set
        let _ = self.upstream.sns(disable_form(endpoint)).await;
    }
}

fn disable_form(endpoint: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "SetEndpointAttributes")
        .append_pair("Version", "2010-03-31")
        .append_pair("EndpointArn", endpoint)
        .append_pair("Attributes.entry.1.key", "Enabled")
        .append_pair("Attributes.entry.1.value", "false")
        .finish()
}

/// Faults that take nothing: what becomes of the attempt, and the answer.
fn refusal(fault: Fault) -> Option<(Outcome, Verdict)> {
    Some(match fault {
        Fault::Refuse => (Outcome::Refused, Verdict::Refused(Refusal::Refused)),
        Fault::Quota => (Outcome::Refused, Verdict::Refused(Refusal::Quota)),
        Fault::AccountSuspended => (Outcome::Refused, Verdict::Refused(Refusal::AccountSuspended)),
        Fault::SendingPaused => (Outcome::Refused, Verdict::Refused(Refusal::SendingPaused)),
        Fault::EndpointDisabled => (Outcome::EndpointDisabled, Verdict::Refused(Refusal::EndpointDisabled)),
        Fault::Throttle => (Outcome::Throttled, Verdict::Refused(Refusal::Throttled)),
        Fault::ServerError => (Outcome::ServerError, Verdict::Refused(Refusal::ServerError)),
        Fault::DropBeforeAccept => (Outcome::Dropped, Verdict::Cut),
        Fault::HardBounce
        | Fault::SoftBounce
        | Fault::Complaint
        | Fault::Suppressed
        | Fault::Reject
        | Fault::RenderingFailure
        | Fault::DeliveryDelay
        | Fault::OptedOut
        | Fault::AcceptThenDrop
        | Fault::Slow
        | Fault::NoEvent
        | Fault::DuplicateEvent => {
            return None;
        }
    })
}

/// SES's ids look like `0100019aab...-uuid-000000`, SNS's are UUIDs.
fn message_id(channel: Channel) -> String {
    let id = Uuid::now_v7();
    match channel {
        Channel::Email => format!("01000{:011x}-{id}-000000", Timestamp::now().as_millisecond()),
        Channel::Sms | Channel::Push => id.to_string(),
    }
}

async fn rest(delay: Option<Duration>) {
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
}

/// `MatchingEventTypes` says RENDERING_FAILURE, the event says "Rendering Failure".
fn same_type(wanted: &str, name: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(char::is_ascii_alphabetic).map(|one| one.to_ascii_lowercase()).collect::<String>()
    };
    letters(wanted) == letters(name)
}
