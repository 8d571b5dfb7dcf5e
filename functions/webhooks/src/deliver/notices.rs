//! Tells a chat, and people by e-mail, what those who are not in the console want to know: each
//! minute, what the log over everything has since the last look, and which lanes are closed.
//!
//! Reads the setting, the log and the readiness report in Control, and the lanes in Work; claims
//! each occurrence in Work before it tells anybody. Guarantees: an occurrence is told at most once;
//! a call goes to the public internet only; what was refused is in the log, without an address.

use std::time::Duration;

use domain::{
    Timestamp,
    campaign::readiness::{FindingLevel, ReadinessReport},
    delivery::notices::{NoticeKind, NoticeSettings, TEST_NOTICE, TEST_TEXT},
    kernel::{audit_kind::AuditKind, channel::Channel, id::CampaignId},
};
use futures::future::{join, join_all};
use http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;
use runtime::{
    clock::{self, Deadline},
    metrics::Metrics,
};
use serde_json::json;
use store::{
    StoreError,
    campaign::campaigns::{AuditLogQuery, AuditLogRecord, AuditedChange, settings::SettingName},
    conditional::Applied,
};

use crate::deliver::SenderContext;

/// The time for which an occurrence is looked for: longer than the function can fail unnoticed.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(30);
/// The most records of the log that one look takes.
const MAX_RECORDS: usize = 100;
/// The longest wait for the chat; that for the provider of e-mails is as long.
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// The longest subject of an e-mail, in characters.
const MAX_SUBJECT: usize = 120;
/// The time that one notice takes at the most: its calls are made side by side.
const NOTICE_TIME: Duration = Duration::from_secs(10);
const SETTING: &str = "notices";

/// A text that is told, with the name that its occurrence is claimed by.
struct DueNotice {
    occurrence: String,
    text: String,
}

/// Tells what is new. A failure is logged: the next minute looks again.
pub async fn send_notices(context: &SenderContext, deadline: Deadline) {
    match send_new_notices(context, clock::now(), deadline).await {
        Ok(sent) => {
            Metrics::new().count("NoticesSent", sent).emit();
        }
        Err(error) => tracing::error!(%error, "notices not sent, left for the next minute"),
    }
}

async fn send_new_notices(
    context: &SenderContext,
    now: Timestamp,
    deadline: Deadline,
) -> Result<u64, StoreError> {
    let setting = context.store.setting::<NoticeSettings>(SettingName::Notices).await?;
    let Some(set_at) = setting.updated_at.filter(|_| setting.value.has_recipient()) else {
        return Ok(0);
    };
    // what happened before somebody asked to be told is not told
    let from = clock::before(now, LOOK_BACK).max(set_at);
    let mut sent = 0;
    for notice in find_notices(context, &setting.value, from, now).await? {
        // what there is no time for is found again in a minute
        if deadline.remaining() < NOTICE_TIME {
            break;
        }
        if context.store.claim_notice(&notice.occurrence, now).await? == Applied::Yes {
            send_notice(context, &setting.value, &notice.text, now).await?;
            sent += 1;
        }
    }
    Ok(sent)
}

