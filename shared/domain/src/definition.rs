//! What a campaign does: offer, validity, audience, channels, messages, schedule, caps, reversal policy.
//! Parsed at the door with every error named by its JSON pointer; frozen at launch.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    audience::Rule,
    campaign::Kind,
    channel::Channels,
    field::{FieldError, parse_value},
    message::Messages,
    money::{Currency, Money},
    offer::Offer,
    trigger::Trigger,
    validity::Validity,
};

/// Bytes.
pub const MAX_NAME: usize = 200;
/// Bytes.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Vouchers of one campaign.
pub const MAX_VOUCHERS: u64 = 1_000_000_000;
/// Percent of the eligible customers.
pub const MAX_HOLDOUT: u8 = 50;
pub const DEFAULT_HOLDOUT: u8 = 10;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// Launching earlier makes the campaign `scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub starts_at: Option<Timestamp>,
    /// No voucher is issued from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub ends_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Caps {
    /// Vouchers issued at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1))]
    pub vouchers: Option<u64>,
    /// Sum of the most that each issued voucher can cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub exposure: Option<Money>,
    /// Sum of the discounts redeemed. Must be there at launch to be changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub redeemed: Option<Money>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnCancel {
    /// The voucher can be used again while it is valid.
    #[default]
    Reissue,
    /// It is used up.
    Burn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnRefund {
    /// The discount shrinks with the order; below the minimum basket it is reversed in full.
    #[default]
    Proportional,
    /// A partial refund leaves the discount alone.
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reversal {
    pub on_cancel: OnCancel,
    pub on_refund: OnRefund,
}

fn default_holdout() -> u8 {
    DEFAULT_HOLDOUT
}

/// The shape at the door: the audience is still plain JSON, because its errors name the node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CampaignDefinition))]
pub struct DefinitionDocument {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub kind: Kind,
    pub offer: Offer,
    pub validity: Validity,
    /// The last moment to accept, whatever the validity says.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub accept_by: Option<Timestamp>,
    /// What an autopilot fires on; a promotion has none.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub trigger: Option<Trigger>,
    /// A rule tree, see `Rule`.
    #[cfg_attr(feature = "openapi", schema(value_type = Rule))]
    pub audience: serde_json::Value,
    pub channels: Channels,
    pub messages: Messages,
    #[serde(default)]
    pub schedule: Schedule,
    #[serde(default)]
    pub caps: Caps,
    /// Share of the eligible customers who get nothing, so that the effect can be measured. 0 to 50, default 10.
    #[serde(default = "default_holdout")]
    pub holdout_percent: u8,
    #[serde(default)]
    pub reversal: Reversal,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Definition {
    pub name: String,
    pub description: String,
    pub kind: Kind,
    pub offer: Offer,
    pub validity: Validity,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub accept_by: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub trigger: Option<Trigger>,
    pub audience: Rule,
    pub channels: Channels,
    pub messages: Messages,
    pub schedule: Schedule,
    pub caps: Caps,
    pub holdout_percent: u8,
    pub reversal: Reversal,
}

impl Definition {
    /// From a request body. All errors at once, each with its pointer; dates are held against `now`.
    pub fn parse(document: serde_json::Value, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        Self::read(document, Some(now))
    }

    /// From the store: what was right when it was saved is not held against today's date.
    pub fn stored(document: serde_json::Value) -> Result<Self, Vec<FieldError>> {
        Self::read(document, None)
    }

    fn read(document: serde_json::Value, now: Option<Timestamp>) -> Result<Self, Vec<FieldError>> {
        let shape: DefinitionDocument = parse_value(document).map_err(|error| vec![error])?;
        let mut errors = shape.check(now);
        match Rule::parse(&shape.audience, "/audience") {
            Ok(audience) => {
                if let Some(currency) = audience.currency()
                    && currency != shape.offer.currency()
                {
                    errors.push(mixed("/audience", currency, shape.offer.currency()));
                }
                if errors.is_empty() {
                    return Ok(shape.with(audience));
                }
            }
            Err(found) => errors.extend(found),
        }
        Err(errors)
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }

    /// Checks that an amended definition still is a good one.
    pub fn check_amended(&self, previous: &Definition, now: Timestamp) -> Vec<FieldError> {
        let mut errors = check_name(&self.name, &self.description);
        errors.extend(check_caps(&self.caps, self.offer.currency()));
        if self.schedule.ends_at != previous.schedule.ends_at {
            errors
                .extend(check_schedule(&self.schedule, Some(now)).into_iter().filter(|e| e.field.ends_with("ends_at")));
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

impl DefinitionDocument {
    fn with(self, audience: Rule) -> Definition {
        Definition {
            name: self.name,
            description: self.description,
            kind: self.kind,
            offer: self.offer,
            validity: self.validity,
            accept_by: self.accept_by,
            trigger: self.trigger,
            audience,
            channels: self.channels,
            messages: self.messages,
            schedule: self.schedule,
            caps: self.caps,
            holdout_percent: self.holdout_percent,
            reversal: self.reversal,
        }
    }

    fn check(&self, now: Option<Timestamp>) -> Vec<FieldError> {
        let mut errors = check_name(&self.name, &self.description);
        errors.extend(self.offer.check());
        errors.extend(self.validity.check(now));
        errors.extend(check_trigger(self.kind, self.trigger.as_ref()));
        errors.extend(check_schedule(&self.schedule, now));
        errors.extend(check_caps(&self.caps, self.offer.currency()));
        errors.extend(check_channels(&self.channels));
        errors.extend(self.messages.check(&self.channels.ladder));
        if let (Some(accept_by), Some(now)) = (self.accept_by, now)
            && accept_by <= now
        {
            errors.push(FieldError::new("/accept_by", "in_the_past", "must be in the future"));
        }
        if self.holdout_percent > MAX_HOLDOUT {
            errors.push(FieldError::new("/holdout_percent", "out_of_range", format!("0 to {MAX_HOLDOUT} percent")));
        }
        errors
    }
}

fn check_name(name: &str, description: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if name.trim().is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        errors.push(FieldError::new("/name", "out_of_range", format!("1 to {MAX_NAME} bytes, no control characters")));
    }
    if description.len() > MAX_DESCRIPTION {
        errors.push(FieldError::new("/description", "too_long", format!("at most {MAX_DESCRIPTION} bytes")));
    }
    errors
}

fn check_trigger(kind: Kind, trigger: Option<&Trigger>) -> Vec<FieldError> {
    match (kind, trigger) {
        (Kind::Promotion, None) => Vec::new(),
        (Kind::Autopilot, Some(trigger)) => trigger.check(),
        (Kind::Promotion, Some(_)) => {
            vec![FieldError::new(
                "/trigger",
                "unexpected",
                "a promotion has no trigger: it is sent when it is launched",
            )]
        }
        (Kind::Autopilot, None) => vec![FieldError::new("/trigger", "required", "say what this autopilot fires on")],
    }
}

fn check_schedule(schedule: &Schedule, now: Option<Timestamp>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let (Some(starts_at), Some(now)) = (schedule.starts_at, now)
        && starts_at < now
    {
        errors.push(FieldError::new("/schedule/starts_at", "in_the_past", "must not be before now"));
    }
    if let (Some(ends_at), Some(now)) = (schedule.ends_at, now)
        && ends_at <= now
    {
        errors.push(FieldError::new("/schedule/ends_at", "in_the_past", "must be in the future"));
    }
    if let (Some(starts_at), Some(ends_at)) = (schedule.starts_at, schedule.ends_at)
        && ends_at <= starts_at
    {
        errors.push(FieldError::new("/schedule/ends_at", "end_before_start", "must be after `starts_at`"));
    }
    errors
}

fn check_caps(caps: &Caps, currency: Currency) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if caps.vouchers.is_some_and(|vouchers| vouchers == 0 || vouchers > MAX_VOUCHERS) {
        errors.push(FieldError::new("/caps/vouchers", "out_of_range", format!("1 to {MAX_VOUCHERS}")));
    }
    for (field, cap) in [("/caps/exposure", caps.exposure), ("/caps/redeemed", caps.redeemed)] {
        if let Some(cap) = cap
            && cap.currency != currency
        {
            errors.push(mixed(field, cap.currency, currency));
        }
    }
    errors
}

/// A ladder has at least one rung, and none twice. Pointers are below `/channels`.
pub fn check_channels(channels: &Channels) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if channels.ladder.is_empty() {
        errors.push(FieldError::new("/channels/ladder", "required", "name at least one channel"));
    }
    for (index, channel) in channels.ladder.iter().enumerate() {
        if channels.ladder.iter().take(index).any(|earlier| earlier == channel) {
            let field = format!("/channels/ladder/{index}");
            errors.push(FieldError::new(field, "duplicate", format!("{channel} is on the ladder already")));
        }
    }
    errors
}

fn mixed(field: &str, found: Currency, wanted: Currency) -> FieldError {
    FieldError::new(format!("{field}/currency"), "mixed_currency", format!("in {found}, but the offer is in {wanted}"))
}
