//! Message rendering: templates are compiled once per campaign version and rendered once per
//! voucher and channel.
//!
//! It reads the variables of one voucher and writes the text for the provider. Names are only ever
//! values: they are escaped in HTML, kept on one line in a subject, and never shown by `Debug`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    LocaleMessages, MessageFacts, Messages, PushTemplate,
    email_render::{CompiledEmail, EmailFrame},
    push::PushExtras,
    sms::{self, SmsSegments},
    template_language::{
        ALWAYS, EscapeMode, FilledVariables, MessageTemplate, OPTIONAL, TemplateError, WAY_OUT,
    },
    unsubscribe_link::UnsubscribeLine,
    values::value_locale,
    wording::Wording,
};
use crate::{
    campaign::brand::BrandSettings,
    kernel::{
        channel::Channel,
        language::Language,
        locale::{Locale, LocaleMatch},
        validation::{FieldError, child_pointer},
    },
};

/// Values of a message's variables. An empty optional value counts as unfilled.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageVariables {
    /// The benefit as text: `€5 off`.
    pub offer: String,
    /// The benefit with its minimum basket: `€5 off orders from €25`.
    pub full_offer: String,
    pub voucher_id: String,
    pub voucher_link: String,
    /// The last day to accept, as text.
    pub accept_by: String,
    /// The last day to redeem, as text.
    pub redeem_by: String,
    pub campaign_name: String,
    pub brand: String,
    /// The way out of an SMS in its language. Empty where the tenant wants none, and in other
    /// messages, which have a place of their own for it.
    pub way_out: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub minimum_basket: Option<String>,
}

