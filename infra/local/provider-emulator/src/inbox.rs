//! Renders the inbox page: every SMS, e-mail and push, newest first, with its history. It uses no
//! framework; the script only fetches the same page again and swaps the parts that changed.
//!
//! Reads messages, faults and configuration; writes nothing. Everything that a client sent is
//! escaped, and an e-mail's HTML is shown in a sandbox without scripts. `inbox/message.rs` renders
//! one message; `inbox/inbox.css` and `.js` are the rest.

mod message;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;

use crate::ProviderEmulator;
use crate::markup::escape;
use crate::messages::{MessageFilter, MessagePage, MessageRecord, ProviderChannel};

/// Messages per page: a screen and a half. 20,000 messages are 400 pages.
const PER_PAGE: usize = 50;

/// The policy of the page: nothing from other sites, scripts and styles only from this server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The policy of an e-mail: styles and pictures as in a mail client, no scripts, no forms.
const EMAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
                            img-src http: https: data:; font-src http: https: data:";

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct InboxQuery {
    /// The selected tab: `all`, a channel, or `refused`.
    view: String,
    q: String,
    page: String,
    message: String,
}

pub async fn page(
    State(emulator): State<Arc<ProviderEmulator>>,
    Query(asked): Query<InboxQuery>,
) -> Response {
    let page_number = asked.page.parse().unwrap_or(0);
    let found = emulator.messages.page(&asked.filter(), page_number * PER_PAGE, PER_PAGE);
    let selected = match asked.message.parse().ok() {
        Some(id) => emulator.messages.get(id),
        None => found.items.first().cloned(),
    };
    let totals = emulator.messages.totals();
    let reading = if asked.message.is_empty() { "" } else { " class=\"reading\"" };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Provider emulator: the inbox</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"/_emulator/inbox.css\"><script src=\"/_emulator/inbox.js\" defer></script></head>\
         <body{reading}><header><h1>Provider emulator</h1>{tabs}{search}</header><div id=\"notices\">{notices}</div>\
         <main><section id=\"list\" aria-label=\"Messages\">{list}</section><article id=\"detail\" aria-label=\"Message\">{detail}</article></main>\
         </body></html>",
        tabs = render_tabs(&asked, &totals),
        search = render_search(&asked),
        notices = render_notices(&emulator),
        list = render_list(&asked, &found, page_number, selected.as_ref(), emulator.settings.port),
        detail = selected.as_ref().map_or_else(String::new, |selected| message::render_detail(
            &emulator, selected, &asked
        )),
    );
    (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
            (header::CACHE_CONTROL, "no-store"),
        ],
        html,
    )
        .into_response()
}

/// Returns one e-mail as a mail client would show it, for the sandboxed frame.
pub async fn email_body(
    State(emulator): State<Arc<ProviderEmulator>>,
    Path(id): Path<u64>,
) -> Response {
    let Some(message) = emulator.messages.get(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let draft = &message.sent.draft;
    let html = match (&draft.html, &draft.text) {
        (Some(html), _) => html.clone(),
        (None, Some(text)) => format!(
            "<!doctype html><meta charset=\"utf-8\"><pre style=\"white-space:pre-wrap;font:15px/1.5 system-ui\">{}</pre>",
            escape(text)
        ),
        (None, None) => return StatusCode::NOT_FOUND.into_response(),
    };
    (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, EMAIL_POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
        ],
        html,
    )
        .into_response()
}

pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("inbox/inbox.css")).into_response()
}

pub async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript")], include_str!("inbox/inbox.js")).into_response()
}

impl InboxQuery {
    fn filter(&self) -> MessageFilter {
        let channel = match self.view.as_str() {
            "sms" => Some(ProviderChannel::Sms),
            "email" => Some(ProviderChannel::Email),
            "push" => Some(ProviderChannel::Push),
            _ => None,
        };
        let words = self.q.trim().to_lowercase();
        MessageFilter {
            channel,
            accepted: Some(self.view != "refused"),
            words: (!words.is_empty()).then_some(words),
            ..MessageFilter::default()
        }
    }

