//! Renders one message of the inbox: as the customer sees it, the provider's events with their
//! times, and the facts.
//!
//! Called by inbox. Everything that comes from a client is escaped here.

use jiff::Timestamp;

use super::InboxQuery;
use crate::ProviderEmulator;
use crate::events::sms_parts;
use crate::markup::escape;
use crate::messages::{
    MessageFilter, MessageOutcome, MessageRecord, ProviderChannel, RecordedSend,
};

/// The most messages of a conversation that the phone shows.
const MAX_CONVERSATION: usize = 8;

pub(super) fn render_detail(
    emulator: &ProviderEmulator,
    message: &MessageRecord,
    asked: &InboxQuery,
) -> String {
    let sent = &message.sent;
    let (heading, face) = match sent.channel {
        ProviderChannel::Sms => {
            (format!("SMS to {}", display_address(sent)), render_conversation(emulator, sent))
        }
        ProviderChannel::Email => (
            sent.draft.subject.clone().unwrap_or_else(|| "(no subject)".into()),
            render_email(sent),
        ),
        ProviderChannel::Push => (format!("Push to {}", display_address(sent)), render_push(sent)),
    };
    format!(
        "<a class=\"back\" href=\"{back}\">Back to the list</a><div class=\"heading\"><h2>{heading}</h2><span id=\"outcome\">{pill}</span></div>\
         <div class=\"sheet {channel}\"><div>{face}</div><div class=\"below\"><section><h3>What happened</h3><ol id=\"timeline\" class=\"timeline\">{timeline}</ol>{reply}</section>\
         <section><h3>Facts</h3>{facts}</section></div></div>",
        back = asked.link(&[("message", "")]),
        heading = escape(&heading),
        channel = sent.channel.name(),
        pill = render_outcome(message.outcome),
        timeline = render_timeline(message),
        reply = if sent.channel == ProviderChannel::Sms {
            render_reply_form(emulator, sent)
        } else {
            String::new()
        },
        facts = render_facts(sent),
    )
}

/// Renders the conversation with this number and marks the selected message.
fn render_conversation(emulator: &ProviderEmulator, sent: &RecordedSend) -> String {
    let asked = MessageFilter {
        channel: Some(ProviderChannel::Sms),
        to: sent.draft.to.first().cloned(),
        accepted: Some(true),
        ..MessageFilter::default()
    };
    let mut thread = emulator.messages.page(&asked, 0, MAX_CONVERSATION).items;
    thread.reverse();
    if !thread.iter().any(|message| message.sent.id == sent.id) {
        thread = emulator.messages.get(sent.id).into_iter().collect();
    }
    let bubbles: String = thread
        .iter()
        .map(|message| {
            let text = message.sent.draft.text.as_deref().unwrap_or_default();
            let this = if message.sent.id == sent.id { " this" } else { "" };
            format!(
                "<li>{}<p class=\"bubble{this}\">{}</p></li>",
                render_time(message.sent.at),
                with_links(text)
            )
        })
        .collect();
    let from = sent.draft.from.as_deref().unwrap_or("Offers");
    let initial: String = from.chars().take(1).collect();
    format!(
        "<div class=\"phone\"><div class=\"contact\"><span class=\"avatar\" aria-hidden=\"true\">{}</span>{}</div><ol class=\"thread\">{bubbles}</ol></div>",
        escape(&initial),
        escape(from)
    )
}

fn render_email(sent: &RecordedSend) -> String {
    let draft = &sent.draft;
    let text = match (&draft.html, &draft.text) {
        (Some(_), Some(text)) => {
            format!(
                "<details><summary>Plain-text part</summary><pre>{}</pre></details>",
                with_links(text)
            )
        }
        _ => String::new(),
    };
    let headers: String = draft
        .headers
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value)))
        .collect();
    let headers = if headers.is_empty() {
        headers
    } else {
        format!("<details><summary>Headers</summary><dl>{headers}</dl></details>")
    };
    format!(
        "<div class=\"mail\"><dl class=\"envelope\"><dt>From</dt><dd>{from}</dd><dt>To</dt><dd>{to}</dd></dl>\
         <iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"/_emulator/messages/{id}/html\" title=\"The e-mail\"></iframe>{text}{headers}</div>",
        from = escape(draft.from.as_deref().unwrap_or_default()),
        to = escape(&draft.to.join(", ")),
        id = sent.id,
    )
}

