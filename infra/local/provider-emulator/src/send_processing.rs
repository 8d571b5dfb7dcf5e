//! Processes one send after its wire format was parsed: chooses the fault, records the message,
//! plans its events, and answers.
//!
//! Before it: ses, sns and text_messages, which parse the request. After it: the same again, which
//! write the verdict in their own wire format; later feedback.
//!
//! Guarantees: a message is recorded before it is answered, so a client that gives up does not undo
//! what the provider accepted.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::events::{self, EventKind, FailureCause, PlannedEvent, SendOrigin};
use crate::faults::{FaultPlay, InjectedFault};
use crate::feedback::FeedbackEvent;
use crate::messages::{
    EventNote, MessageDraft, MessageOutcome, ProviderChannel, RecordedSend, SmsService,
};
use crate::{ProviderEmulator, lock};

/// The default delay of a slow answer: longer than the attempt timeout of a worker.
const SLOW: Duration = Duration::from_secs(5);

pub enum SendVerdict {
    Accepted(Arc<RecordedSend>),
    Refused(SendRefusal),
    /// The connection is closed without an answer.
    CutConnection,
}

/// The reason for a refusal; each service answers with its own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendRefusal {
    Refused,
    OptedOut,
    CountryBlocked,
    Quota,
    AccountSuspended,
    SendingPaused,
    NotVerified,
    ConfigurationMissing,
    PlatformDisabled,
    EndpointDisabled,
    Throttled,
    ServerError,
}

impl ProviderEmulator {
    /// Processes a draft that is valid for its protocol.
    pub async fn process_send(
        self: &Arc<Self>,
        channel: ProviderChannel,
        draft: MessageDraft,
    ) -> SendVerdict {
        let play = self
            .faults
            .fault_for_send(channel, &draft.to)
            .or_else(|| self.endpoint_disabled(channel, &draft));
        let fault = play.as_ref().map(|play| play.fault);
        let refusal = fault.and_then(|fault| refusal_for(fault, channel, draft.sms_service));
        if let Some((outcome, verdict)) = refusal {
            self.messages.record(
                channel,
                draft,
                String::new(),
                outcome,
                fault.map(InjectedFault::name),
            );
            pause(play.and_then(|play| play.delay)).await;
            return verdict;
        }
        let sent = self.messages.record(
            channel,
            draft,
            message_id(channel),
            MessageOutcome::Accepted,
            fault.map(InjectedFault::name),
        );
        self.schedule_events(&sent, play.as_ref());
        match (fault, play.and_then(|play| play.delay)) {
            (Some(InjectedFault::Slow), delay) => pause(Some(delay.unwrap_or(SLOW))).await,
            (Some(InjectedFault::AcceptThenDrop), delay) => {
                pause(delay).await;
                return SendVerdict::CutConnection;
            }
            _ => {}
        }
        SendVerdict::Accepted(sent)
    }

    fn endpoint_disabled(
        &self,
        channel: ProviderChannel,
        draft: &MessageDraft,
    ) -> Option<FaultPlay> {
        let endpoint = draft.to.first().filter(|_| channel == ProviderChannel::Push)?;
        let disabled = lock(&self.disabled_endpoints).contains(endpoint);
        disabled.then(|| FaultPlay {
            fault: InjectedFault::EndpointDisabled,
            delay: None,
            recipient: endpoint.clone(),
        })
    }

    fn schedule_events(self: &Arc<Self>, sent: &Arc<RecordedSend>, play: Option<&FaultPlay>) {
        let steps = events::planned_events(sent.channel, play.map(|play| play.fault));
        if steps.is_empty() {
            return;
        }
        // For these two faults the delay applies to the answer, not to the events.
        let of_events = play
            .filter(|play| {
                !matches!(play.fault, InjectedFault::Slow | InjectedFault::AcceptThenDrop)
            })
            .and_then(|play| play.delay);
        let delay = of_events.unwrap_or_else(|| Duration::from_millis(self.config().delay_ms));
        let recipient = play.map(|play| play.recipient.clone());
        let (emulator, sent) = (Arc::clone(self), Arc::clone(sent));
        tokio::spawn(async move {
            let mut waited = 0;
            for PlannedEvent { kind, after } in steps {
                tokio::time::sleep(delay * (after - waited)).await;
                waited = after;
                emulator.report_event(kind, &sent, recipient.as_deref()).await;
            }
        });
    }

