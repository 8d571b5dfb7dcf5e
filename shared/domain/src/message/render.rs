//! Messages compiled once per campaign version, rendered once per voucher and channel.
//! Reads the variables of one voucher, writes the text for the carrier. Names are only ever values: escaped in HTML, on one line in a
//! subject, and never shown by `Debug`.

use std::{collections::BTreeMap, fmt};

use super::{
    LocaleMessages, Messages, frame,
    language::{ALWAYS, Escape, Mistake, OPTIONAL, Template},
    sms::{self, Segments},
};
use crate::{
    brand::BrandSettings,
    channel::Channel,
    customer::Locale,
    field::{FieldError, below},
};

/// What fills the variables of a message. An optional one that is empty counts as not filled.
#[derive(Clone, PartialEq, Eq)]
pub struct Variables {
    /// `5.00 EUR off`
    pub offer: String,
    pub voucher_id: String,
    pub voucher_link: String,
    /// A day as text.
    pub redeem_by: String,
    pub campaign_name: String,
    pub brand: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub minimum_basket: Option<String>,
}

impl Variables {
    /// Values of a usual length, all filled: what checks, previews and test sends show.
    pub fn sample() -> Self {
        Self {
            offer: "20 % off, up to 10.00 EUR".into(),
            voucher_id: "vch_7K3M9QWE2RTY5N8PADFG".into(),
            voucher_link: "https://go.example.com/v/vch_7K3M9QWE2RTY5N8PADFG".into(),
            redeem_by: "2026-12-31".into(),
            campaign_name: "Pharmacy for food lovers".into(),
            brand: "Marketplace".into(),
            first_name: Some("Alexandra".into()),
            last_name: Some("Montgomery".into()),
            minimum_basket: Some("25.00 EUR".into()),
        }
    }

    /// All that templates know.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALWAYS.into_iter().chain(OPTIONAL)
    }

    /// Each variable that has a value.
    pub fn filled(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let always = [
            ("offer", self.offer.as_str()),
            ("voucher_id", &self.voucher_id),
            ("voucher_link", &self.voucher_link),
            ("redeem_by", &self.redeem_by),
            ("campaign_name", &self.campaign_name),
            ("brand", &self.brand),
        ];
        let optional = [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("minimum_basket", &self.minimum_basket),
        ];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        always.into_iter().chain(optional.filter(|(_, value)| !value.trim().is_empty()))
    }

    /// Without the value of an optional variable.
    #[must_use]
    pub(super) fn without(mut self, name: &str) -> Self {
        match name {
            "first_name" => self.first_name = None,
            "last_name" => self.last_name = None,
            "minimum_basket" => self.minimum_basket = None,
            _ => {}
        }
        self
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables").field("voucher_id", &self.voucher_id).finish_non_exhaustive()
    }
}

/// A message ready for its carrier.
#[derive(Clone, PartialEq, Eq)]
pub enum Rendered {
    Sms {
        text: String,
        segments: Segments,
    },
    /// The preheader is also in the HTML, hidden.
    Email {
        subject: String,
        preheader: Option<String>,
        html: String,
        text: String,
    },
    Push {
        title: String,
        body: String,
    },
}

impl Rendered {
    pub fn channel(&self) -> Channel {
        match self {
            Rendered::Sms { .. } => Channel::Sms,
            Rendered::Email { .. } => Channel::Email,
            Rendered::Push { .. } => Channel::Push,
        }
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({}, redacted)", self.channel())
    }
}

/// Neither happens to messages that passed their check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("no message for {0}, not even in the default locale")]
    NoMessage(Channel),
    #[error("the template does not render: {0}")]
    Template(String),
}

/// All templates of a campaign, ready to render from any thread.
#[derive(Debug)]
pub struct Compiled {
    default_locale: Locale,
    locales: BTreeMap<Locale, CompiledLocale>,
}

#[derive(Debug)]
struct CompiledLocale {
    sms: Option<Template>,
    email: Option<CompiledEmail>,
    push: Option<CompiledPush>,
}

#[derive(Debug)]
struct CompiledEmail {
    subject: Template,
    preheader: Option<Template>,
    html: Template,
    text: Template,
}

#[derive(Debug)]
struct CompiledPush {
    title: Template,
    body: Template,
}

impl Compiled {
    /// The first template that does not compile is the error.
    pub fn new(messages: &Messages) -> Result<Self, FieldError> {
        let locales = messages.locales.iter().map(|(locale, messages)| {
            let at = below("/messages/locales", locale.as_str());
            Ok((locale.clone(), CompiledLocale::new(messages, &at)?))
        });
        Ok(Self {
            default_locale: messages.default_locale.clone(),
            locales: locales.collect::<Result<_, FieldError>>()?,
        })
    }

    /// What a reader of `locale` gets on `channel`: rendered, in the brand's frame, and if it is an e-mail with `way_out` at its end.
    /// Workers, previews and samples all have their messages from here.
    pub fn compose(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        variables: &Variables,
        brand: &BrandSettings,
        way_out: Option<&str>,
    ) -> Result<Composed, RenderError> {
        let has = |locale: &Locale| self.locales.get(locale).is_some_and(|messages| messages.has(channel));
        let choice = choose(&self.default_locale, locale, has).ok_or(RenderError::NoMessage(channel))?;
        let messages = self.locales.get(&choice.locale).ok_or(RenderError::NoMessage(channel))?;
        let rendered = messages.render(channel, variables, brand)?.ok_or(RenderError::NoMessage(channel))?;
        let rendered = match way_out {
            Some(link) => rendered.with_way_out(link, locale),
            None => rendered,
        };
        Ok(Composed { rendered, choice })
    }

