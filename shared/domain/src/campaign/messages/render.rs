//! Message rendering: templates are compiled once per campaign version and rendered once per
//! voucher and channel.
//!
//! It reads the variables of one voucher and writes the text for the provider. Names are only ever
//! values: they are escaped in HTML, kept on one line in a subject, and never shown by `Debug`.

use std::{collections::BTreeMap, fmt};

use super::{
    LocaleMessages, Messages, brand_frame,
    sms::{self, SmsSegments},
    template_language::{
        ALWAYS, EscapeMode, FilledVariables, MessageTemplate, OPTIONAL, TemplateError,
    },
};
use crate::{
    campaign::brand::BrandSettings,
    customer::profile::Locale,
    kernel::{
        channel::Channel,
        validation::{FieldError, child_pointer},
    },
};

/// Values of a message's variables. An empty optional value counts as unfilled.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageVariables {
    /// The offer as text: `5.00 EUR off`.
    pub offer: String,
    pub voucher_id: String,
    pub voucher_link: String,
    /// The last day to redeem, as text.
    pub redeem_by: String,
    pub campaign_name: String,
    pub brand: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub minimum_basket: Option<String>,
}

impl MessageVariables {
    /// Returns sample values of a usual length, all filled, for checks, previews and test sends.
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

    /// Returns the names of all variables that templates may use.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALWAYS.into_iter().chain(OPTIONAL)
    }

    /// Returns each variable that has a value.
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
        let optional =
            optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        always.into_iter().chain(optional.filter(|(_, value)| !value.trim().is_empty()))
    }

    /// Returns the variables without the value of one optional variable.
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

impl fmt::Debug for MessageVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables").field("voucher_id", &self.voucher_id).finish_non_exhaustive()
    }
}

/// A message ready for its provider.
#[derive(Clone, PartialEq, Eq)]
pub enum RenderedMessage {
    Sms {
        text: String,
        segments: SmsSegments,
    },
    /// An e-mail. Its preheader is also in the HTML, hidden.
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

impl RenderedMessage {
    pub fn channel(&self) -> Channel {
        match self {
            RenderedMessage::Sms { .. } => Channel::Sms,
            RenderedMessage::Email { .. } => Channel::Email,
            RenderedMessage::Push { .. } => Channel::Push,
        }
    }
}

impl fmt::Debug for RenderedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({}, redacted)", self.channel())
    }
}

/// A rendering failure. Messages that passed `check` cause none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("no message for {0}, not even in the default locale")]
    NoMessage(Channel),
    #[error("the template does not render: {0}")]
    Template(String),
}

/// All templates of a campaign, compiled and ready to render from any thread.
#[derive(Debug)]
pub struct CompiledMessages {
    default_locale: Locale,
    locales: BTreeMap<Locale, CompiledLocale>,
}

#[derive(Debug)]
struct CompiledLocale {
    sms: Option<MessageTemplate>,
    email: Option<CompiledEmail>,
    push: Option<CompiledPush>,
}

#[derive(Debug)]
struct CompiledEmail {
    subject: MessageTemplate,
    preheader: Option<MessageTemplate>,
    html: MessageTemplate,
    text: MessageTemplate,
}

#[derive(Debug)]
struct CompiledPush {
    title: MessageTemplate,
    body: MessageTemplate,
}

impl CompiledMessages {
    /// Compiles the templates. Fails with the first template that does not compile.
    pub fn new(messages: &Messages) -> Result<Self, FieldError> {
        let locales = messages.locales.iter().map(|(locale, messages)| {
            let at = child_pointer("/messages/locales", locale.as_str());
            Ok((locale.clone(), CompiledLocale::new(messages, &at)?))
        });
        Ok(Self {
            default_locale: messages.default_locale.clone(),
            locales: locales.collect::<Result<_, FieldError>>()?,
        })
    }

    /// Composes the message that a recipient of `locale` gets on `channel`: rendered, in the
    /// brand's frame, and, for an e-mail, with the unsubscribe link `way_out` at its end. Workers,
    /// previews and test sends all get their messages from here.
    pub fn compose(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        variables: &MessageVariables,
        brand: &BrandSettings,
        unsubscribe_link: Option<&str>,
    ) -> Result<ComposedMessage, RenderError> {
        let has = |locale: &Locale| {
            self.locales.get(locale).is_some_and(|messages| messages.has(channel))
        };
        let choice = choose_locale(&self.default_locale, locale, has)
            .ok_or(RenderError::NoMessage(channel))?;
        let messages = self.locales.get(&choice.locale).ok_or(RenderError::NoMessage(channel))?;
        let rendered =
            messages.render(channel, variables, brand)?.ok_or(RenderError::NoMessage(channel))?;
        let rendered = match unsubscribe_link {
            Some(link) => rendered.with_unsubscribe_link(link, locale),
            None => rendered,
        };
        Ok(ComposedMessage { rendered, choice })
    }

    /// Renders the message without brand frame and unsubscribe link.
    pub fn render(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        variables: &MessageVariables,
    ) -> Result<RenderedMessage, RenderError> {
        let composed = self.compose(channel, locale, variables, &BrandSettings::default(), None)?;
        Ok(composed.rendered)
    }
}

