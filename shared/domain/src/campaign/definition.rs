//! The definition of a campaign: offer, validity, audience, channels, messages, schedule, caps,
//! reversal policy.
//!
//! It is parsed when it enters the system, and every error is named by its JSON pointer. Most of it
//! is frozen at launch.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        audience::AudienceRule,
        lifecycle::CampaignKind,
        messages::{CampaignTexts, Messages},
        offer::Offer,
        trigger::Trigger,
        validity::Validity,
    },
    delivery::contact_policy::SendWindow,
    kernel::{
        channel::{Channels, LadderMode},
        money::{Currency, Money},
        validation::{FieldError, parse_value},
    },
};

/// Longest name of a campaign, in bytes.
pub const MAX_NAME: usize = 200;
/// Longest description, in bytes.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Most vouchers of one campaign.
pub const MAX_VOUCHERS: u64 = 1_000_000_000;
/// Largest holdout, in percent of the eligible customers.
pub const MAX_HOLDOUT_PERCENT: u8 = 50;
pub const DEFAULT_HOLDOUT_PERCENT: u8 = 10;
/// Highest [`ContactPressure::priority`].
pub const MAX_PRIORITY: u8 = 100;
pub const DEFAULT_PRIORITY: u8 = 50;
/// Default of [`Schedule::start_deadline_hours`]: a day late, the send is no longer what the
/// operator planned.
pub const DEFAULT_START_DEADLINE_HOURS: u16 = 24;
/// Largest [`Schedule::start_deadline_hours`]: a week.
pub const MAX_START_DEADLINE_HOURS: u16 = 7 * 24;
/// Most hours between a reminder and the voucher's end: a month.
pub const MAX_REMINDER_HOURS: u16 = 30 * 24;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// Start time; a launch before it makes the campaign `scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub starts_at: Option<Timestamp>,
    /// End time: no voucher is issued from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub ends_at: Option<Timestamp>,
    /// Hours after `starts_at` within which a delayed scheduled campaign still starts; later it
    /// fails instead. Default 24.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 168))]
    pub start_deadline_hours: Option<u16>,
    /// The hour of the customer's day at which a promotion is sent: the next time that hour comes.
    /// An autopilot uses the hour of its trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, maximum = 23))]
    pub local_hour: Option<u8>,
    /// Hours and days, on the customer's clock, in which messages may go out, in addition to the
    /// tenant's quiet hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub window: Option<SendWindow>,
}

impl Schedule {
    /// Returns the moment from which a campaign that has not started fails.
    pub fn start_deadline(&self) -> Option<Timestamp> {
        let hours = self.start_deadline_hours.unwrap_or(DEFAULT_START_DEADLINE_HOURS);
        self.starts_at?.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()
    }
}

/// The rank of a campaign among others that want the same customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactPressure {
    /// 0 to 100, the higher the sooner: work that is due at the same time is released in this
    /// order. Default 50.
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub priority: u8,
    /// Exempts the campaign from the tenant's caps; its messages still count for other campaigns.
    pub exempt: bool,
}

impl Default for ContactPressure {
    fn default() -> Self {
        Self { priority: DEFAULT_PRIORITY, exempt: false }
    }
}

