//! Tells a chat what people who are not in the console want to know: each minute, what the log over
//! everything has since the last look, and which lanes are closed.
//!
//! Reads the setting, the log and the readiness report in Control, and the lanes in Work; claims each
//! occurrence in Work before it calls the chat. Guarantees: an occurrence is told at most once; a call
//! goes to the public internet only; what the chat refused is in the log.

use std::time::Duration;

use domain::{
    Timestamp,
    campaign::readiness::{FindingLevel, ReadinessReport},
    delivery::notices::{NoticeKind, NoticeSettings, TEST_NOTICE, TEST_TEXT},
    kernel::{audit_kind::AuditKind, channel::Channel, id::CampaignId},
};
use http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;
use runtime::{clock, metrics::Metrics};
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
/// The longest wait for the chat.
const CALL_LIMIT: Duration = Duration::from_secs(5);
const SETTING: &str = "notices";

/// What is told, with the name that the occurrence is claimed by.
struct Notice {
    occurrence: String,
    text: String,
}

/// Tells the chat what is new. A failure is logged: the next minute looks again.
pub async fn send_notices(context: &SenderContext) {
    match tell_what_is_new(context, clock::now()).await {
        Ok(told) => {
            Metrics::new().count("NoticesSent", told).emit();
        }
        Err(error) => tracing::error!(%error, "notices not sent, left for the next minute"),
    }
}

async fn tell_what_is_new(context: &SenderContext, now: Timestamp) -> Result<u64, StoreError> {
    let setting = context.store.setting::<NoticeSettings>(SettingName::Notices).await?;
    let (Some(url), Some(set_at)) = (&setting.value.chat_url, setting.updated_at) else {
        return Ok(0);
    };
    // what happened before somebody asked to be told is not told
    let from = clock::before(now, LOOK_BACK).max(set_at);
    let mut told = 0;
    for notice in find_notices(context, &setting.value, from, now).await? {
        if context.store.claim_notice(&notice.occurrence, now).await? == Applied::Yes {
            tell(context, url, &notice.text, now).await?;
            told += 1;
        }
    }
    Ok(told)
}

/// Returns what the log and the lanes tell, the oldest first.
async fn find_notices(
    context: &SenderContext,
    settings: &NoticeSettings,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<Notice>, StoreError> {
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
                notices.push(Notice {
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
) -> Result<Option<Notice>, StoreError> {
    let record = &found.record;
    let occurrence = found.place.clone();
    if is_test(found) {
        return Ok(Some(Notice { occurrence, text: TEST_TEXT.to_owned() }));
    }
    let kind = NoticeKind::of_act(found.kind, &found.subject, &record.action, &record.actor);
    let Some(kind) = kind.filter(|kind| settings.kinds.contains(kind)) else {
        return Ok(None);
    };
    if kind == NoticeKind::ReadinessRed {
        let report = context.store.setting::<ReadinessReport>(SettingName::Readiness).await?.value;
        let red = report.findings.iter().filter(|it| it.level == FindingLevel::Red).count();
        let text = kind.text(&report.account, &format!("{red} red"));
        return Ok((red > 0).then_some(Notice { occurrence, text }));
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
    Ok(Some(Notice { occurrence, text: kind.text(&name, &record.note) }))
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

/// Calls the chat once. What it refuses, or does not answer, is written into the log.
async fn tell(
    context: &SenderContext,
    url: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failure = match context.caller.policy().check_address(url) {
        Err(refused) => Some(refused.code().to_owned()),
        Ok(target) => {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let body = json!({ "text": text }).to_string().into_bytes();
            match context.caller.post(&target, headers, body, CALL_LIMIT).await {
                Ok(answer) if (200..300).contains(&answer.status) => None,
                Ok(answer) => Some(format!("status {}", answer.status)),
                Err(failure) => Some(failure.code().to_owned()),
            }
        }
    };
    let Some(failure) = failure else { return Ok(()) };
    tracing::warn!(failure, "the chat did not take a notice");
    let action = "notice_failed";
    let change = AuditedChange { actor: "system", action, note: &failure, at: now };
    context.store.record_act(AuditKind::Setting, SETTING, &change).await
}
