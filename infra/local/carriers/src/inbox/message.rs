//! One message of the inbox: as the customer sees it, what the provider reported when, and the facts.
//! Called by inbox; everything that comes from a client is escaped here.

use jiff::Timestamp;

use super::Asked;
use crate::Carriers;
use crate::events::sms_parts;
use crate::markup::escape;
use crate::messages::{Channel, Filter, Message, Outcome, Sent};

/// How much of a conversation the phone shows.
const THREAD: usize = 8;

pub(super) fn detail(carriers: &Carriers, message: &Message, asked: &Asked) -> String {
    let sent = &message.sent;
    let (heading, face) = match sent.channel {
        Channel::Sms => (format!("SMS to {}", address(sent)), phone(carriers, sent)),
        Channel::Email => (sent.draft.subject.clone().unwrap_or_else(|| "(no subject)".into()), email(sent)),
        Channel::Push => (format!("Push to {}", address(sent)), push(sent)),
    };
    format!(
        "<a class=\"back\" href=\"{back}\">Back to the list</a><div class=\"heading\"><h2>{heading}</h2><span id=\"outcome\">{pill}</span></div>\
         <div class=\"sheet {channel}\"><div>{face}</div><div class=\"below\"><section><h3>What happened</h3><ol id=\"timeline\" class=\"timeline\">{timeline}</ol>{reply}</section>\
         <section><h3>Facts</h3>{facts}</section></div></div>",
        back = asked.link(&[("message", "")]),
        heading = escape(&heading),
        channel = sent.channel.name(),
        pill = pill(message.outcome),
        timeline = timeline(message),
        reply = if sent.channel == Channel::Sms { reply(carriers, sent) } else { String::new() },
        facts = facts(sent),
    )
}

/// The conversation with this number, the message in question marked.
fn phone(carriers: &Carriers, sent: &Sent) -> String {
    let asked = Filter {
        channel: Some(Channel::Sms),
        to: sent.draft.to.first().cloned(),
        accepted: Some(true),
        ..Filter::default()
    };
    let mut thread = carriers.messages.page(&asked, 0, THREAD).items;
    thread.reverse();
    if !thread.iter().any(|message| message.sent.id == sent.id) {
        thread = carriers.messages.get(sent.id).into_iter().collect();
    }
    let bubbles: String = thread
        .iter()
        .map(|message| {
            let text = message.sent.draft.text.as_deref().unwrap_or_default();
            let this = if message.sent.id == sent.id { " this" } else { "" };
            format!("<li>{}<p class=\"bubble{this}\">{}</p></li>", time(message.sent.at), with_links(text))
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

fn email(sent: &Sent) -> String {
    let draft = &sent.draft;
    let text = match (&draft.html, &draft.text) {
        (Some(_), Some(text)) => {
            format!("<details><summary>Plain-text part</summary><pre>{}</pre></details>", with_links(text))
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
         <iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"/_carriers/messages/{id}/html\" title=\"The e-mail\"></iframe>{text}{headers}</div>",
        from = escape(draft.from.as_deref().unwrap_or_default()),
        to = escape(&draft.to.join(", ")),
        id = sent.id,
    )
}

fn push(sent: &Sent) -> String {
    let draft = &sent.draft;
    let payload = draft.payload.as_deref().unwrap_or_default();
    let pretty = serde_json::from_str::<serde_json::Value>(payload)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let title = draft.title.as_ref().map(|title| format!("<strong>{}</strong>", escape(title))).unwrap_or_default();
    format!(
        "<div class=\"screen\"><div class=\"notification\"><p class=\"app\"><span class=\"avatar\" aria-hidden=\"true\">M</span>Marketplace {time}</p>\
         {title}<p>{body}</p></div></div><details class=\"card\"><summary>Payload for {platform}</summary><pre>{payload}</pre></details>",
        time = time(sent.at),
        body = with_links(draft.body.as_deref().unwrap_or_default()),
        platform = escape(draft.kind.as_deref().unwrap_or_default()),
        payload = escape(pretty.as_deref().unwrap_or(payload)),
    )
}

fn timeline(message: &Message) -> String {
    let sent = &message.sent;
    let (class, what) = match sent.fault.as_deref() {
        _ if !message.outcome.is_accepted() => ("bad", format!("Not accepted: {}", words(message.outcome))),
        Some("accept_then_drop") => ("bad", "Accepted, then the connection was cut without an answer".to_owned()),
        Some("slow") => ("wait", "Accepted, answered late".to_owned()),
        _ => ("good", "Accepted".to_owned()),
    };
    let mut items = format!("<li class=\"{class}\"><b>{}</b> {}</li>", escape(&what), time(sent.at));
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
    if message.events.is_empty() && message.outcome == Outcome::Accepted {
        items.push_str("<li class=\"wait\"><span>No event yet</span></li>");
    }
    items
}

/// Answering as the customer would (STOP words).
fn reply(carriers: &Carriers, sent: &Sent) -> String {
    let config = carriers.config();
    if config.inbound_topic_arn.or(config.feedback_topic_arn).is_none() {
        return String::new();
    }
    format!(
        "<form id=\"reply\" data-from=\"{}\"><label>Answer as the customer <input name=\"body\" value=\"STOP\" maxlength=\"160\" required></label>\
         <button>Send</button><output></output></form>",
        escape(sent.draft.to.first().map_or("", String::as_str))
    )
}

fn facts(sent: &Sent) -> String {
    let draft = &sent.draft;
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            facts.push((name.to_owned(), value.to_owned()));
        }
    };
    fact("Message id", &sent.provider_message_id);
    match sent.channel {
        Channel::Sms => {
            let text = draft.text.as_deref().unwrap_or_default();
            let (parts, chars) = (sms_parts(text), text.chars().count());
            fact("Length", &format!("{chars} characters, {parts} {}", if parts == 1 { "part" } else { "parts" }));
            fact("Type", draft.kind.as_deref().unwrap_or_default());
        }
        Channel::Push => fact("Endpoint", draft.to.first().map_or("", String::as_str)),
        Channel::Email => {
            fact("Configuration set", draft.configuration_set.as_deref().unwrap_or("none: no events are published"))
        }
    }
    for (name, value) in &draft.tags {
        fact(name, value);
    }
    fact("Fault", &sent.fault.as_deref().unwrap_or_default().replace('_', " "));
    let rows: String =
        facts.iter().map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value))).collect();
    format!("<dl>{rows}</dl><p><a href=\"/_carriers/messages/{}\">As JSON</a></p>", sent.id)
}

