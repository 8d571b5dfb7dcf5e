//! The JSON shape of a definition in a request, with the checks of all its fields.
//!
//! It becomes a [`Definition`] when no field has an error and its audience rule is parsed.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Caps, ContactPressure, Definition, MAX_PRIORITY, Reminder, ReversalPolicy, Schedule,
    add_field_errors,
    caps::check_caps,
    check_channels, check_name, check_sizes,
    forms::check_overrides,
    pressure::check_reminder,
    schedule::{check_hours, check_schedule},
};
use crate::{
    campaign::{
        audience::AudienceRule,
        kind::CampaignKind,
        link_target::LinkTarget,
        messages::Messages,
        offer::Offer,
        trigger::Trigger,
        validity::Validity,
        variants::{Variant, check_split},
    },
    customer::topics::TopicId,
    kernel::{channel::Channels, validation::FieldError},
};

/// Largest holdout, in percent of the eligible customers.
pub const MAX_HOLDOUT_PERCENT: u8 = 50;
pub const DEFAULT_HOLDOUT_PERCENT: u8 = 10;

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
    /// The topic that the messages are about: one of the tenant's. A customer who has said no to it
    /// is not written to. Without one, only the channel is asked.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub topic: Option<TopicId>,
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
    /// Where the links of its messages lead: `app` (the default), or `page`, on which the customer
    /// accepts.
    #[serde(default)]
    pub link_target: LinkTarget,
    /// Variants among which the customers are divided, 2 to 6; none if all get the same.
    #[serde(default)]
    pub variants: Vec<Variant>,
}

impl DefinitionDocument {
    pub(super) fn into_definition(self, audience: AudienceRule) -> Definition {
        Definition {
            name: self.name,
            description: self.description,
            kind: self.kind,
            offer: self.offer,
            validity: self.validity,
            accept_by: self.accept_by,
            trigger: self.trigger,
            audience,
            topic: self.topic,
            channels: self.channels,
            messages: self.messages,
            schedule: self.schedule,
            caps: self.caps,
            holdout_percent: self.holdout_percent,
            reversal: self.reversal,
            pressure: self.pressure,
            reminder: self.reminder,
            link_target: self.link_target,
            variants: self.variants,
            variant: None,
        }
    }

    pub(super) fn check(&self, now: Option<Timestamp>) -> Vec<FieldError> {
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
        if self.trigger.as_ref().is_some_and(Trigger::is_goodwill) && now.is_some() {
            errors.extend(self.check_goodwill());
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
        errors.extend(check_split(&self.variants));
        errors.extend(check_overrides(self, now));
        errors
    }
}

impl DefinitionDocument {
    /// Checks what a goodwill campaign cannot have: support names each customer, who then gets the
    /// voucher.
    fn check_goodwill(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.holdout_percent > 0 {
            let detail = "nobody is held out of a goodwill campaign: set it to 0";
            errors.push(FieldError::new("/holdout_percent", "not_for_this_trigger", detail));
        }
        if !self.variants.is_empty() {
            let detail = "support names each customer: there is nothing to divide";
            errors.push(FieldError::new("/variants", "not_for_this_trigger", detail));
        }
        if self.audience.get("everyone").is_none() {
            let detail = "support names each customer: set it to everyone";
            errors.push(FieldError::new("/audience", "not_for_this_trigger", detail));
        }
        errors
    }
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