fn render_push(sent: &RecordedSend) -> String {
    let draft = &sent.draft;
    let payload = draft.payload.as_deref().unwrap_or_default();
    let pretty = serde_json::from_str::<serde_json::Value>(payload)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let title = draft
        .title
        .as_ref()
        .map(|title| format!("<strong>{}</strong>", escape(title)))
        .unwrap_or_default();
    format!(
        "<div class=\"screen\"><div class=\"notification\"><p class=\"app\"><span class=\"avatar\" aria-hidden=\"true\">M</span>Marketplace {time}</p>\
         {title}<p>{body}</p></div></div><details class=\"card\"><summary>Payload for {platform}</summary><pre>{payload}</pre></details>",
        time = render_time(sent.at),
        body = with_links(draft.body.as_deref().unwrap_or_default()),
        platform = escape(draft.kind.as_deref().unwrap_or_default()),
        payload = escape(pretty.as_deref().unwrap_or(payload)),
    )
}

fn render_timeline(message: &MessageRecord) -> String {
    let sent = &message.sent;
    let (class, what) = match sent.fault.as_deref() {
        _ if !message.outcome.is_accepted() => {
            ("bad", format!("Not accepted: {}", outcome_label(message.outcome)))
        }
        Some("accept_then_drop") => {
            ("bad", "Accepted, then the connection was cut without an answer".to_owned())
        }
        Some("slow") => ("wait", "Accepted, answered late".to_owned()),
        _ => ("good", "Accepted".to_owned()),
    };
    let mut items =
        format!("<li class=\"{class}\"><b>{}</b> {}</li>", escape(&what), render_time(sent.at));
    for event in &message.events {
        let after = event.at.duration_since(sent.at).as_millis();
        let class = match event.kind {
            "Send" | "Delivery" | "SUCCESS" => "good",
            "DeliveryDelay" => "wait",
            _ => "bad",
        };
        let published = if event.published { "" } else { ", not published" };
        items.push_str(&format!(
            "<li class=\"{class}\"><b>{}</b> <span>after {after} ms{published}</span><br>{}</li>",
            escape(event.kind),
            escape(&event.detail)
        ));
    }
    if message.events.is_empty() && message.outcome == MessageOutcome::Accepted {
        items.push_str("<li class=\"wait\"><span>No event yet</span></li>");
    }
    items
}

/// Renders the form for answering as the customer, for example with STOP.
fn render_reply_form(emulator: &ProviderEmulator, sent: &RecordedSend) -> String {
    let config = emulator.config();
    if config.inbound_topic_arn.or(config.feedback_topic_arn).is_none() {
        return String::new();
    }
    format!(
        "<form id=\"reply\" data-from=\"{}\"><label>Answer as the customer <input name=\"body\" value=\"STOP\" maxlength=\"160\" required></label>\
         <button>Send</button><output></output></form>",
        escape(sent.draft.to.first().map_or("", String::as_str))
    )
}