    /// Returns the address of this page with the given parameters changed, escaped for an
    /// attribute.
    fn link(&self, change: &[(&str, &str)]) -> String {
        let fields = [
            ("view", &self.view),
            ("q", &self.q),
            ("page", &self.page),
            ("message", &self.message),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            let value = change
                .iter()
                .find(|(changed, _)| *changed == name)
                .map_or(value.as_str(), |(_, value)| value);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        escape(&if query.is_empty() { "/".to_owned() } else { format!("/?{query}") })
    }
}

fn render_tabs(asked: &InboxQuery, totals: &BTreeMap<(ProviderChannel, bool), u64>) -> String {
    let count = |wanted: Option<ProviderChannel>, accepted: bool| -> u64 {
        totals
            .iter()
            .filter(|((channel, taken), _)| {
                *taken == accepted && wanted.is_none_or(|wanted| wanted == *channel)
            })
            .map(|(_, count)| count)
            .sum()
    };
    let tab = |view: &str, name: &str, count: u64| {
        let current = if asked.view == view { " aria-current=\"page\"" } else { "" };
        let link =
            InboxQuery { q: asked.q.clone(), ..InboxQuery::default() }.link(&[("view", view)]);
        format!("<a href=\"{link}\"{current}>{name} <b>{}</b></a>", group_thousands(count))
    };
    format!(
        "<nav id=\"tabs\" aria-label=\"Channels\">{}{}{}{}{}</nav>",
        tab("", "All", count(None, true)),
        tab("sms", "SMS", count(Some(ProviderChannel::Sms), true)),
        tab("email", "E-mail", count(Some(ProviderChannel::Email), true)),
        tab("push", "Push", count(Some(ProviderChannel::Push), true)),
        tab("refused", "Refused", count(None, false)),
    )
}

fn render_search(asked: &InboxQuery) -> String {
    format!(
        "<form role=\"search\" action=\"/\"><input type=\"hidden\" name=\"view\" value=\"{}\"><input type=\"search\" name=\"q\" value=\"{}\" \
         placeholder=\"Address, text, voucher, message id\" aria-label=\"Search the messages\"></form>",
        escape(&asked.view),
        escape(&asked.q)
    )
}

/// Renders the notices about settings that change how the emulator behaves right now.
fn render_notices(emulator: &ProviderEmulator) -> String {
    let mut notices = String::new();
    let active: Vec<String> = emulator
        .faults
        .list()
        .iter()
        .filter(|rule| rule.times != Some(0))
        .map(|rule| {
            format!(
                "{} on {} for <code>{}</code>",
                escape(&rule.fault.name().replace('_', " ")),
                rule.channel.label(),
                escape(&rule.pattern)
            )
        })
        .collect();
    if let Some(first) = active.first() {
        let more = if active.len() > 1 {
            format!(" and {} more", active.len() - 1)
        } else {
            String::new()
        };
        notices.push_str(&format!(
            "<p class=\"notice bad\">Playing a fault: {first}{more}. <a href=\"/_emulator/faults\">Rules</a></p>"
        ));
    }
    if emulator.config().feedback_topic_arn.is_none() {
        notices.push_str(
            "<p class=\"notice\">No feedback topic is set: delivery events are shown here, but not published.</p>",
        );
    }
    notices
}

fn render_list(
    asked: &InboxQuery,
    found: &MessagePage,
    page_number: usize,
    selected: Option<&MessageRecord>,
    port: u16,
) -> String {
    if found.items.is_empty() {
        return render_empty(asked, page_number, port);
    }
    let selected = selected.map(|message| message.sent.id);
    let rows: String = found
        .items
        .iter()
        .map(|message| render_row(asked, message, selected == Some(message.sent.id)))
        .collect();
    let first = page_number * PER_PAGE;
    let range = format!(
        "{} to {} of {}",
        first + 1,
        first + found.items.len(),
        group_thousands(found.count as u64)
    );
    let step = |name: &str, page: Option<usize>| match page {
        Some(page) => format!(
            "<a href=\"{}\">{name}</a>",
            asked.link(&[
                ("page", &if page == 0 { String::new() } else { page.to_string() }),
                ("message", "")
            ])
        ),
        None => format!("<span aria-disabled=\"true\">{name}</span>"),
    };
    let newer = step("Newer", page_number.checked_sub(1));
    let older = step("Older", (first + PER_PAGE < found.count).then_some(page_number + 1));
    format!("<ol>{rows}</ol><footer>{newer}<span>{range}</span>{older}</footer>")
}

fn render_row(asked: &InboxQuery, message: &MessageRecord, current: bool) -> String {
    let sent = &message.sent;
    let draft = &sent.draft;
    let line = [&draft.subject, &draft.title, &draft.text, &draft.body]
        .into_iter()
        .flatten()
        .next()
        .map_or("", String::as_str);
    let line: String = line.chars().take(160).collect();
    let link = asked.link(&[("message", &sent.id.to_string())]);
    let current = if current { " aria-current=\"true\"" } else { "" };
    format!(
        "<li><a href=\"{link}\"{current}>{icon}<span class=\"to\">{to}</span>{time}<span class=\"line\">{line}</span>{pill}</a></li>",
        icon = message::render_icon(sent.channel),
        to = escape(&message::display_address(sent)),
        time = message::render_time(sent.at),
        line = escape(&line),
        pill = message::render_outcome(message.outcome),
    )
}

fn render_empty(asked: &InboxQuery, page_number: usize, port: u16) -> String {
    if !asked.q.trim().is_empty() || page_number > 0 {
        let link = InboxQuery { view: asked.view.clone(), ..InboxQuery::default() }.link(&[]);
        return format!(
            "<div class=\"empty\"><h2>Nothing matches</h2><p>No message here mentions <q>{}</q>.</p><p><a href=\"{link}\">Show all of them</a></p></div>",
            escape(&asked.q)
        );
    }
    if asked.view == "refused" {
        return "<div class=\"empty\"><h2>Nothing was refused</h2><p>Throttled, rejected and dropped attempts are listed here. To see one, send to \
                <code>throttle@example.com</code> or to a number that ends in <code>999906</code>.</p></div>".to_owned();
    }
    format!(
        "<div class=\"empty\"><h2>Nothing was sent yet</h2><p>Every SMS, e-mail and push that the voucher campaigns send on this machine \
         appears here by itself, with what the carrier reported about it.</p><p>Start a marketplace and its first campaign:</p>\
         <pre>make run</pre><p>or send an SMS yourself:</p>\
         <pre>curl http://127.0.0.1:{port}/ -d Action=Publish \\\n  -d PhoneNumber=%2B491510000000 -d 'Message=5 EUR off your next order'</pre>\
         <p>Some addresses play faults, for example <code>anna+bounce@example.com</code> or a number that ends in <code>999904</code>: \
         docs/emulator.md lists them.</p></div>"
    )
}

/// Groups the digits of a number: 20000 becomes 20,000.
fn group_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_it_does_not_change_and_is_safe_in_an_attribute() {
        let asked = InboxQuery {
            view: "sms".into(),
            q: "a\"<b>&".into(),
            page: "3".into(),
            message: "7".into(),
        };
        assert_eq!(
            asked.link(&[("page", "4"), ("message", "")]),
            "/?view=sms&amp;q=a%22%3Cb%3E%26&amp;page=4"
        );
        assert_eq!(InboxQuery::default().link(&[]), "/");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 200_000, 1_234_567].map(group_thousands),
            ["0", "999", "1,000", "200,000", "1,234,567"]
        );
    }
}
