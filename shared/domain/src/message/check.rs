//! Messages when a campaign is saved: complete for the ladder, within their sizes, and rendered with every set of optional variables
//! filled and not filled, so that nothing is left to go wrong when they are sent.
//! Reads messages and ladder, answers with errors that name the template and the variable.

use super::{
    LocaleMessages, MAX_EMAIL_TEXT, MAX_HTML, MAX_LOCALES, MAX_PREHEADER, MAX_PUSH_BODY, MAX_PUSH_TITLE, MAX_SEGMENTS,
    MAX_SMS, MAX_SUBJECT, MAX_TOTAL, Messages,
    language::{Escape, OPTIONAL, Template, mistakes},
    render::Variables,
    sms,
};
use crate::{
    channel::Channel,
    customer::Locale,
    field::{FieldError, below},
};

const LOCALES: &str = "/messages/locales";

pub(super) fn messages(messages: &Messages, ladder: &[Channel]) -> Vec<FieldError> {
    let mut errors = completeness(messages, ladder);
    let total: usize = messages.locales.values().flat_map(parts).map(|part| part.source.len()).sum();
    if messages.locales.len() > MAX_LOCALES {
        errors.push(FieldError::new(LOCALES, "too_many", format!("at most {MAX_LOCALES} locales")));
    } else if total > MAX_TOTAL {
        errors.push(FieldError::new(
            LOCALES,
            "too_large",
            format!("all templates together have at most {MAX_TOTAL} bytes"),
        ));
    } else {
        for (locale, messages) in &messages.locales {
            errors.extend(parts(messages).iter().flat_map(|part| part.check(locale)));
        }
    }
    errors
}

/// The default locale answers for every rung; the others may leave some to it.
fn completeness(messages: &Messages, ladder: &[Channel]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match messages.locales.get(&messages.default_locale) {
        None => {
            let detail = format!("there are no messages in {}", messages.default_locale.as_str());
            errors.push(FieldError::new("/messages/default_locale", "required", detail));
        }
        Some(default) => {
            let at = below(LOCALES, messages.default_locale.as_str());
            for channel in ladder.iter().filter(|channel| !default.has(**channel)) {
                let detail = format!("the default locale needs a message for {channel}, which is on the ladder");
                errors.push(FieldError::new(below(&at, channel.as_str()), "required", detail));
            }
        }
    }
    for (locale, messages) in &messages.locales {
        if Channel::ALL.into_iter().all(|channel| !messages.has(channel)) {
            errors.push(FieldError::new(below(LOCALES, locale.as_str()), "empty", "has no message for any channel"));
        }
    }
    errors
}

/// One template.
struct Part<'a> {
    /// Pointer below the locale.
    name: &'static str,
    source: &'a str,
    limit: Limit,
    escape: Escape,
    may_be_blank: bool,
}

#[derive(Clone, Copy)]
enum Limit {
    Characters(usize),
    Bytes(usize),
}

fn parts(messages: &LocaleMessages) -> Vec<Part<'_>> {
    let plain = |name, source, most| Part {
        name,
        source,
        limit: Limit::Characters(most),
        escape: Escape::No,
        may_be_blank: false,
    };
    let mut parts = Vec::new();
    if let Some(sms) = &messages.sms {
        parts.push(plain(SMS_TEXT, sms.text.as_str(), MAX_SMS));
    }
    if let Some(email) = &messages.email {
        parts.push(plain("email/subject", &email.subject, MAX_SUBJECT));
        if let Some(preheader) = &email.preheader {
            parts.push(Part { may_be_blank: true, ..plain("email/preheader", preheader, MAX_PREHEADER) });
        }
        let html = plain("email/html", &email.html, MAX_HTML);
        parts.push(Part { limit: Limit::Bytes(MAX_HTML), escape: Escape::Html, ..html });
        parts.push(plain("email/text", &email.text, MAX_EMAIL_TEXT));
    }
    if let Some(push) = &messages.push {
        parts.push(plain("push/title", &push.title, MAX_PUSH_TITLE));
        parts.push(plain("push/body", &push.body, MAX_PUSH_BODY));
    }
    parts
}

const SMS_TEXT: &str = "sms/text";

impl Part<'_> {
    fn check(&self, locale: &Locale) -> Vec<FieldError> {
        let field = format!("{}/{}", below(LOCALES, locale.as_str()), self.name);
        let error = |code, detail: String| FieldError::new(field.clone(), code, detail);
        match self.limit {
            Limit::Characters(most) if self.source.chars().count() > most => {
                return vec![error("too_large", format!("at most {most} characters"))];
            }
            Limit::Bytes(most) if self.source.len() > most => {
                return vec![error("too_large", format!("at most {most} bytes"))];
            }
            Limit::Characters(_) | Limit::Bytes(_) => {}
        }
        let mistakes = mistakes(self.source);
        if !mistakes.is_empty() {
            return mistakes.into_iter().map(|mistake| error(mistake.code, mistake.detail)).collect();
        }
        match Template::new(self.source, self.escape) {
            Ok(template) => self.try_out(&template).map(|(code, detail)| error(code, detail)).into_iter().collect(),
            Err(mistake) => vec![error(mistake.code, mistake.detail)],
        }
    }

    /// Renders with every set of optional variables. Sets with fewer missing come first, so that the first failure names the culprit.
    fn try_out(&self, template: &Template) -> Option<(&'static str, String)> {
        for missing in missing_sets() {
            let variables = missing.iter().fold(Variables::sample(), |variables, name| variables.without(name));
            let names = missing.join(" and ");
            match template.render(&variables) {
                Err(error) if missing.is_empty() => return Some(("syntax", error.to_string())),
                Err(_) => {
                    let first = missing.first().unwrap_or(&"it");
                    let detail = format!(
                        "{names} may be unfilled: give a default, {{{{ {first} | default('...') }}}}, or put it inside {{% if {first} %}}"
                    );
                    return Some(("unfilled_variable", detail));
                }
                Ok(text) if text.trim().is_empty() && !self.may_be_blank => {
                    let detail =
                        if missing.is_empty() { "is empty".into() } else { format!("is empty if {names} is unfilled") };
                    return Some(("empty", detail));
                }
                Ok(text) if self.name == SMS_TEXT && sms::segments(&text).count > MAX_SEGMENTS => {
                    let count = sms::segments(&text).count;
                    return Some(("too_large", format!("{count} segments with sample values, at most {MAX_SEGMENTS}")));
                }
                Ok(_) => {}
            }
        }
        None
    }
}

/// All subsets of the optional variables, smaller ones first.
fn missing_sets() -> Vec<Vec<&'static str>> {
    let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
    for name in OPTIONAL {
        let with: Vec<Vec<&str>> = sets.iter().map(|set| set.iter().copied().chain([name]).collect()).collect();
        sets.extend(with);
    }
    sets.sort_by_key(Vec::len);
    sets
}
