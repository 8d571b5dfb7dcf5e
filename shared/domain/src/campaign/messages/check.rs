//! Validation of messages when a campaign is saved.
//!
//! It checks that the messages are complete for the ladder and within their size limits, and
//! renders each template with every combination of filled and unfilled optional variables, so that
//! nothing can fail when the messages are sent. It reads the messages and the ladder and returns
//! errors that name the template and the variable.

use std::borrow::Cow;

use super::{
    EmailBody, EmailTemplate, LocaleMessages, MAX_EMAIL_TEXT, MAX_HTML, MAX_LOCALES, MAX_PREHEADER,
    MAX_PUSH_BODY, MAX_PUSH_TITLE, MAX_SEGMENTS, MAX_SMS, MAX_SUBJECT, MAX_TOTAL, Messages,
    PushTemplate,
    email_blocks::{BlockRule, EmailBlock, MAX_BLOCKS, MAX_LINK},
    link_template::LinkKind,
    render::MessageVariables,
    sms,
    template_language::{EscapeMode, MessageTemplate, OPTIONAL, WAY_OUT, template_errors},
};
use crate::kernel::{
    channel::Channel,
    locale::Locale,
    validation::{FieldError, child_pointer},
    web_link::is_picture_url,
};

const LOCALES: &str = "/messages/locales";

pub(super) fn check_messages(messages: &Messages, ladder: &[Channel]) -> Vec<FieldError> {
    let mut errors = check_completeness(messages, ladder);
    let total: usize =
        messages.locales.values().flat_map(template_parts).map(|part| part.source.len()).sum();
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
            errors.extend(messages.email.iter().flat_map(|email| check_email_form(email, locale)));
            errors.extend(template_parts(messages).iter().flat_map(|part| part.check_part(locale)));
        }
    }
    errors
}

/// Checks that the default locale has a message for every channel of the ladder. Other locales may
/// leave some channels to it.
fn check_completeness(messages: &Messages, ladder: &[Channel]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match messages.locales.get(&messages.default_locale) {
        None => {
            let detail = format!("there are no messages in {}", messages.default_locale.as_str());
            errors.push(FieldError::new("/messages/default_locale", "required", detail));
        }
        Some(default) => {
            let at = child_pointer(LOCALES, messages.default_locale.as_str());
            for channel in ladder.iter().filter(|channel| !default.has(**channel)) {
                let detail = format!(
                    "the default locale needs a message for {channel}, which is on the ladder"
                );
                errors.push(FieldError::new(
                    child_pointer(&at, channel.as_str()),
                    "required",
                    detail,
                ));
            }
        }
    }
    for (locale, messages) in &messages.locales {
        if Channel::ALL.into_iter().all(|channel| !messages.has(channel)) {
            errors.push(FieldError::new(
                child_pointer(LOCALES, locale.as_str()),
                "empty",
                "has no message for any channel",
            ));
        }
    }
    errors
}

/// Checks that the e-mail has one body, and what is wrong with its blocks beside their texts.
fn check_email_form(email: &EmailTemplate, locale: &Locale) -> Vec<FieldError> {
    let at = child_pointer(LOCALES, locale.as_str());
    let error = |part: &str, code, detail: String| {
        vec![FieldError::new(format!("{at}/{part}"), code, detail)]
    };
    let blocks = match email.body() {
        Ok(EmailBody::Blocks(blocks)) => blocks,
        Ok(EmailBody::Written { .. }) => return Vec::new(),
        Err((part, code, detail)) => return error(part, code, detail.to_owned()),
    };
    if blocks.is_empty() {
        return error("email/blocks", "empty", "has no block".to_owned());
    }
    if blocks.len() > MAX_BLOCKS {
        return error("email/blocks", "too_many", format!("at most {MAX_BLOCKS} blocks"));
    }
    let check =
        |(place, block): (usize, &EmailBlock)| block.check(&format!("{at}/email/blocks/{place}"));
    blocks.iter().enumerate().filter_map(check).collect()
}

/// One template of a locale, with its limits.
pub(super) struct TemplatePart<'a> {
    /// JSON pointer below the locale.
    name: Cow<'static, str>,
    pub(super) source: &'a str,
    rule: PartRule,
    escape: EscapeMode,
    may_be_blank: bool,
}

#[derive(Clone, Copy)]
enum PartRule {
    Characters(usize),
    Bytes(usize),
    Link(LinkKind),
    ImageUrl,
}

pub(super) fn template_parts(messages: &LocaleMessages) -> Vec<TemplatePart<'_>> {
    let mut parts = Vec::new();
    if let Some(sms) = &messages.sms {
        parts.push(plain(SMS_TEXT, sms.text.as_str(), MAX_SMS));
    }
    if let Some(email) = &messages.email {
        parts.push(plain("email/subject", &email.subject, MAX_SUBJECT));
        if let Some(preheader) = &email.preheader {
            parts.push(TemplatePart {
                may_be_blank: true,
                ..plain("email/preheader", preheader, MAX_PREHEADER)
            });
        }
        parts.extend(body_parts(email));
    }
    if let Some(push) = &messages.push {
        parts.extend(push_parts(push));
    }
    parts
}

fn plain<'a>(name: impl Into<Cow<'static, str>>, source: &'a str, most: usize) -> TemplatePart<'a> {
    TemplatePart {
        name: name.into(),
        source,
        rule: PartRule::Characters(most),
        escape: EscapeMode::No,
        may_be_blank: false,
    }
}