/// Escaped text whose http addresses can be clicked.
fn with_links(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let address = word.trim_end();
            let address = address.trim_end_matches(['.', ',', ')', '!', '?']);
            let rest = word.strip_prefix(address).unwrap_or_default();
            if address.starts_with("https://") || address.starts_with("http://") {
                let address = escape(address);
                format!("<a href=\"{address}\" target=\"_blank\" rel=\"noreferrer\">{address}</a>{}", escape(rest))
            } else {
                escape(word)
            }
        })
        .collect()
}

/// A number, an address, or the end of an endpoint's ARN.
pub(super) fn address(sent: &Sent) -> String {
    match sent.channel {
        Channel::Sms | Channel::Email => sent.draft.to.join(", "),
        Channel::Push => {
            let arn = sent.draft.to.first().map_or("", String::as_str);
            let id = arn.rsplit('/').next().unwrap_or(arn);
            format!("{} {id}", sent.draft.kind.as_deref().unwrap_or_default())
        }
    }
}

/// UTC until the script has put it into the reader's zone.
pub(super) fn time(at: Timestamp) -> String {
    format!("<time datetime=\"{at}\">{}</time>", at.strftime("%H:%M:%S"))
}

pub(super) fn pill(outcome: Outcome) -> String {
    let class = match outcome {
        Outcome::Delivered => "good",
        Outcome::Accepted | Outcome::Delayed => "wait",
        Outcome::SoftBounced
        | Outcome::Bounced
        | Outcome::Complained
        | Outcome::Rejected
        | Outcome::RenderingFailed
        | Outcome::OptedOut
        | Outcome::Failed
        | Outcome::Refused
        | Outcome::EndpointDisabled
        | Outcome::Throttled
        | Outcome::ServerError
        | Outcome::Dropped => "bad",
    };
    format!("<span class=\"pill {class}\">{}</span>", words(outcome))
}

fn words(outcome: Outcome) -> String {
    outcome.name().replace('_', " ")
}

pub(super) fn icon(channel: Channel) -> String {
    let path = match channel {
        Channel::Sms => "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
        Channel::Email => {
            "M3 5h18a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM2.5 6.5 12 13l9.5-6.5"
        }
        Channel::Push => "M6 16V10a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
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
        assert_eq!(with_links("javascript:alert(1) <script>"), "javascript:alert(1) &lt;script&gt;");
    }
}