/// Returns what the log and the lanes tell, the oldest first.
async fn find_notices(
    context: &SenderContext,
    settings: &NoticeSettings,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<DueNotice>, StoreError> {
    let query = AuditLogQuery { from: Some(from), ..AuditLogQuery::default() };
    let page = context.store.list_audit_log(&query, None, MAX_RECORDS).await?;
    let mut notices = Vec::new();
    for record in page.records.iter().rev() {
        notices.extend(notice_of_record(context, settings, record).await?);
    }
    if settings.kinds.contains(&NoticeKind::LaneClosed) {
        for channel in Channel::ALL {
            let lane = context.store.lane(channel).await?;
            if let Some(closure) = lane.closure().filter(|_| lane.needs_person(now)) {
                notices.push(DueNotice {
                    occurrence: format!("lane#{channel}#{}", closure.since),
                    text: NoticeKind::LaneClosed.text(channel.as_str(), closure.cause.code()),
                });
            }
        }
    }
    Ok(notices)
}

async fn notice_of_record(
    context: &SenderContext,
    settings: &NoticeSettings,
    found: &AuditLogRecord,
) -> Result<Option<DueNotice>, StoreError> {
    let record = &found.record;
    let occurrence = found.place.clone();
    if is_test(found) {
        return Ok(Some(DueNotice { occurrence, text: TEST_TEXT.to_owned() }));
    }
    let kind = NoticeKind::of_act(found.kind, &found.subject, &record.action, &record.actor);
    let Some(kind) = kind.filter(|kind| settings.kinds.contains(kind)) else {
        return Ok(None);
    };
    if kind == NoticeKind::ReadinessRed {
        let report = context.store.setting::<ReadinessReport>(SettingName::Readiness).await?.value;
        let red = report.findings.iter().filter(|it| it.level == FindingLevel::Red).count();
        let text = kind.text(&report.account, &format!("{red} red"));
        return Ok((red > 0).then_some(DueNotice { occurrence, text }));
    }
    let name = campaign_name(context, &found.subject).await?;
    // who asks for the same approval twice asks once
    let occurrence = match kind {
        NoticeKind::ApprovalWanted => format!("approval#{}#{}", found.subject, record.note),
        NoticeKind::CampaignCompleted
        | NoticeKind::CampaignPaused
        | NoticeKind::CampaignFailed
        | NoticeKind::LaneClosed
        | NoticeKind::ReadinessRed => occurrence,
    };
    Ok(Some(DueNotice { occurrence, text: kind.text(&name, &record.note) }))
}

fn is_test(found: &AuditLogRecord) -> bool {
    found.kind == AuditKind::Setting
        && found.subject == SETTING
        && found.record.action == TEST_NOTICE
}

async fn campaign_name(context: &SenderContext, id: &str) -> Result<String, StoreError> {
    let Ok(id) = CampaignId::parse(id) else { return Ok(id.to_owned()) };
    let summary = context.store.campaign_summary(&id).await?;
    Ok(summary.map_or_else(|| id.to_string(), |summary| summary.name))
}

/// Tells each recipient once. What one refuses, or does not answer, is written into the log.
async fn send_notice(
    context: &SenderContext,
    settings: &NoticeSettings,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let chat = async {
        match &settings.chat_url {
            Some(url) => call_chat(context, url, text).await.err(),
            None => None,
        }
    };
    let subject: String = text.chars().take(MAX_SUBJECT).collect();
    let mails: Vec<_> =
        settings.emails.iter().map(|email| context.mailer.send(email, &subject, text)).collect();
    let (chat, mails) = join(chat, join_all(mails)).await;
    let refused = |(index, sent): (usize, Result<(), String>)| {
        sent.err().map(|code| format!("e-mail {}: {code}", index + 1))
    };
    let mut failures: Vec<String> = chat.into_iter().collect();
    failures.extend(mails.into_iter().enumerate().filter_map(refused));
    if failures.is_empty() {
        return Ok(());
    }
    let failures = failures.join(", ");
    tracing::warn!(failures, "a notice was not taken");
    let action = "notice_failed";
    let change = AuditedChange { actor: "system", action, note: &failures, at: now };
    context.store.record_act(AuditKind::Setting, SETTING, &change).await
}

/// Calls the chat. The error says why it did not take the text.
async fn call_chat(context: &SenderContext, url: &str, text: &str) -> Result<(), String> {
    let target = context.caller.policy().check_address(url);
    let target = target.map_err(|refused| refused.code().to_owned())?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = json!({ "text": text }).to_string().into_bytes();
    match context.caller.post(&target, headers, body, CALL_LIMIT).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("status {}", answer.status)),
        Err(failure) => Err(failure.code().to_owned()),
    }
}