impl MessageVariables {
    /// Returns sample values of a usual length, all filled, for checks, previews and test sends.
    pub fn sample() -> Self {
        Self {
            offer: "20% off, up to €10".into(),
            full_offer: "20% off, up to €10, on orders from €25".into(),
            voucher_id: "vch_7K3M9QWE2RTY5N8PADFG".into(),
            voucher_link: "https://go.example.com/l/EXAMPLE0000000000000".into(),
            accept_by: "24 December".into(),
            redeem_by: "31 December".into(),
            campaign_name: "Pharmacy for food lovers".into(),
            brand: "Marketplace".into(),
            way_out: String::new(),
            first_name: Some("Alexandra".into()),
            last_name: Some("Montgomery".into()),
            minimum_basket: Some("€25".into()),
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
            ("full_offer", &self.full_offer),
            ("voucher_id", &self.voucher_id),
            ("voucher_link", &self.voucher_link),
            ("accept_by", &self.accept_by),
            ("redeem_by", &self.redeem_by),
            ("campaign_name", &self.campaign_name),
            ("brand", &self.brand),
            (WAY_OUT, &self.way_out),
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
        extras: PushExtras,
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

/// The most readers whose words are kept, over all channels. A marketplace has a few locales; the
/// bound is for one whose customers bring made-up ones.
const MAX_READERS: usize = 512;

/// All templates of a campaign, compiled and ready to render from any thread.
#[derive(Debug)]
pub struct CompiledMessages {
    default_locale: Locale,
    locales: BTreeMap<Locale, CompiledLocale>,
    readers: RwLock<KnownReaders>,
}

type KnownReaders = BTreeMap<(Channel, Option<Locale>), Arc<MessageReader>>;

/// The message that the customers of one locale get on one channel.
#[derive(Debug)]
struct MessageReader {
    choice: LocaleChoice,
    wording: Wording,
    /// The language of the unsubscribe link.
    link_language: Language,
}

#[derive(Debug)]
struct CompiledLocale {
    sms: Option<CompiledSms>,
    email: Option<CompiledEmail>,
    push: Option<CompiledPush>,
}

#[derive(Debug)]
struct CompiledPush {
    title: MessageTemplate,
    body: MessageTemplate,
    image: Option<String>,
    ios_link: Option<MessageTemplate>,
    android_link: Option<MessageTemplate>,
}

impl CompiledMessages {
    /// Compiles the templates. Fails with the first template that does not compile.
    pub fn new(messages: &Messages) -> Result<Self, FieldError> {
        let locales = messages.locales.iter().map(|(locale, messages)| {
            let at = child_pointer("/messages/locales", locale.as_str());
            Ok((locale.clone(), CompiledLocale::new(messages, locale, &at)?))
        });
        Ok(Self {
            default_locale: messages.default_locale.clone(),
            locales: locales.collect::<Result<_, FieldError>>()?,
            readers: RwLock::default(),
        })
    }

    /// Composes the message that a recipient of `locale` gets on `channel`: in words of their
    /// language, rendered, in the brand's frame, and, for an e-mail, with the unsubscribe link at
    /// its end. Workers, previews and test sends all get their messages from here.
    pub fn compose(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        facts: &MessageFacts<'_>,
        brand: &BrandSettings,
        unsubscribe_link: Option<&str>,
    ) -> Result<ComposedMessage, RenderError> {
        let reader = self.reader(channel, locale).ok_or(RenderError::NoMessage(channel))?;
        let mut variables = facts.variables(&reader.wording, channel);
        if channel == Channel::Sms {
            let language = Language::of(&reader.choice.locale).unwrap_or(Language::English);
            variables.way_out = facts.way_out.text(language);
        }
        let unsubscribe =
            unsubscribe_link.map(|link| UnsubscribeLine { link, language: reader.link_language });
        let locale = &reader.choice.locale;
        let rendered = self.render_chosen(channel, locale, &variables, brand, unsubscribe)?;
        let is_spoken = reader.wording.is_spoken();
        Ok(ComposedMessage { rendered, choice: reader.choice.clone(), variables, is_spoken })
    }

    /// Renders the message with the given values, without brand frame and unsubscribe link.
    pub fn render(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        variables: &MessageVariables,
    ) -> Result<RenderedMessage, RenderError> {
        let reader = self.reader(channel, locale).ok_or(RenderError::NoMessage(channel))?;
        let locale = &reader.choice.locale;
        self.render_chosen(channel, locale, variables, &BrandSettings::default(), None)
    }

    /// Renders an e-mail with the given values in the frame of a brand.
    pub(super) fn render_framed(
        &self,
        locale: &Locale,
        variables: &MessageVariables,
        brand: &BrandSettings,
        unsubscribe_link: &str,
    ) -> Result<RenderedMessage, RenderError> {
        let reader = self
            .reader(Channel::Email, Some(locale))
            .ok_or(RenderError::NoMessage(Channel::Email))?;
        let unsubscribe =
            UnsubscribeLine { link: unsubscribe_link, language: reader.link_language };
        self.render_chosen(Channel::Email, locale, variables, brand, Some(unsubscribe))
    }

    fn render_chosen(
        &self,
        channel: Channel,
        locale: &Locale,
        variables: &MessageVariables,
        brand: &BrandSettings,
        unsubscribe: Option<UnsubscribeLine<'_>>,
    ) -> Result<RenderedMessage, RenderError> {
        let messages = self.locales.get(locale).ok_or(RenderError::NoMessage(channel))?;
        let frame = EmailFrame { brand, direction: locale.direction(), unsubscribe };
        let rendered = messages.render(channel, variables, &frame)?;
        rendered.ok_or(RenderError::NoMessage(channel))
    }

    /// Returns the words for customers of `locale` on `channel`. They are made once, because
    /// reading the data of a locale takes as long as rendering a message.
    fn reader(&self, channel: Channel, locale: Option<&Locale>) -> Option<Arc<MessageReader>> {
        let key = (channel, locale.cloned());
        let kept = self.readers.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if kept.is_some() {
            return kept;
        }
        let reader = Arc::new(self.new_reader(channel, locale)?);
        let mut readers = self.readers.write().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < MAX_READERS {
            readers.insert(key, Arc::clone(&reader));
        }
        Some(reader)
    }

    fn new_reader(&self, channel: Channel, locale: Option<&Locale>) -> Option<MessageReader> {
        let offered = self.locales.iter().filter(|(_, messages)| messages.has(channel));
        let offered = offered.map(|(locale, _)| locale);
        let choice = choose_locale(&self.default_locale, locale, offered)?;
        let wording = Wording::new(value_locale(&choice.locale, locale));
        let link_language = locale
            .and_then(Language::of)
            .or_else(|| Language::of(&choice.locale))
            .unwrap_or(Language::English);
        Some(MessageReader { choice, wording, link_language })
    }
}

/// A message as its recipient gets it, and the locale its template comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedMessage {
    pub rendered: RenderedMessage,
    pub choice: LocaleChoice,
    /// The values in the message's language.
    pub variables: MessageVariables,
    /// False if the product has no words for an offer in that language: it is named in English.
    pub is_spoken: bool,
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
    /// The templates are in the recipient's language, in the variety that is nearest by CLDR: `es`
    /// for `es-MX`, `zh-Hant` for `zh-TW`.
    Language,
    /// The templates are in the default locale.
    Default,
}

/// Chooses among the locales that have the message: the recipient's, the nearest of its language,
/// the default locale.
pub(super) fn choose_locale<'l>(
    default_locale: &Locale,
    locale: Option<&Locale>,
    offered: impl Iterator<Item = &'l Locale>,
) -> Option<LocaleChoice> {
    let offered: Vec<&Locale> = offered.collect();
    let chosen = locale.and_then(|it| it.choose(offered.iter().copied(), Some(default_locale)));
    let (locale, fallback) = match chosen {
        Some((locale, LocaleMatch::Same)) => (locale, LocaleFallback::None),
        Some((locale, LocaleMatch::Relative)) => (locale, LocaleFallback::Language),
        None => {
            let default = offered.into_iter().find(|offered| *offered == default_locale)?;
            (default, LocaleFallback::Default)
        }
    };
    Some(LocaleChoice { locale: locale.clone(), fallback })
}

impl CompiledLocale {
    fn new(messages: &LocaleMessages, locale: &Locale, at: &str) -> Result<Self, FieldError> {
        let plain = |part: &str, source: &str| compile_part(at, part, source, EscapeMode::No);
        Ok(Self {
            sms: messages
                .sms
                .as_ref()
                .map(|sms| plain("sms/text", &sms.text).map(CompiledSms::new))
                .transpose()?,
            email: messages
                .email
                .as_ref()
                .map(|email| CompiledEmail::new(email, locale, at))
                .transpose()?,
            push: messages.push.as_ref().map(|push| CompiledPush::new(push, at)).transpose()?,
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
        frame: &EmailFrame<'_>,
    ) -> Result<Option<RenderedMessage>, RenderError> {
        match channel {
            Channel::Sms => self.sms.as_ref().map(|sms| sms.render(variables)).transpose(),
            Channel::Email => {
                let email = self.email.as_ref();
                email.map(|email| email.render(variables, frame)).transpose()
            }
            Channel::Push => self.push.as_ref().map(|push| push.render(variables)).transpose(),
        }
    }
}

pub(super) fn compile_part(
    at: &str,
    part: &str,
    source: &str,
    escape: EscapeMode,
) -> Result<MessageTemplate, FieldError> {
    MessageTemplate::new(source, escape).map_err(|TemplateError { code, detail }| {
        FieldError::new(format!("{at}/{part}"), code, detail)
    })
}

/// An SMS with its way out: where the template names it, or else at its end.
#[derive(Debug)]
pub(super) struct CompiledSms {
    template: MessageTemplate,
    names_way_out: bool,
}

impl CompiledSms {
    pub(super) fn new(template: MessageTemplate) -> Self {
        let names_way_out = template.mentions(WAY_OUT);
        Self { template, names_way_out }
    }

    /// Returns the text that is sent.
    pub(super) fn text(&self, variables: &MessageVariables) -> Result<String, RenderError> {
        let text = self.template.render(variables)?;
        // An `if` may leave the way out away where it is named.
        if variables.way_out.is_empty() || (self.names_way_out && text.contains(&variables.way_out))
        {
            return Ok(text);
        }
        Ok(format!("{}\n{}", text.trim_end(), variables.way_out))
    }

    fn render(&self, variables: &MessageVariables) -> Result<RenderedMessage, RenderError> {
        let text = self.text(variables)?;
        let segments = sms::count_segments(&text);
        Ok(RenderedMessage::Sms { text, segments })
    }
}

impl CompiledPush {
    fn new(push: &PushTemplate, at: &str) -> Result<Self, FieldError> {
        let plain = |part: &str, source: &str| compile_part(at, part, source, EscapeMode::No);
        let link = |part: &str, link: &Option<String>| {
            link.as_deref().map(|link| plain(part, link)).transpose()
        };
        Ok(Self {
            title: plain("push/title", &push.title)?,
            body: plain("push/body", &push.body)?,
            image: push.image.clone(),
            ios_link: link("push/ios_link", &push.ios_link)?,
            android_link: link("push/android_link", &push.android_link)?,
        })
    }

    fn render(&self, variables: &MessageVariables) -> Result<RenderedMessage, RenderError> {
        let filled = FilledVariables::new(variables);
        let link = |template: &Option<MessageTemplate>| {
            let filled = template.as_ref().map(|template| template.render_filled(&filled));
            filled.transpose().map(|link| link.map(|link| link.trim().to_owned()))
        };
        let extras = PushExtras {
            image: self.image.clone(),
            ios_link: link(&self.ios_link)?,
            android_link: link(&self.android_link)?,
        };
        Ok(RenderedMessage::Push {
            title: to_one_line(&self.title.render_filled(&filled)?),
            body: self.body.render_filled(&filled)?,
            extras,
        })
    }
}

/// Replaces line breaks and control characters with spaces, so that a value cannot start a header
/// of its own.
pub(super) fn to_one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
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
