//! The page: what the customer gets on which channel, with one form to change it. It is plain HTML
//! in the customer's language, works without scripts, and loads nothing from anywhere.

use axum::response::{IntoResponse, Response};
use domain::{
    Timestamp,
    customer::{
        pause::PAUSE_WEEKS,
        preferences::{Choice, Preferences, TopicChoice},
        profile::{ConsentSubject, Customer},
        topics::TopicScope,
    },
    kernel::{channel::Channel, language::Language, locale::Locale, reader_formats::ReaderFormats},
};

use super::{
    ALL, CHOSEN, OFF, ON, PAUSE, SHOWN, SHOWN_AT,
    texts::{PreferenceTexts, preference_texts},
};
use crate::page::{self, escape_html, texts::page_texts};

/// Rules of this page beside those of the plain one.
const STYLE: &str = "main{margin-top:8vh;padding-bottom:4rem}\
h2{margin:2.5rem 0 0;font-size:1.15rem}\
fieldset{margin:1.25rem 0 0;padding:0;border:0;min-width:0}\
legend{padding:0;font-weight:600}\
label{display:flex;gap:.75rem;align-items:center;min-height:2.75rem;overflow-wrap:anywhere}\
input[type=checkbox]{flex:none;width:1.35rem;height:1.35rem;margin:0;accent-color:#2b6cd9}\
input:focus-visible,select:focus-visible{outline:3px solid #4b8bf5;outline-offset:2px}\
.sub{margin-inline-start:2.1rem}\
.off{margin:.35rem 0;color:#666}\
select{font:inherit;width:100%;margin-top:.5rem;padding:.6rem;border:1px solid #888;border-radius:.5rem;background:transparent;color:inherit}\
option{color:#1a1a1a;background:#fff}\
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.75rem}\
.plain{background:transparent;color:inherit;border:1px solid #888}\
.notice{margin:0 0 1.5rem;padding:.75rem 1rem;border-radius:.5rem;background:#e3efe3;color:#123a12}\
@media(prefers-color-scheme:dark){.off{color:#aaa}.notice{background:#1f3a22;color:#d8f0d8}.plain{background:transparent;color:inherit}}";

/// The result of a form that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    Saved,
    /// A part was not saved, because something else was said since the page was shown.
    Changed,
}

impl Notice {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Changed => "changed",
        }
    }
    pub(super) fn parse(query: &str) -> Option<Self> {
        [Self::Saved, Self::Changed].into_iter().find(|notice| notice.as_str() == query)
    }
}

pub(super) struct PreferencePage<'a> {
    pub(super) brand: &'a str,
    pub(super) token: &'a str,
    /// The channel of the message that the link was in.
    pub(super) channel: Channel,
    /// No message goes out on it.
    pub(super) is_off: bool,
    pub(super) preferences: Preferences<'a>,
    pub(super) customer: &'a Customer,
    pub(super) language: Language,
    pub(super) notice: Option<Notice>,
    pub(super) now: Timestamp,
}