    /// The same without frame and way out.
    pub fn render(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        variables: &Variables,
    ) -> Result<Rendered, RenderError> {
        let composed = self.compose(channel, locale, variables, &BrandSettings::default(), None)?;
        Ok(composed.rendered)
    }
}

/// A message as its reader gets it, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    pub rendered: Rendered,
    pub choice: Choice,
}

/// Whose templates a reader gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub locale: Locale,
    pub fallback: Fallback,
}

/// Why these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Fallback {
    /// They are in the reader's locale.
    None,
    /// They are in the reader's language: `es` for `es-MX`.
    Language,
    /// They are in the default locale.
    Default,
}

/// The reader's locale, else its language, else the default locale: the first of these that has the message.
pub(super) fn choose(
    default_locale: &Locale,
    locale: Option<&Locale>,
    has: impl Fn(&Locale) -> bool,
) -> Option<Choice> {
    let language = locale.and_then(|locale| Locale::parse(locale.language()).ok());
    let candidates =
        [(locale, Fallback::None), (language.as_ref(), Fallback::Language), (Some(default_locale), Fallback::Default)];
    let mut candidates = candidates.into_iter().filter_map(|(locale, fallback)| Some((locale?, fallback)));
    candidates.find(|(locale, _)| has(locale)).map(|(locale, fallback)| Choice { locale: locale.clone(), fallback })
}

impl CompiledLocale {
    fn new(messages: &LocaleMessages, at: &str) -> Result<Self, FieldError> {
        let plain = |part: &str, source: &str| compile(at, part, source, Escape::No);
        Ok(Self {
            sms: messages.sms.as_ref().map(|sms| plain("sms/text", &sms.text)).transpose()?,
            email: match &messages.email {
                None => None,
                Some(email) => Some(CompiledEmail {
                    subject: plain("email/subject", &email.subject)?,
                    preheader: email.preheader.as_ref().map(|text| plain("email/preheader", text)).transpose()?,
                    html: compile(at, "email/html", &email.html, Escape::Html)?,
                    text: plain("email/text", &email.text)?,
                }),
            },
            push: match &messages.push {
                None => None,
                Some(push) => Some(CompiledPush {
                    title: plain("push/title", &push.title)?,
                    body: plain("push/body", &push.body)?,
                }),
            },
        })
    }

    fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.sms.is_some(),
            Channel::Email => self.email.is_some(),
            Channel::Push => self.push.is_some(),
        }
    }

    fn render(
        &self,
        channel: Channel,
        variables: &Variables,
        brand: &BrandSettings,
    ) -> Result<Option<Rendered>, RenderError> {
        match channel {
            Channel::Sms => self.sms.as_ref().map(|sms| rendered_sms(sms, variables)).transpose(),
            Channel::Email => self.email.as_ref().map(|email| email.render(variables, brand)).transpose(),
            Channel::Push => self.push.as_ref().map(|push| push.render(variables)).transpose(),
        }
    }
}

fn compile(at: &str, part: &str, source: &str, escape: Escape) -> Result<Template, FieldError> {
    Template::new(source, escape)
        .map_err(|Mistake { code, detail }| FieldError::new(format!("{at}/{part}"), code, detail))
}

fn rendered_sms(template: &Template, variables: &Variables) -> Result<Rendered, RenderError> {
    let text = template.render(variables)?;
    let segments = sms::segments(&text);
    Ok(Rendered::Sms { text, segments })
}

impl CompiledEmail {
    fn render(&self, variables: &Variables, brand: &BrandSettings) -> Result<Rendered, RenderError> {
        let subject = on_one_line(&self.subject.render(variables)?);
        let preheader = match &self.preheader {
            Some(template) => Some(on_one_line(&template.render(variables)?)).filter(|text| !text.is_empty()),
            None => None,
        };
        let html = frame::with_top(self.html.render(variables)?, brand, &variables.brand);
        let html = match &preheader {
            Some(preheader) => with_preheader(&html, preheader),
            None => html,
        };
        let (html, text) = frame::with_footer(html, self.text.render(variables)?, brand);
        Ok(Rendered::Email { subject, preheader, html, text })
    }
}

impl CompiledPush {
    fn render(&self, variables: &Variables) -> Result<Rendered, RenderError> {
        Ok(Rendered::Push { title: on_one_line(&self.title.render(variables)?), body: self.body.render(variables)? })
    }
}

/// Line breaks and control characters become spaces, so that a value cannot start a header of its own.
fn on_one_line(text: &str) -> String {
    let spaced: String =
        text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Hidden at the start of the body, where mail programs look for it.
fn with_preheader(html: &str, preheader: &str) -> String {
    let (head, body) = html.split_at(body_start(html));
    let text = escaped(preheader);
    format!("{head}<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{text}</div>{body}")
}

/// Where the content of `<body ...>` starts; the very start if the HTML is only the content.
fn body_start(html: &str) -> usize {
    const TAG: &str = "<body";
    // ASCII case only: every byte stays where it is
    let lower = html.to_ascii_lowercase();
    for (start, _) in lower.match_indices(TAG) {
        let Some(attributes) = lower.get(start + TAG.len()..) else { continue };
        if !attributes.starts_with(|c: char| c == '>' || c.is_ascii_whitespace()) {
            continue;
        }
        let mut quote = None;
        for (at, character) in attributes.char_indices() {
            match (quote, character) {
                (None, '>') => return start + TAG.len() + at + 1,
                (None, '"' | '\'') => quote = Some(character),
                (Some(open), _) if open == character => quote = None,
                (None | Some(_), _) => {}
            }
        }
    }
    0
}

pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#x27;"),
            other => safe.push(other),
        }
    }
    safe
}
