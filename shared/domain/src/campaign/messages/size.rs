//! The worst-case length of a message: the same templates with the longest names that a customer
//! can have, and the longest brand and link that a deployment can have.
//!
//! The result is compared with the providers' limits when a campaign is saved, so that no
//! customer's message is refused for its length when it is too late to change it. This module reads
//! messages and returns errors that name the template; it also gives the worst case of one SMS and
//! of one push.

use super::{
    Messages,
    push::{MAX_PAYLOAD_BYTES, PushPayload},
    render::MessageVariables,
    sms::{self, SmsSegments},
    template_language::{EscapeMode, MessageTemplate},
};
use crate::{
    customer::profile::{Locale, MAX_NAME_BYTES},
    kernel::validation::{FieldError, child_pointer},
};

/// Maximum length of one SMS publish in characters (SNS, "Publishing to a mobile phone"). SNS
/// refuses more.
pub const MAX_SMS_CHARACTERS: usize = 1_600;
/// Maximum length of the brand's name in characters. template.yaml refuses more.
pub const MAX_BRAND_NAME: usize = 60;
/// Maximum size of the voucher links' base URL in bytes. template.yaml refuses more.
pub const MAX_LINK_BASE: usize = 200;

/// Returns names that make a message longest, each in its own way. None is longer than a name may
/// be.
fn longest_names() -> [String; 3] {
    [
        // One letter that GSM 7-bit lacks makes the whole SMS UCS-2.
        format!("Ł{}", "x".repeat(MAX_NAME_BYTES - "Ł".len())),
        // Each quote takes two bytes in JSON.
        "\"".repeat(MAX_NAME_BYTES),
        // Each letter becomes three letters of two bytes each in upper case.
        "ΐ".repeat(MAX_NAME_BYTES / "ΐ".len()),
    ]
}

/// Values that are the same in every message of a campaign.
#[derive(Debug, Clone, Copy)]
pub struct CampaignTexts<'a> {
    pub offer: &'a str,
    pub campaign: &'a str,
    pub minimum_basket: Option<&'a str>,
}

impl MessageVariables {
    /// Returns these variables with the longest names, and with each name missing, because a
    /// default or a branch may be longer still.
    fn longest_variants(&self) -> Vec<MessageVariables> {
        let mut all = Vec::new();
        for name in longest_names() {
            for (first, last) in [(true, true), (true, false), (false, true), (false, false)] {
                let filled = |is: bool| is.then(|| name.clone());
                all.push(MessageVariables {
                    first_name: filled(first),
                    last_name: filled(last),
                    ..self.clone()
                });
            }
        }
        all
    }

    /// Returns variables with the longest brand and link that a deployment can have.
    fn longest_for(texts: &CampaignTexts<'_>) -> Self {
        let sample = Self::sample();
        let link = |base: String| format!("{base}/{}", sample.voucher_id);
        Self {
            offer: texts.offer.to_owned(),
            campaign_name: texts.campaign.to_owned(),
            minimum_basket: texts.minimum_basket.map(str::to_owned),
            voucher_link: link("x".repeat(MAX_LINK_BASE)),
            brand: "ΐ".repeat(MAX_BRAND_NAME),
            ..sample
        }
    }
}

/// Returns the segments of `source` for the customer who needs most, or `None` if it does not
/// compile.
pub fn worst_sms_segments(source: &str, variables: &MessageVariables) -> Option<SmsSegments> {
    let template = MessageTemplate::new(source, EscapeMode::No).ok()?;
    let texts = variables
        .longest_variants()
        .into_iter()
        .filter_map(|variables| template.render(&variables).ok());
    texts.map(|text| sms::count_segments(&text)).max_by_key(|segments| segments.count)
}

/// Returns the size in bytes of a push for the customer who needs most, or `None` if it does not
/// compile.
pub fn worst_push_bytes(title: &str, body: &str, variables: &MessageVariables) -> Option<usize> {
    let (title, body) = (
        MessageTemplate::new(title, EscapeMode::No).ok()?,
        MessageTemplate::new(body, EscapeMode::No).ok()?,
    );
    let bytes = |variables: &MessageVariables| {
        let (title, body) = (title.render(variables).ok()?, body.render(variables).ok()?);
        Some(PushPayload::new(&title, &body, &variables.voucher_id).largest_bytes())
    };
    variables.longest_variants().iter().filter_map(bytes).max()
}

/// Returns an error for each message that passes `check` but is too long for some customer.
/// Templates that do not compile are left to `check`.
pub(super) fn check_message_sizes(
    messages: &Messages,
    texts: &CampaignTexts<'_>,
) -> Vec<FieldError> {
    let longest = MessageVariables::longest_for(texts);
    let mut errors = Vec::new();
    for (locale, templates) in &messages.locales {
        if let Some(sms) = &templates.sms {
            errors.extend(check_sms_size(locale, &sms.text, &longest));
        }
        if let Some(push) = &templates.push
            && let Some(bytes) = worst_push_bytes(&push.title, &push.body, &longest)
            && bytes > MAX_PAYLOAD_BYTES
        {
            let detail = format!(
                "{bytes} bytes with the longest names, brand and link; phones take pushes of at most {MAX_PAYLOAD_BYTES}"
            );
            errors.push(FieldError::new(
                template_pointer(locale, "push/body"),
                "too_large",
                detail,
            ));
        }
    }
    errors
}

fn check_sms_size(locale: &Locale, source: &str, longest: &MessageVariables) -> Option<FieldError> {
    let template = MessageTemplate::new(source, EscapeMode::No).ok()?;
    let characters =
        |variables: &MessageVariables| Some(template.render(variables).ok()?.chars().count());
    let most = longest.longest_variants().iter().filter_map(characters).max()?;
    if most > MAX_SMS_CHARACTERS {
        let detail = format!(
            "{most} characters with the longest names, brand and link; an SMS has at most {MAX_SMS_CHARACTERS}"
        );
        return Some(FieldError::new(template_pointer(locale, "sms/text"), "too_large", detail));
    }
    // The cost is checked with a name of usual length and the longest link.
    let usual = MessageVariables {
        voucher_link: longest.voucher_link.clone(),
        ..MessageVariables::sample()
    };
    let count = sms::count_segments(&template.render(&usual).ok()?).count;
    (count > super::MAX_SEGMENTS).then(|| {
        let detail = format!(
            "{count} segments with the longest voucher link, at most {}",
            super::MAX_SEGMENTS
        );
        FieldError::new(template_pointer(locale, "sms/text"), "too_large", detail)
    })
}

fn template_pointer(locale: &Locale, part: &str) -> String {
    format!("{}/{part}", child_pointer("/messages/locales", locale.as_str()))
}

#[cfg(test)]
mod tests;