impl PreferencePage<'_> {
    pub(super) fn response(&self) -> Response {
        (page::page_headers(), self.html()).into_response()
    }

    fn html(&self) -> String {
        let (words, texts) = (page_texts(self.language), preference_texts(self.language));
        let title =
            page::text_for(if self.is_off { &words.done } else { &words.ask }, self.channel);
        let question = if self.is_off {
            format!("<p>{}</p>", words.later)
        } else {
            format!("<form method=\"post\"><button>{}</button></form>", words.button)
        };
        let note = page::shared_note(&words.shared, self.channel).unwrap_or_default();
        let notice = self.notice.map(|notice| match notice {
            Notice::Saved => texts.saved,
            Notice::Changed => texts.changed,
        });
        let notice = notice.map(|text| format!("<p class=\"notice\" role=\"status\">{text}</p>"));
        let body = format!(
            "{}<h1>{title}</h1>{question}<p class=\"brand\">{note}</p>{}",
            notice.unwrap_or_default(),
            self.form(texts),
        );
        page::document(self.brand, title, self.language, STYLE, &body)
    }

    fn form(&self, texts: &PreferenceTexts) -> String {
        format!(
            "<h2 id=\"choices\">{}</h2><form method=\"post\" action=\"{}/preferences\" aria-labelledby=\"choices\">\
             <input type=\"hidden\" name=\"{SHOWN_AT}\" value=\"{}\">{}{}{}\
             <div class=\"actions\"><button>{}</button>\
             <button class=\"plain\" name=\"{ALL}\" value=\"{OFF}\">{}</button></div></form>",
            texts.heading,
            escape_html(self.token),
            self.now.as_millisecond(),
            self.channels(texts),
            self.topics(texts),
            self.pause(texts),
            texts.save,
            texts.all_off,
        )
    }

    fn channels(&self, texts: &PreferenceTexts) -> String {
        let rows = self.preferences.channels.iter();
        let rows = rows.map(|(channel, choice)| {
            row(&ConsentSubject::Channel(*channel), texts.channel(*channel), *choice, "", texts)
        });
        fieldset(texts.channels, &rows.collect::<String>())
    }

    fn topics(&self, texts: &PreferenceTexts) -> String {
        let rows = self.preferences.topics.iter().map(|topic| self.topic(topic, texts));
        fieldset(texts.topics, &rows.collect::<String>())
    }

    fn topic(&self, shown: &TopicChoice<'_>, texts: &PreferenceTexts) -> String {
        let id = &shown.topic.id;
        let own = Locale::parse(self.language.tag()).ok();
        let reader = self.customer.profile.locale.as_ref().or(own.as_ref());
        let name = escape_html(shown.topic.name_for(reader));
        let subject = ConsentSubject::Topic(TopicScope::on_all(id));
        let mut rows = row(&subject, &format!("<bdi>{name}</bdi>"), shown.on_all, "", texts);
        for (channel, choice) in &shown.exceptions {
            let subject = ConsentSubject::Topic(TopicScope::on(id, *channel));
            let label = format!("<bdi>{name}</bdi>: {}", texts.channel(*channel));
            rows += &row(&subject, &label, *choice, " class=\"sub\"", texts);
        }
        rows
    }

    fn pause(&self, texts: &PreferenceTexts) -> String {
        let option = |value: &str, text: &str| format!("<option value=\"{value}\">{text}</option>");
        let mut options = match self.preferences.paused_until {
            None => option("", texts.no_pause),
            Some(until) => {
                let text = texts.paused_until.replace("{day}", &self.day(until));
                option("", &escape_html(&text)) + &option("0", texts.end_pause)
            }
        };
        for (weeks, text) in PAUSE_WEEKS.iter().zip(texts.weeks) {
            options += &option(&weeks.to_string(), text);
        }
        format!(
            "<fieldset><legend><label for=\"{PAUSE}\">{}</label></legend>\
             <select id=\"{PAUSE}\" name=\"{PAUSE}\">{options}</select></fieldset>",
            texts.pause
        )
    }

    /// Returns the customer's day of a time, as they write it.
    fn day(&self, at: Timestamp) -> String {
        let own = Locale::parse(self.language.tag()).ok();
        let zone = self.customer.zone();
        let reader = self.customer.profile.locale.as_ref();
        let reader = reader.filter(|locale| Language::of(locale) == Some(self.language));
        let day = zone.local_day(at);
        match reader.or(own.as_ref()) {
            Some(locale) => ReaderFormats::new(locale).day(day, zone.local_day(self.now)),
            None => day.to_string(),
        }
    }
}

/// Returns a row with its checkbox, and what the page shows of it for the form. A choice that the
/// page cannot turn on is a line of text.
fn row(
    subject: &ConsentSubject,
    label: &str,
    choice: Choice,
    class: &str,
    texts: &PreferenceTexts,
) -> String {
    if !choice.is_on && !choice.can_turn_on {
        return format!("<p class=\"off\">{}</p>", texts.in_app.replace("{channel}", label));
    }
    let (state, checked) = if choice.is_on { (ON, " checked") } else { (OFF, "") };
    format!(
        "<input type=\"hidden\" name=\"{SHOWN}\" value=\"{state}:{subject}\">\
         <label{class}><input type=\"checkbox\" name=\"{CHOSEN}\" value=\"{subject}\"{checked}>\
         <span>{label}</span></label>"
    )
}

/// Returns a group of rows, or nothing if there are none.
fn fieldset(legend: &str, rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    format!("<fieldset><legend>{legend}</legend>{rows}</fieldset>")
}