fn render_facts(sent: &RecordedSend) -> String {
    let draft = &sent.draft;
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            facts.push((name.to_owned(), value.to_owned()));
        }
    };
    fact("Message id", &sent.provider_message_id);
    match sent.channel {
        ProviderChannel::Sms => {
            let text = draft.text.as_deref().unwrap_or_default();
            let (parts, chars) = (sms_parts(text), text.chars().count());
            fact(
                "Length",
                &format!(
                    "{chars} characters, {parts} {}",
                    if parts == 1 { "part" } else { "parts" }
                ),
            );
            fact("Type", draft.kind.as_deref().unwrap_or_default());
        }
        ProviderChannel::Push => fact("Endpoint", draft.to.first().map_or("", String::as_str)),
        ProviderChannel::Email => fact(
            "Configuration set",
            draft.configuration_set.as_deref().unwrap_or("none: no events are published"),
        ),
    }
    for (name, value) in &draft.tags {
        fact(name, value);
    }
    fact("Fault", &sent.fault.as_deref().unwrap_or_default().replace('_', " "));
    let rows: String = facts
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value)))
        .collect();
    format!("<dl>{rows}</dl><p><a href=\"/_emulator/messages/{}\">As JSON</a></p>", sent.id)
}

/// Escapes text and turns its http addresses into links.
fn with_links(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let address = word.trim_end();
            let address = address.trim_end_matches(['.', ',', ')', '!', '?']);
            let rest = word.strip_prefix(address).unwrap_or_default();
            if address.starts_with("https://") || address.starts_with("http://") {
                let address = escape(address);
                format!(
                    "<a href=\"{address}\" target=\"_blank\" rel=\"noreferrer\">{address}</a>{}",
                    escape(rest)
                )
            } else {
                escape(word)
            }
        })
        .collect()
}

/// Returns the number, the address, or the end of the endpoint's ARN.
pub(super) fn display_address(sent: &RecordedSend) -> String {
    match sent.channel {
        ProviderChannel::Sms | ProviderChannel::Email => sent.draft.to.join(", "),
        ProviderChannel::Push => {
            let arn = sent.draft.to.first().map_or("", String::as_str);
            let id = arn.rsplit('/').next().unwrap_or(arn);
            format!("{} {id}", sent.draft.kind.as_deref().unwrap_or_default())
        }
    }
}

/// Renders a time in UTC; the script converts it to the reader's time zone.
pub(super) fn render_time(at: Timestamp) -> String {
    format!("<time datetime=\"{at}\">{}</time>", at.strftime("%H:%M:%S"))
}

pub(super) fn render_outcome(outcome: MessageOutcome) -> String {
    let class = match outcome {
        MessageOutcome::Delivered => "good",
        MessageOutcome::Accepted | MessageOutcome::Delayed => "wait",
        MessageOutcome::SoftBounced
        | MessageOutcome::Bounced
        | MessageOutcome::Complained
        | MessageOutcome::Rejected
        | MessageOutcome::RenderingFailed
        | MessageOutcome::OptedOut
        | MessageOutcome::Failed
        | MessageOutcome::Refused
        | MessageOutcome::EndpointDisabled
        | MessageOutcome::Throttled
        | MessageOutcome::ServerError
        | MessageOutcome::Dropped => "bad",
    };
    format!("<span class=\"pill {class}\">{}</span>", outcome_label(outcome))
}

fn outcome_label(outcome: MessageOutcome) -> String {
    outcome.name().replace('_', " ")
}

pub(super) fn render_icon(channel: ProviderChannel) -> String {
    let path = match channel {
        ProviderChannel::Sms => {
            "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z"
        }
        ProviderChannel::Email => {
            "M3 5h18a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM2.5 6.5 12 13l9.5-6.5"
        }
        ProviderChannel::Push => "M6 16V10a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
    };
    format!(
        "<svg class=\"icon {}\" viewBox=\"0 0 24 24\" role=\"img\" aria-label=\"{}\"><path d=\"{path}\"/></svg>",
        channel.name(),
        channel.label()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_of_escaped_text() {
        assert_eq!(
            with_links("Go: https://x.test/?b=<1>. <b>"),
            "Go: <a href=\"https://x.test/?b=&lt;1&gt;\" target=\"_blank\" rel=\"noreferrer\">https://x.test/?b=&lt;1&gt;</a>. &lt;b&gt;"
        );
        assert_eq!(
            with_links("javascript:alert(1) <script>"),
            "javascript:alert(1) &lt;script&gt;"
        );
    }
}
