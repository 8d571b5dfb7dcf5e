//! What a campaign writes to its customers: a template per locale and channel, with variables that each voucher fills.
//! Read from the campaign's definition; checked when it is saved (`check`), compiled once and rendered per voucher (`render`).
//! Before it: the definition. After it: the deliver-* workers. Guarantees: messages without an error here render for every customer,
//! whatever is known of them; a customer's name is text and never becomes code, mark-up or a header.

mod check;
mod language;
mod render;
pub mod sms;
pub mod push;
pub mod size;
mod frame;
mod way_out;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{channel::Channel, customer::Locale, field::FieldError};

pub use render::{Choice, Compiled, Composed, Fallback, RenderError, Rendered, Variables};
pub use size::Said;

/// Characters of an SMS template: with its variables filled it must still fit [`MAX_SEGMENTS`].
pub const MAX_SMS: usize = 1_000;
/// Each is a message on the operator's bill.
pub const MAX_SEGMENTS: u32 = 6;
/// Characters; mail programs cut far earlier.
pub const MAX_SUBJECT: usize = 200;
pub const MAX_PREHEADER: usize = 200;
/// Bytes; common mail programs clip a longer body at about this.
pub const MAX_HTML: usize = 100 * 1024;
/// Characters.
pub const MAX_EMAIL_TEXT: usize = 20_000;
pub const MAX_PUSH_TITLE: usize = 100;
pub const MAX_PUSH_BODY: usize = 500;
pub const MAX_LOCALES: usize = 50;
/// Bytes of all templates together: they are stored in one item of at most 400 KB with the rest of the definition.
pub const MAX_TOTAL: usize = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Messages {
    /// For customers whose locale has no message of its own; has one for every channel of the ladder.
    pub default_locale: Locale,
    pub locales: BTreeMap<Locale, LocaleMessages>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LocaleMessages {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub sms: Option<SmsTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub email: Option<EmailTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub push: Option<PushTemplate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SmsTemplate {
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}")
    )]
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTemplate {
    pub subject: String,
    /// What mail programs show after the subject; hidden at the start of the HTML body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub preheader: Option<String>,
    /// Variables are escaped.
    pub html: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushTemplate {
    pub title: String,
    pub body: String,
}

impl Messages {
    /// Everything that would go wrong when these are sent over `ladder`, each with its pointer below `/messages`.
    pub fn check(&self, ladder: &[Channel]) -> Vec<FieldError> {
        check::messages(self, ladder)
    }

    /// What is too long for somebody, with the longest names, brand and link; each with its pointer below `/messages`.
    pub fn check_sizes(&self, said: &Said<'_>) -> Vec<FieldError> {
        size::messages(self, said)
    }

    /// Where a message for a reader of `locale` comes from.
    pub fn choose(&self, channel: Channel, locale: Option<&Locale>) -> Option<Choice> {
        let has = |locale: &Locale| self.locales.get(locale).is_some_and(|messages| messages.has(channel));
        render::choose(&self.default_locale, locale, has)
    }

    /// Segments of each locale's SMS with sample values; locales whose SMS does not compile are left out.
    pub fn sms_segments(&self) -> BTreeMap<Locale, u32> {
        let sample = Variables::sample();
        let texts = self.locales.iter().filter_map(|(locale, messages)| Some((locale, messages.sms.as_ref()?)));
        texts
            .filter_map(|(locale, sms)| {
                let text = language::Template::new(&sms.text, language::Escape::No).ok()?.render(&sample).ok()?;
                Some((locale.clone(), sms::segments(&text).count))
            })
            .collect()
    }
}

impl LocaleMessages {
    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.sms.is_some(),
            Channel::Email => self.email.is_some(),
            Channel::Push => self.push.is_some(),
        }
    }
}

#[cfg(test)]
mod tests;
