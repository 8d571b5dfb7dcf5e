//! Message templates of a campaign: one per locale and channel, with variables that are filled for
//! each voucher.
//!
//! The templates are read from the campaign's definition. They are checked when the definition is
//! saved (`check`), compiled once and rendered for each voucher (`render`). The definition comes
//! before this module, the deliver-* workers after it.
//!
//! Guarantees: templates without an error here render for every customer, no matter which facts are
//! known about that customer. A customer's name stays text; it never becomes code, mark-up or a
//! header.

mod check;
mod template_language;
mod render;
mod values;
pub mod wording;
pub mod sms;
pub mod push;
pub mod size;
mod brand_frame;
mod unsubscribe_link;
pub mod way_out;
mod link_template;
pub mod email_blocks;
mod email_design;
mod email_render;

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor},
};

use crate::{
    campaign::offer::Offer,
    kernel::{channel::Channel, locale::Locale, validation::FieldError},
};

pub use email_blocks::EmailBlock;
pub use render::{
    CompiledMessages, ComposedMessage, LocaleChoice, LocaleFallback, MessageVariables, RenderError,
    RenderedMessage,
};
pub use values::{MessageFacts, last_day};

/// Maximum length of an SMS template in characters. With its variables filled it must still fit
/// [`MAX_SEGMENTS`].
pub const MAX_SMS: usize = 1_000;
/// Maximum number of SMS segments. Each segment is a message on the operator's bill.
pub const MAX_SEGMENTS: u32 = 6;
/// Maximum length of a subject in characters. Mail programs cut it off far earlier.
pub const MAX_SUBJECT: usize = 200;
pub const MAX_PREHEADER: usize = 200;
/// Maximum size of the HTML part in bytes. Common mail programs clip a longer body at about this
/// size.
pub const MAX_HTML: usize = 100 * 1024;
/// Size of an e-mail's HTML in bytes, as sent, above which common mail programs clip it: Gmail does
/// so at 102 KB.
pub const CLIPPED_AT: usize = 102 * 1024;
/// Maximum length of the text part in characters.
pub const MAX_EMAIL_TEXT: usize = 20_000;
pub const MAX_PUSH_TITLE: usize = 100;
pub const MAX_PUSH_BODY: usize = 500;
pub const MAX_LOCALES: usize = 50;
/// Maximum size of all templates together in bytes. They are stored with the rest of the definition
/// in one item of at most 400 KB.
pub const MAX_TOTAL: usize = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Messages {
    /// The locale for customers whose own locale has no message. It has one for every channel of
    /// the ladder.
    pub default_locale: Locale,
    #[serde(deserialize_with = "distinct_locales")]
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
        schema(
            example = "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}"
        )
    )]
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTemplate {
    pub subject: String,
    /// The preview text that mail programs show after the subject. It is hidden at the start of the
    /// HTML body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub preheader: Option<String>,
    /// The body as blocks, from which both parts are made in the brand's design. Either `blocks`, or
    /// `html` with `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub blocks: Option<Vec<EmailBlock>>,
    /// The HTML part, written by hand. Values of variables are escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub html: Option<String>,
    /// The plain-text part beside `html`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub text: Option<String>,
}

/// The body of an e-mail: one of its two forms.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EmailBody<'a> {
    Blocks(&'a [EmailBlock]),
    Written { html: &'a str, text: &'a str },
}

impl EmailTemplate {
    /// Returns the body, or what is wrong with it: the field, its code and a sentence.
    pub(crate) fn body(&self) -> Result<EmailBody<'_>, (&'static str, &'static str, &'static str)> {
        match (&self.blocks, &self.html, &self.text) {
            (Some(blocks), None, None) => Ok(EmailBody::Blocks(blocks)),
            (None, Some(html), Some(text)) => Ok(EmailBody::Written { html, text }),
            (None, Some(_), None) => {
                Err(("email/text", "required", "an e-mail in HTML needs its text as well"))
            }
            (Some(_), None, Some(_)) => Err((
                "email/text",
                "not_allowed",
                "the text is made from the blocks and is not written by hand",
            )),
            (Some(_), Some(_), _) | (None, None, _) => {
                Err(("email", "exactly_one", "write either `blocks`, or `html` with `text`"))
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushTemplate {
    pub title: String,
    pub body: String,
    /// A picture below the text: a public `https` address of at most 500 bytes, without variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "https://cdn.example.com/basket.png")
    )]
    pub image: Option<String>,
    /// Where a tap leads on Apple's devices: a link with the app's own scheme or an `https` address,
    /// which may have `{{ voucher_id }}`, or `{{ voucher_link }}`. The app reads it from `link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "marketplace://vouchers/{{ voucher_id }}")
    )]
    pub ios_link: Option<String>,
    /// Where a tap leads on Android, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "marketplace://vouchers/{{ voucher_id }}")
    )]
    pub android_link: Option<String>,
}

/// Reads the messages by locale. Two spellings of one locale are refused, since only one of them
/// could be kept.
fn distinct_locales<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Locale, LocaleMessages>, D::Error> {
    struct Locales;

    impl<'de> Visitor<'de> for Locales {
        type Value = BTreeMap<Locale, LocaleMessages>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("messages by locale")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut locales = BTreeMap::new();
            while let Some((locale, messages)) = map.next_entry::<Locale, LocaleMessages>()? {
                if locales.contains_key(&locale) {
                    let locale = locale.as_str();
                    return Err(de::Error::custom(format!("{locale} is there in two spellings")));
                }
                locales.insert(locale, messages);
            }
            Ok(locales)
        }
    }

    deserializer.deserialize_map(Locales)
}

impl Messages {
    /// Returns every error that sending these messages over `ladder` would run into, each with its
    /// pointer below `/messages`.
    pub fn check(&self, ladder: &[Channel]) -> Vec<FieldError> {
        check::check_messages(self, ladder)
    }

    /// Returns an error for each template that is too long for some customer, with the longest
    /// names, values, brand and link. Each has its pointer below `/messages`.
    pub fn check_sizes(&self, offer: &Offer, campaign: &str) -> Vec<FieldError> {
        size::check_message_sizes(self, offer, campaign)
    }

    /// Chooses the locale whose template a recipient of `locale` gets on `channel`.
    pub fn choose_locale(&self, channel: Channel, locale: Option<&Locale>) -> Option<LocaleChoice> {
        let offered = self.locales.iter().filter(|(_, messages)| messages.has(channel));
        render::choose_locale(&self.default_locale, locale, offered.map(|(locale, _)| locale))
    }

    /// Counts the segments of each locale's SMS, with a name of usual length and the longest form
    /// that the offer and the days can have in its language. Locales whose SMS does not compile are
    /// left out.
    pub fn sms_segments(&self, offer: &Offer) -> BTreeMap<Locale, u32> {
        let texts = self
            .locales
            .iter()
            .filter_map(|(locale, messages)| Some((locale, messages.sms.as_ref()?)));
        texts
            .filter_map(|(locale, sms)| {
                let count = size::usual_sms_segments(&sms.text, locale, offer)?;
                Some((locale.clone(), count))
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

    /// Returns true if the message of `channel` contains the name of a variable.
    pub fn mentions(&self, channel: Channel, variable: &str) -> bool {
        check::template_parts(self)
            .iter()
            .any(|part| part.channel() == Some(channel) && part.source.contains(variable))
    }
}

#[cfg(test)]
mod tests;