/// A message as its recipient gets it, and the locale its template comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedMessage {
    pub rendered: RenderedMessage,
    pub choice: LocaleChoice,
}

/// The locale whose template a recipient gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocaleChoice {
    pub locale: Locale,
    pub fallback: LocaleFallback,
}

/// The reason for choosing that locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LocaleFallback {
    /// The templates are in the recipient's locale.
    None,
    /// The templates are in the recipient's language: `es` for `es-MX`.
    Language,
    /// The templates are in the default locale.
    Default,
}

/// Chooses the first of these that has the message: the recipient's locale, its language, the
/// default locale.
pub(super) fn choose_locale(
    default_locale: &Locale,
    locale: Option<&Locale>,
    has: impl Fn(&Locale) -> bool,
) -> Option<LocaleChoice> {
    let language = locale.and_then(|locale| Locale::parse(locale.language()).ok());
    let candidates = [
        (locale, LocaleFallback::None),
        (language.as_ref(), LocaleFallback::Language),
        (Some(default_locale), LocaleFallback::Default),
    ];
    let mut candidates =
        candidates.into_iter().filter_map(|(locale, fallback)| Some((locale?, fallback)));
    candidates
        .find(|(locale, _)| has(locale))
        .map(|(locale, fallback)| LocaleChoice { locale: locale.clone(), fallback })
}

impl CompiledLocale {
    fn new(messages: &LocaleMessages, at: &str) -> Result<Self, FieldError> {
        let plain = |part: &str, source: &str| compile_part(at, part, source, EscapeMode::No);
        Ok(Self {
            sms: messages.sms.as_ref().map(|sms| plain("sms/text", &sms.text)).transpose()?,
            email: match &messages.email {
                None => None,
                Some(email) => Some(CompiledEmail {
                    subject: plain("email/subject", &email.subject)?,
                    preheader: email
                        .preheader
                        .as_ref()
                        .map(|text| plain("email/preheader", text))
                        .transpose()?,
                    html: compile_part(at, "email/html", &email.html, EscapeMode::Html)?,
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
        variables: &MessageVariables,
        brand: &BrandSettings,
    ) -> Result<Option<RenderedMessage>, RenderError> {
        match channel {
            Channel::Sms => self.sms.as_ref().map(|sms| render_sms(sms, variables)).transpose(),
            Channel::Email => {
                self.email.as_ref().map(|email| email.render(variables, brand)).transpose()
            }
            Channel::Push => self.push.as_ref().map(|push| push.render(variables)).transpose(),
        }
    }
}

fn compile_part(
    at: &str,
    part: &str,
    source: &str,
    escape: EscapeMode,
) -> Result<MessageTemplate, FieldError> {
    MessageTemplate::new(source, escape).map_err(|TemplateError { code, detail }| {
        FieldError::new(format!("{at}/{part}"), code, detail)
    })
}

fn render_sms(
    template: &MessageTemplate,
    variables: &MessageVariables,
) -> Result<RenderedMessage, RenderError> {
    let text = template.render(variables)?;
    let segments = sms::count_segments(&text);
    Ok(RenderedMessage::Sms { text, segments })
}

impl CompiledEmail {
    fn render(
        &self,
        variables: &MessageVariables,
        brand: &BrandSettings,
    ) -> Result<RenderedMessage, RenderError> {
        let filled = FilledVariables::new(variables);
        let subject = to_one_line(&self.subject.render_filled(&filled)?);
        let preheader = match &self.preheader {
            Some(template) => {
                Some(to_one_line(&template.render_filled(&filled)?)).filter(|text| !text.is_empty())
            }
            None => None,
        };
        let html = self.html.render_filled(&filled)?;
        let html = brand_frame::with_brand_header(html, brand, &variables.brand);
        let html = match &preheader {
            Some(preheader) => insert_preheader(&html, preheader),
            None => html,
        };
        let text = self.text.render_filled(&filled)?;
        let (html, text) = brand_frame::with_brand_footer(html, text, brand);
        Ok(RenderedMessage::Email { subject, preheader, html, text })
    }
}

impl CompiledPush {
    fn render(&self, variables: &MessageVariables) -> Result<RenderedMessage, RenderError> {
        let filled = FilledVariables::new(variables);
        Ok(RenderedMessage::Push {
            title: to_one_line(&self.title.render_filled(&filled)?),
            body: self.body.render_filled(&filled)?,
        })
    }
}

/// Replaces line breaks and control characters with spaces, so that a value cannot start a header
/// of its own.
fn to_one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Inserts the preheader, hidden, at the start of the body, where mail programs look for it.
fn insert_preheader(html: &str, preheader: &str) -> String {
    let (head, body) = html.split_at(body_start(html));
    let text = escape_html(preheader);
    format!(
        "{head}<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{text}</div>{body}"
    )
}

/// Returns the offset at which the content of `<body ...>` starts, or 0 if the HTML has no body
/// tag.
fn body_start(html: &str) -> usize {
    const TAG: &str = "<body";
    // Lower-casing ASCII only keeps every byte offset.
    let lower = html.to_ascii_lowercase();
    for (start, _) in lower.match_indices(TAG) {
        let Some(attributes) = lower.get(start + TAG.len()..) else {
            continue;
        };
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

pub(super) fn escape_html(text: &str) -> String {
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
