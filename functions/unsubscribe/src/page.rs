//! The plain page, of one question or one answer, in the reader's language, and what all pages have
//! in common. It loads nothing from anywhere.

pub(crate) mod texts;

use axum::response::{IntoResponse, Response};
use domain::kernel::{channel::Channel, language::Language};
use http::header;
use texts::page_texts;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsubscribePage {
    /// Asks whether to unsubscribe from the channel.
    Ask(Channel),
    /// Confirms that the customer gets no more messages on the channel.
    Done(Channel),
    /// Reports that the link is not ours or was cut off.
    BadLink,
}

const STYLE: &str = "body{margin:0;font:17px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f6f6f4}\
main{max-width:26rem;margin:18vh auto 0;padding:0 1.5rem}\
.brand{margin:0 0 1.5rem;font-size:.85rem;color:#666}\
h1{margin:0 0 1rem;font-size:1.4rem;line-height:1.3}\
button{font:inherit;padding:.7rem 1.2rem;border:0;border-radius:.5rem;background:#1a1a1a;color:#fff;cursor:pointer}\
button:focus-visible{outline:3px solid #4b8bf5;outline-offset:2px}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.brand{color:#999}button{background:#eee;color:#161616}}";

/// Returns the headers of every page: it is not kept, names no referrer, and loads nothing.
pub(crate) fn page_headers() -> [(header::HeaderName, &'static str); 4] {
    [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ]
}

pub fn page_response(brand: &str, shown: &UnsubscribePage, language: Language) -> Response {
    (shown.status(), page_headers(), render_html(brand, shown, language)).into_response()
}

fn render_html(brand: &str, shown: &UnsubscribePage, language: Language) -> String {
    let words = page_texts(language);
    let (title, rest) = match shown {
        UnsubscribePage::Ask(channel) => (
            text_for(&words.ask, *channel),
            format!("<form method=\"post\"><button>{}</button></form>", words.button),
        ),
        UnsubscribePage::Done(channel) => {
            (text_for(&words.done, *channel), format!("<p>{}</p>", words.later))
        }
        UnsubscribePage::BadLink => (words.bad, String::new()),
    };
    let note = match shown {
        UnsubscribePage::Ask(channel) | UnsubscribePage::Done(channel) => {
            shared_note(&words.shared, *channel)
        }
        UnsubscribePage::BadLink => None,
    };
    let note = note.map(|note| format!("<p class=\"brand\">{note}</p>")).unwrap_or_default();
    document(brand, title, language, "", &format!("<h1>{title}</h1>{rest}{note}"))
}

/// Returns a whole page with the brand above its body. `style` is added to the rules of every page.
pub(crate) fn document(
    brand: &str,
    title: &str,
    language: Language,
    style: &str,
    body: &str,
) -> String {
    let (tag, direction) = (language.tag(), language.direction().as_str());
    let brand = escape_html(brand);
    format!(
        "<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}{style}</style></head>\
         <body><main><p class=\"brand\" dir=\"auto\">{brand}</p>{body}</main></body></html>\n"
    )
}

pub(crate) fn text_for(words: &[&'static str; 3], channel: Channel) -> &'static str {
    let [sms, email, push] = words;
    match channel {
        Channel::Sms => sms,
        Channel::Email => email,
        Channel::Push => push,
    }
}

/// Returns the line that says for whom the link speaks besides the customer.
pub(crate) fn shared_note(notes: &[&'static str; 2], channel: Channel) -> Option<&'static str> {
    let [number, mailbox] = notes;
    match channel {
        Channel::Sms => Some(number),
        Channel::Email => Some(mailbox),
        Channel::Push => None,
    }
}

pub(crate) fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