    async fn report_event(&self, kind: EventKind, sent: &RecordedSend, recipient: Option<&str>) {
        let (now, config) = (Timestamp::now(), self.config());
        let asked_for = match sent.channel {
            ProviderChannel::Email => {
                sent.draft.configuration_set.is_some()
                    && config.event_types.as_ref().is_none_or(|types| {
                        types.iter().any(|wanted| is_same_event_type(wanted, kind.name()))
                    })
            }
            ProviderChannel::Sms => {
                sent.draft.sms_service == SmsService::Sns || sent.draft.configuration_set.is_some()
            }
            ProviderChannel::Push => true,
        };
        let topic = config.feedback_topic_arn.filter(|_| asked_for);
        let detail = kind.detail(sent.channel).to_owned();
        let note =
            EventNote { kind: kind.name_for(sent), at: now, detail, published: topic.is_some() };
        self.messages.add_event(sent.id, note, kind.outcome());
        if sent.channel == ProviderChannel::Push && kind == EventKind::Failure(FailureCause::Gone) {
            self.disable_endpoint(sent).await;
        }
        let Some(topic_arn) = topic else { return };
        let place = SendOrigin {
            region: self.settings.region.clone(),
            account: self.settings.account.clone(),
        };
        let message = events::event_json(kind, sent, recipient, &place, now).to_string();
        let subject = match sent.channel {
            ProviderChannel::Email => "Amazon SES Email Event Notification",
            ProviderChannel::Sms => "SMS delivery status",
            ProviderChannel::Push => "Push delivery status",
        };
        self.feedback.publish(FeedbackEvent { topic_arn, subject, message }).await;
    }

    /// Disables an endpoint whose token the platform reported as gone, as SNS does. Later sends are
    /// answered with EndpointDisabled, and the upstream's attributes are set too.
    async fn disable_endpoint(&self, sent: &RecordedSend) {
        let Some(endpoint) = sent.draft.to.first() else {
            return;
        };
        lock(&self.disabled_endpoints).insert(endpoint.clone());
        // The upstream does not know an endpoint that was never created there, so a failure is
        // ignored.
        let _ = self.upstream.call_sns(disable_form(endpoint)).await;
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

/// Returns the recorded outcome and the answer for faults that accept nothing. SNS takes an SMS to a
/// number that has opted out, and one beyond the spend limit; End User Messaging refuses them.
fn refusal_for(
    fault: InjectedFault,
    channel: ProviderChannel,
    service: SmsService,
) -> Option<(MessageOutcome, SendVerdict)> {
    let later = channel == ProviderChannel::Sms && service == SmsService::Sns;
    Some(match fault {
        InjectedFault::OptedOut | InjectedFault::Quota if later => return None,
        InjectedFault::OptedOut => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::OptedOut))
        }
        InjectedFault::CountryBlocked => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::CountryBlocked))
        }
        InjectedFault::Refuse => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::Refused))
        }
        InjectedFault::Quota => (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::Quota)),
        InjectedFault::AccountSuspended => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::AccountSuspended))
        }
        InjectedFault::SendingPaused => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::SendingPaused))
        }
        InjectedFault::NotVerified => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::NotVerified))
        }
        InjectedFault::ConfigurationMissing => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::ConfigurationMissing))
        }
        InjectedFault::PlatformDisabled => {
            (MessageOutcome::Refused, SendVerdict::Refused(SendRefusal::PlatformDisabled))
        }
        InjectedFault::EndpointDisabled => {
            (MessageOutcome::EndpointDisabled, SendVerdict::Refused(SendRefusal::EndpointDisabled))
        }
        InjectedFault::Throttle => {
            (MessageOutcome::Throttled, SendVerdict::Refused(SendRefusal::Throttled))
        }
        InjectedFault::ServerError => {
            (MessageOutcome::ServerError, SendVerdict::Refused(SendRefusal::ServerError))
        }
        InjectedFault::DropBeforeAccept => (MessageOutcome::Dropped, SendVerdict::CutConnection),
        InjectedFault::HardBounce
        | InjectedFault::SoftBounce
        | InjectedFault::Complaint
        | InjectedFault::Suppressed
        | InjectedFault::Reject
        | InjectedFault::RenderingFailure
        | InjectedFault::DeliveryDelay
        | InjectedFault::AcceptThenDrop
        | InjectedFault::Slow
        | InjectedFault::NoEvent
        | InjectedFault::DuplicateEvent => {
            return None;
        }
    })
}

/// Creates a message id: for SES like `0100019aab...-uuid-000000`, for SNS a UUID.
fn message_id(channel: ProviderChannel) -> String {
    let id = Uuid::now_v7();
    match channel {
        ProviderChannel::Email => {
            format!("01000{:011x}-{id}-000000", Timestamp::now().as_millisecond())
        }
        ProviderChannel::Sms | ProviderChannel::Push => id.to_string(),
    }
}

async fn pause(delay: Option<Duration>) {
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
}

/// Compares event types by their letters only: `MatchingEventTypes` has RENDERING_FAILURE, the
/// event has "Rendering Failure".
fn is_same_event_type(wanted: &str, name: &str) -> bool {
    let letters = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphabetic)
            .map(|one| one.to_ascii_lowercase())
            .collect::<String>()
    };
    letters(wanted) == letters(name)
}
