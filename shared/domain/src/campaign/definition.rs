//! The definition of a campaign: offer, validity, audience, channels, messages, schedule, caps,
//! reversal policy.
//!
//! It is parsed when it enters the system, and every error is named by its JSON pointer. Most of it
//! is frozen at launch.

mod schedule;
mod pressure;
mod caps;
mod document;
mod forms;

use jiff::Timestamp;
use serde::Serialize;

use caps::check_caps;
use schedule::check_schedule;

use crate::{
    campaign::{
        audience::AudienceRule,
        kind::CampaignKind,
        link_target::LinkTarget,
        messages::Messages,
        offer::Offer,
        trigger::Trigger,
        validity::Validity,
        variants::{Variant, VariantTag},
    },
    customer::topics::{TopicId, TopicSettings},
    kernel::{
        channel::{Channels, LadderMode},
        money::Currency,
        validation::{FieldError, parse_value},
    },
};

pub use caps::{Caps, MAX_VOUCHERS, OnCancel, OnRefund, ReversalPolicy};
pub use document::{DEFAULT_HOLDOUT_PERCENT, DefinitionDocument, MAX_HOLDOUT_PERCENT};
pub use forms::CampaignForms;
pub use pressure::{ContactPressure, DEFAULT_PRIORITY, MAX_PRIORITY, MAX_REMINDER_HOURS, Reminder};
pub use schedule::{DEFAULT_START_DEADLINE_HOURS, MAX_START_DEADLINE_HOURS, Schedule};

/// Longest name of a campaign, in bytes.
pub const MAX_NAME: usize = 200;
/// Longest description, in bytes.
pub const MAX_DESCRIPTION: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Definition {
    pub name: String,
    pub description: String,
    pub kind: CampaignKind,
    pub offer: Offer,
    pub validity: Validity,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub accept_by: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub trigger: Option<Trigger>,
    pub audience: AudienceRule,
    /// The topic to which a customer must not have said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub topic: Option<TopicId>,
    pub channels: Channels,
    pub messages: Messages,
    pub schedule: Schedule,
    pub caps: Caps,
    pub holdout_percent: u8,
    pub reversal: ReversalPolicy,
    #[serde(skip_serializing_if = "ContactPressure::is_default")]
    pub pressure: ContactPressure,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub reminder: Option<Reminder>,
    /// Where the links of its messages lead.
    #[serde(skip_serializing_if = "LinkTarget::is_app")]
    pub link_target: LinkTarget,
    /// The variants among which its customers are divided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The variant of which this is the form, in [`CampaignForms`].
    #[serde(skip)]
    pub variant: Option<VariantTag>,
}

impl Definition {
    /// Parses a definition from a request body. Returns all errors at once, each with its pointer;
    /// dates are checked against `now`.
    pub fn parse(document: serde_json::Value, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        Self::parse_document(document, Some(now))
    }

    /// Parses a definition from the store. Dates are not checked against today, because they were
    /// valid when the definition was saved.
    pub fn parse_stored(document: serde_json::Value) -> Result<Self, Vec<FieldError>> {
        Self::parse_document(document, None)
    }

    fn parse_document(
        document: serde_json::Value,
        now: Option<Timestamp>,
    ) -> Result<Self, Vec<FieldError>> {
        let shape: DefinitionDocument = parse_value(document).map_err(|error| vec![error])?;
        let mut errors = shape.check(now);
        match AudienceRule::parse(&shape.audience, "/audience") {
            Ok(audience) => {
                if let Some(currency) = audience.currency()
                    && currency != shape.offer.currency()
                {
                    errors.push(mixed_currency("/audience", currency, shape.offer.currency()));
                }
                if errors.is_empty() {
                    return Ok(shape.into_definition(audience));
                }
            }
            Err(found) => errors.extend(found),
        }
        Err(errors)
    }