/// Returns the parts of an e-mail's body, in whichever form it is written.
fn body_parts(email: &EmailTemplate) -> Vec<TemplatePart<'_>> {
    let mut parts = Vec::new();
    if let Some(html) = &email.html {
        parts.push(TemplatePart {
            rule: PartRule::Bytes(MAX_HTML),
            escape: EscapeMode::Html,
            ..plain("email/html", html, MAX_HTML)
        });
    }
    if let Some(text) = &email.text {
        parts.push(plain("email/text", text, MAX_EMAIL_TEXT));
    }
    for (place, block) in email.blocks.iter().flatten().enumerate() {
        parts.extend(block.parts().into_iter().map(|part| {
            let (rule, limit) = match part.rule {
                BlockRule::Text(most) => (PartRule::Characters(most), most),
                BlockRule::Link(kind) => (PartRule::Link(kind), MAX_LINK),
                BlockRule::ImageUrl => (PartRule::ImageUrl, MAX_LINK),
            };
            let name = format!("email/blocks/{place}/{}", part.name);
            TemplatePart { rule, ..plain(name, part.source, limit) }
        }));
    }
    parts
}

fn push_parts(push: &PushTemplate) -> Vec<TemplatePart<'_>> {
    let mut parts = vec![
        plain("push/title", &push.title, MAX_PUSH_TITLE),
        plain("push/body", &push.body, MAX_PUSH_BODY),
    ];
    let addresses = [
        ("push/image", &push.image, PartRule::ImageUrl),
        ("push/ios_link", &push.ios_link, PartRule::Link(LinkKind::App)),
        ("push/android_link", &push.android_link, PartRule::Link(LinkKind::App)),
    ];
    for (name, source, rule) in addresses {
        if let Some(source) = source {
            parts.push(TemplatePart { rule, ..plain(name, source, MAX_LINK) });
        }
    }
    parts
}

const SMS_TEXT: &str = "sms/text";

impl TemplatePart<'_> {
    pub(super) fn channel(&self) -> Option<Channel> {
        Channel::parse(self.name.split('/').next().unwrap_or_default())
    }

    fn check_part(&self, locale: &Locale) -> Vec<FieldError> {
        let field = format!("{}/{}", child_pointer(LOCALES, locale.as_str()), self.name);
        let error = |code, detail: String| FieldError::new(field.clone(), code, detail);
        if let Some((code, detail)) = self.check_rule() {
            return vec![error(code, detail)];
        }
        let mistakes = template_errors(self.source);
        if !mistakes.is_empty() {
            return mistakes
                .into_iter()
                .map(|mistake| error(mistake.code, mistake.detail))
                .collect();
        }
        match MessageTemplate::new(self.source, self.escape) {
            Ok(template) if self.name != SMS_TEXT && template.mentions(WAY_OUT) => {
                let detail = "way_out is for an SMS: an e-mail ends with its link, and a device has a switch for pushes";
                vec![error("not_for_this_channel", detail.to_owned())]
            }
            Ok(template) => self
                .check_renders(&template)
                .map(|(code, detail)| error(code, detail))
                .into_iter()
                .collect(),
            Err(mistake) => vec![error(mistake.code, mistake.detail)],
        }
    }

    /// Checks the part's size, or the address that it is.
    fn check_rule(&self) -> Option<(&'static str, String)> {
        match self.rule {
            PartRule::Characters(most) => (self.source.chars().count() > most)
                .then(|| ("too_large", format!("at most {most} characters"))),
            PartRule::Bytes(most) => {
                (self.source.len() > most).then(|| ("too_large", format!("at most {most} bytes")))
            }
            PartRule::Link(kind) => kind.mistake(self.source).map(|detail| ("invalid", detail)),
            PartRule::ImageUrl => (!is_picture_url(self.source, MAX_LINK)).then(|| {
                let detail =
                    format!("an https address of at most {MAX_LINK} bytes, without variables");
                ("invalid", detail)
            }),
        }
    }

    /// Renders the template with every set of optional variables. Sets with fewer missing variables
    /// come first, so that the first failure names the variable that causes it.
    fn check_renders(&self, template: &MessageTemplate) -> Option<(&'static str, String)> {
        for missing in missing_sets() {
            let variables = missing
                .iter()
                .fold(MessageVariables::sample(), |variables, name| variables.without(name));
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
                    let detail = if missing.is_empty() {
                        "is empty".into()
                    } else {
                        format!("is empty if {names} is unfilled")
                    };
                    return Some(("empty", detail));
                }
                Ok(text)
                    if self.name == SMS_TEXT && sms::count_segments(&text).count > MAX_SEGMENTS =>
                {
                    let count = sms::count_segments(&text).count;
                    return Some((
                        "too_large",
                        format!("{count} segments with sample values, at most {MAX_SEGMENTS}"),
                    ));
                }
                Ok(_) => {}
            }
        }
        None
    }
}

/// Returns all subsets of the optional variables, smaller ones first.
fn missing_sets() -> Vec<Vec<&'static str>> {
    let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
    for name in OPTIONAL {
        let with: Vec<Vec<&str>> =
            sets.iter().map(|set| set.iter().copied().chain([name]).collect()).collect();
        sets.extend(with);
    }
    sets.sort_by_key(Vec::len);
    sets
}
