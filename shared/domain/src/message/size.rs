//! How long a message can get: the same templates with the longest names that a customer can have and the longest brand and link that a
//! deployment can have. Held against the providers' limits when a campaign is saved, so that no customer's message is refused for its
//! length when it is too late to change it. Reads messages, answers with errors that name the template; also the worst case of one SMS.

use super::{
    Messages,
    language::{Escape, Template},
    push::{MAX_PAYLOAD, Payload},
    render::Variables,
    sms::{self, Segments},
};
use crate::{
    customer::{Locale, MAX_NAME_BYTES},
    field::{FieldError, below},
};

/// Characters of one SMS publish (SNS, "Publishing to a mobile phone"); it refuses more.
pub const MAX_SMS_CHARACTERS: usize = 1_600;
/// Characters of the brand's name; template.yaml refuses more.
pub const MAX_BRAND_NAME: usize = 60;
/// Bytes of the address that voucher links begin with; template.yaml refuses more.
pub const MAX_LINK_BASE: usize = 200;

/// Names that make a message longest, each in its own way, and none longer than a name may be.
fn longest_names() -> [String; 3] {
    [
        // one letter that GSM 7-bit lacks makes the whole SMS UCS-2
        format!("Ł{}", "x".repeat(MAX_NAME_BYTES - "Ł".len())),
        // two bytes each in JSON
        "\"".repeat(MAX_NAME_BYTES),
        // three letters of two bytes each in capitals
        "ΐ".repeat(MAX_NAME_BYTES / "ΐ".len()),
    ]
}

/// What a campaign says in every message.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub offer: &'a str,
    pub campaign: &'a str,
    pub minimum_basket: Option<&'a str>,
}

impl Variables {
    /// This with the longest names, and with each of them missing, since a default or a branch may be longer still.
    fn extremes(&self) -> Vec<Variables> {
        let mut all = Vec::new();
        for name in longest_names() {
            for (first, last) in [(true, true), (true, false), (false, true), (false, false)] {
                let filled = |is: bool| is.then(|| name.clone());
                all.push(Variables { first_name: filled(first), last_name: filled(last), ..self.clone() });
            }
        }
        all
    }

    /// With the longest brand and link that a deployment can have.
    fn longest(said: &Said<'_>) -> Self {
        let sample = Self::sample();
        let link = |base: String| format!("{base}/{}", sample.voucher_id);
        Self {
            offer: said.offer.to_owned(),
            campaign_name: said.campaign.to_owned(),
            minimum_basket: said.minimum_basket.map(str::to_owned),
            voucher_link: link("x".repeat(MAX_LINK_BASE)),
            brand: "ΐ".repeat(MAX_BRAND_NAME),
            ..sample
        }
    }
}

/// The segments of `source` for the customer for whom it takes most; nothing if it does not compile.
pub fn worst_sms(source: &str, variables: &Variables) -> Option<Segments> {
    let template = Template::new(source, Escape::No).ok()?;
    let texts = variables.extremes().into_iter().filter_map(|variables| template.render(&variables).ok());
    texts.map(|text| sms::segments(&text)).max_by_key(|segments| segments.count)
}

/// The bytes of a push for the customer for whom it takes most; nothing if it does not compile.
pub fn worst_push(title: &str, body: &str, variables: &Variables) -> Option<usize> {
    let (title, body) = (Template::new(title, Escape::No).ok()?, Template::new(body, Escape::No).ok()?);
    let bytes = |variables: &Variables| {
        let (title, body) = (title.render(variables).ok()?, body.render(variables).ok()?);
        Some(Payload::new(&title, &body, &variables.voucher_id).bytes())
    };
    variables.extremes().iter().filter_map(bytes).max()
}

/// Messages that check well but are too long for somebody. Those that do not compile are left to the check.
pub(super) fn messages(messages: &Messages, said: &Said<'_>) -> Vec<FieldError> {
    let longest = Variables::longest(said);
    let mut errors = Vec::new();
    for (locale, templates) in &messages.locales {
        if let Some(sms) = &templates.sms {
            errors.extend(sms_error(locale, &sms.text, &longest));
        }
        if let Some(push) = &templates.push
            && let Some(bytes) = worst_push(&push.title, &push.body, &longest)
            && bytes > MAX_PAYLOAD
        {
            let detail = format!(
                "{bytes} bytes with the longest names, brand and link; phones take pushes of at most {MAX_PAYLOAD}"
            );
            errors.push(FieldError::new(at(locale, "push/body"), "too_large", detail));
        }
    }
    errors
}

fn sms_error(locale: &Locale, source: &str, longest: &Variables) -> Option<FieldError> {
    let template = Template::new(source, Escape::No).ok()?;
    let characters = |variables: &Variables| Some(template.render(variables).ok()?.chars().count());
    let most = longest.extremes().iter().filter_map(characters).max()?;
    if most > MAX_SMS_CHARACTERS {
        let detail = format!(
            "{most} characters with the longest names, brand and link; an SMS has at most {MAX_SMS_CHARACTERS}"
        );
        return Some(FieldError::new(at(locale, "sms/text"), "too_large", detail));
    }
    // what it costs: a usual name, and the longest link
    let usual = Variables { voucher_link: longest.voucher_link.clone(), ..Variables::sample() };
    let count = sms::segments(&template.render(&usual).ok()?).count;
    (count > super::MAX_SEGMENTS).then(|| {
        let detail = format!("{count} segments with the longest voucher link, at most {}", super::MAX_SEGMENTS);
        FieldError::new(at(locale, "sms/text"), "too_large", detail)
    })
}

fn at(locale: &Locale, part: &str) -> String {
    format!("{}/{part}", below("/messages/locales", locale.as_str()))
}

#[cfg(test)]
mod tests;