    /// Parses an unfinished definition for a preview: messages are not checked, and the audience is
    /// everyone.
    pub fn parse_preview(document: serde_json::Value) -> Result<Self, Vec<FieldError>> {
        let shape: DefinitionDocument = parse_value(document).map_err(|error| vec![error])?;
        let mut errors = shape.offer.check();
        errors.extend(shape.validity.check(None));
        errors.extend(check_name(&shape.name, &shape.description));
        errors.extend(check_channels(&shape.channels));
        if errors.is_empty() {
            Ok(shape.into_definition(AudienceRule::Everyone))
        } else {
            Err(errors)
        }
    }

    /// Checks the length that its messages can reach once the offer and the campaign's name are
    /// filled in.
    pub fn check_sizes(&self) -> Vec<FieldError> {
        check_sizes(&self.messages, &self.offer, &self.name)
    }

    /// Checks that the tenant has the topic that the definition names.
    pub fn check_topic(&self, settings: &TopicSettings) -> Option<FieldError> {
        check_topic(self.topic.as_ref(), settings)
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }

    /// Checks the fields of an amended definition that can change after launch.
    pub fn check_amended(&self, previous: &Definition, now: Timestamp) -> Vec<FieldError> {
        let mut errors = check_name(&self.name, &self.description);
        errors.extend(check_caps(&self.caps, self.offer.currency()));
        if self.schedule.ends_at != previous.schedule.ends_at {
            errors.extend(
                check_schedule(&self.schedule, Some(now))
                    .into_iter()
                    .filter(|e| e.field.ends_with("ends_at")),
            );
        }
        if self.caps.redeemed.is_some() != previous.caps.redeemed.is_some() {
            errors.push(FieldError::new(
                "/caps/redeemed",
                "fixed_at_launch",
                "a cap on the redeemed amount can be changed after launch, but not added or removed",
            ));
        }
        errors
    }
}

/// Adds the errors of `more` whose field has no error yet.
pub fn add_field_errors(mut errors: Vec<FieldError>, more: Vec<FieldError>) -> Vec<FieldError> {
    let new: Vec<FieldError> =
        more.into_iter().filter(|it| errors.iter().all(|known| known.field != it.field)).collect();
    errors.extend(new);
    errors
}

/// Returns an error at `/topic` if the tenant has no such topic.
pub fn check_topic(topic: Option<&TopicId>, settings: &TopicSettings) -> Option<FieldError> {
    let topic = topic.filter(|topic| settings.find(topic).is_none())?;
    Some(FieldError::new("/topic", "unknown_topic", format!("there is no topic {topic}")))
}

fn check_sizes(messages: &Messages, offer: &Offer, name: &str) -> Vec<FieldError> {
    messages.check_sizes(offer, name)
}

fn check_name(name: &str, description: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if name.trim().is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        errors.push(FieldError::new(
            "/name",
            "out_of_range",
            format!("1 to {MAX_NAME} bytes, no control characters"),
        ));
    }
    if description.len() > MAX_DESCRIPTION {
        errors.push(FieldError::new(
            "/description",
            "too_long",
            format!("at most {MAX_DESCRIPTION} bytes"),
        ));
    }
    errors
}

/// Checks that the ladder has at least one channel and no channel twice. Pointers are below
/// `/channels`.
pub fn check_channels(channels: &Channels) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if channels.ladder.is_empty() {
        errors.push(FieldError::new("/channels/ladder", "required", "name at least one channel"));
    }
    for (index, channel) in channels.ladder.iter().enumerate() {
        if channels.ladder.iter().take(index).any(|earlier| earlier == channel) {
            let field = format!("/channels/ladder/{index}");
            errors.push(FieldError::new(
                field,
                "duplicate",
                format!("{channel} is on the ladder already"),
            ));
        }
    }
    if channels.after_bounce && channels.mode == LadderMode::All {
        let detail = "in mode all every channel is tried anyway: there is no next one";
        errors.push(FieldError::new("/channels/after_bounce", "invalid", detail));
    }
    errors
}

pub(super) fn mixed_currency(field: &str, found: Currency, wanted: Currency) -> FieldError {
    FieldError::new(
        format!("{field}/currency"),
        "mixed_currency",
        format!("in {found}, but the offer is in {wanted}"),
    )
}