impl ContactPressure {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// One more message before a voucher ends, to customers who have not used it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reminder {
    /// Hours before the end of the time to accept, or to redeem.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 720))]
    pub hours_before: u16,
    /// Also remind customers who have accepted and not redeemed. Default: only customers who have
    /// not accepted.
    #[serde(default)]
    pub to_accepted: bool,
    /// The reminder's own messages. Default: the messages of the campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub messages: Option<Messages>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Caps {
    /// Most vouchers to issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1))]
    pub vouchers: Option<u64>,
    /// Cap on the exposure: the sum of the most that each issued voucher can cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub exposure: Option<Money>,
    /// Cap on the sum of the redeemed discounts. Can be changed after launch only if it was set at
    /// launch.
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
    /// The voucher stays used.
    Burn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnRefund {
    /// The discount shrinks with the order; below the minimum basket it is reversed in full.
    #[default]
    Proportional,
    /// A partial refund leaves the discount unchanged.
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReversalPolicy {
    pub on_cancel: OnCancel,
    pub on_refund: OnRefund,
}

fn default_holdout() -> u8 {
    DEFAULT_HOLDOUT_PERCENT
}

/// The JSON shape of a definition in a request. The audience is still plain JSON, because its
/// errors name the node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CampaignDefinition))]
pub struct DefinitionDocument {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub kind: CampaignKind,
    pub offer: Offer,
    pub validity: Validity,
    /// The last moment to accept, whatever the validity allows.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub accept_by: Option<Timestamp>,
    /// The trigger of an autopilot; a promotion has none.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub trigger: Option<Trigger>,
    /// A rule tree, see `AudienceRule`.
    #[cfg_attr(feature = "openapi", schema(value_type = AudienceRule))]
    pub audience: serde_json::Value,
    pub channels: Channels,
    pub messages: Messages,
    #[serde(default)]
    pub schedule: Schedule,
    #[serde(default)]
    pub caps: Caps,
    /// Holdout: the share of the eligible customers who get nothing, so that the effect can be
    /// measured. 0 to 50, default 10.
    #[serde(default = "default_holdout")]
    pub holdout_percent: u8,
    #[serde(default)]
    pub reversal: ReversalPolicy,
    #[serde(default)]
    pub pressure: ContactPressure,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub reminder: Option<Reminder>,
}

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

impl DefinitionDocument {
    fn into_definition(self, audience: AudienceRule) -> Definition {
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
            pressure: self.pressure,
            reminder: self.reminder,
        }
    }

    fn check(&self, now: Option<Timestamp>) -> Vec<FieldError> {
        let mut errors = check_name(&self.name, &self.description);
        errors.extend(self.offer.check());
        errors.extend(self.validity.check(now));
        errors.extend(check_trigger(self.kind, self.trigger.as_ref()));
        errors.extend(check_schedule(&self.schedule, now));
        errors.extend(check_hours(&self.schedule, self.kind));
        errors.extend(check_caps(&self.caps, self.offer.currency()));
        errors.extend(check_channels(&self.channels));
        errors.extend(self.messages.check(&self.channels.ladder));
        // Limits that were introduced later do not apply to a stored definition.
        if now.is_some() {
            errors = add_field_errors(errors, check_sizes(&self.messages, &self.offer, &self.name));
        }
        if let (Some(accept_by), Some(now)) = (self.accept_by, now)
            && accept_by <= now
        {
            errors.push(FieldError::new("/accept_by", "in_the_past", "must be in the future"));
        }
        if self.holdout_percent > MAX_HOLDOUT_PERCENT {
            errors.push(FieldError::new(
                "/holdout_percent",
                "out_of_range",
                format!("0 to {MAX_HOLDOUT_PERCENT} percent"),
            ));
        }
        if self.pressure.priority > MAX_PRIORITY {
            errors.push(FieldError::new(
                "/pressure/priority",
                "out_of_range",
                format!("0 to {MAX_PRIORITY}"),
            ));
        }
        if let Some(reminder) = &self.reminder {
            errors.extend(check_reminder(reminder, &self.channels));
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

fn check_sizes(messages: &Messages, offer: &Offer, name: &str) -> Vec<FieldError> {
    let minimum_basket = offer.minimum_basket.map(|minimum| minimum.to_string());
    let example_values = CampaignTexts {
        offer: &offer.offer_text(),
        campaign: name,
        minimum_basket: minimum_basket.as_deref(),
    };
    messages.check_sizes(&example_values)
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

fn check_trigger(kind: CampaignKind, trigger: Option<&Trigger>) -> Vec<FieldError> {
    match (kind, trigger) {
        (CampaignKind::Promotion, None) => Vec::new(),
        (CampaignKind::Autopilot, Some(trigger)) => trigger.check(),
        (CampaignKind::Promotion, Some(_)) => {
            vec![FieldError::new(
                "/trigger",
                "unexpected",
                "a promotion has no trigger: it is sent when it is launched",
            )]
        }
        (CampaignKind::Autopilot, None) => {
            vec![FieldError::new("/trigger", "required", "say what this autopilot fires on")]
        }
    }
}

fn check_schedule(schedule: &Schedule, now: Option<Timestamp>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let (Some(starts_at), Some(now)) = (schedule.starts_at, now)
        && starts_at < now
    {
        errors.push(FieldError::new(
            "/schedule/starts_at",
            "in_the_past",
            "must not be before now",
        ));
    }
    if let (Some(ends_at), Some(now)) = (schedule.ends_at, now)
        && ends_at <= now
    {
        errors.push(FieldError::new("/schedule/ends_at", "in_the_past", "must be in the future"));
    }
    if let (Some(starts_at), Some(ends_at)) = (schedule.starts_at, schedule.ends_at)
        && ends_at <= starts_at
    {
        errors.push(FieldError::new(
            "/schedule/ends_at",
            "end_before_start",
            "must be after `starts_at`",
        ));
    }
    errors
}

fn check_hours(schedule: &Schedule, kind: CampaignKind) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if schedule
        .start_deadline_hours
        .is_some_and(|hours| !(1..=MAX_START_DEADLINE_HOURS).contains(&hours))
    {
        let detail = format!("1 to {MAX_START_DEADLINE_HOURS} hours");
        errors.push(FieldError::new("/schedule/start_deadline_hours", "out_of_range", detail));
    }
    if schedule.local_hour.is_some_and(|hour| hour > 23) {
        errors.push(FieldError::new("/schedule/local_hour", "out_of_range", "0 to 23"));
    }
    if schedule.local_hour.is_some() && kind == CampaignKind::Autopilot {
        let detail = "an autopilot fires at the hour of its trigger";
        errors.push(FieldError::new("/schedule/local_hour", "not_for_an_autopilot", detail));
    }
    if let Some(window) = &schedule.window {
        errors.extend(window.check("/schedule/window"));
    }
    errors
}

fn check_reminder(reminder: &Reminder, channels: &Channels) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(1..=MAX_REMINDER_HOURS).contains(&reminder.hours_before) {
        let detail = format!("1 to {MAX_REMINDER_HOURS} hours");
        errors.push(FieldError::new("/reminder/hours_before", "out_of_range", detail));
    }
    let messages = reminder.messages.iter().flat_map(|messages| messages.check(&channels.ladder));
    errors.extend(
        messages.map(|error| FieldError { field: format!("/reminder{}", error.field), ..error }),
    );
    errors
}

fn check_caps(caps: &Caps, currency: Currency) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if caps.vouchers.is_some_and(|vouchers| vouchers == 0 || vouchers > MAX_VOUCHERS) {
        errors.push(FieldError::new(
            "/caps/vouchers",
            "out_of_range",
            format!("1 to {MAX_VOUCHERS}"),
        ));
    }
    for (field, cap) in [("/caps/exposure", caps.exposure), ("/caps/redeemed", caps.redeemed)] {
        if let Some(cap) = cap
            && cap.currency != currency
        {
            errors.push(mixed_currency(field, cap.currency, currency));
        }
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

fn mixed_currency(field: &str, found: Currency, wanted: Currency) -> FieldError {
    FieldError::new(
        format!("{field}/currency"),
        "mixed_currency",
        format!("in {found}, but the offer is in {wanted}"),
    )
}
