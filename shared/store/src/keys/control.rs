//! Keys of the Control table, PK `campaign_id` and SK `sk`, and of its index `listing`: PK
//! `listing` (the kind), SK `listed_at`.

use domain::{
    Date, Timestamp,
    campaign::catalogue::CatalogueKind,
    kernel::{
        audit_kind::AuditKind,
        id::{ApiKeyId, CampaignId, VoucherId, WebhookEndpointId},
    },
    voucher::short_link::campaign_short_name,
};

use super::pair;
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap},
};

/// The first sort key of audit records, and the first after all of them.
pub(crate) const AUDIT_RANGE: [&str; 2] = ["AUDIT#", "AUDIT$"];
/// The partition of the webhook endpoints. It never collides with a campaign's, whose ids begin
/// with `cmp_`.
pub(crate) const ENDPOINTS_PARTITION: &str = "webhooks";
/// The prefix of a webhook endpoint's sort key.
pub(crate) const ENDPOINT_PREFIX: &str = "HOOK#";
/// The partition of the last uses of API keys.
pub(crate) const API_KEYS_PARTITION: &str = "api_keys";
/// The prefix of the sort key of an API key's last use.
pub(crate) const API_KEY_PREFIX: &str = "KEY#";

/// The partition of the index `listing` that has merchants by the day on which they opened.
pub(crate) const MERCHANTS_LISTING: &str = "merchants";
/// The partition of the index `listing` that has every audit record, by its time.
pub(crate) const AUDIT_LISTING: &str = "audit";
/// The prefix of the partitions of what operators do to anything but a campaign or a setting.
const ACTS_PREFIX: &str = "acts#";
const SETTING_PREFIX: &str = "settings#";
/// The prefix of the partitions of the catalogue.
const CATALOGUE_PREFIX: &str = "catalogue#";

fn control_key(partition: &str, sk: &str) -> ItemMap {
    pair(("campaign_id", partition), ("sk", sk))
}

/// Returns the key of a campaign's summary: `<campaign>`, `META`.
pub(crate) fn summary_key(campaign: &CampaignId) -> ItemMap {
    control_key(campaign.as_str(), "META")
}

/// Returns the partition of the campaigns that codes of links call by one short name:
/// `link#<short name>`.
pub(crate) fn link_name_partition(short_name: &str) -> String {
    format!("link#{short_name}")
}

/// Returns the key by which codes of links find a campaign: `link#<short name>`, `<campaign>`.
pub(crate) fn link_name_key(campaign: &CampaignId) -> ItemMap {
    control_key(&link_name_partition(&campaign_short_name(campaign)), campaign.as_str())
}

/// Returns the key of a campaign's quota: `<campaign>`, `QUOTA`.
pub(crate) fn quota_key(campaign: &CampaignId) -> ItemMap {
    control_key(campaign.as_str(), "QUOTA")
}

/// Returns the key of what remains of a deleted draft: `<campaign>`, `GONE`.
pub(crate) fn deleted_draft_key(campaign: &CampaignId) -> ItemMap {
    control_key(campaign.as_str(), "GONE")
}

/// Returns the key of a definition: `<campaign>`, `VERSION#000007`.
pub(crate) fn definition_key(campaign: &CampaignId, number: u64) -> ItemMap {
    control_key(campaign.as_str(), &format!("VERSION#{number:06}"))
}

/// Returns the key of the audit record of a change: `<campaign>`, `AUDIT#<time>#000007`, with the
/// time in milliseconds and the version after the change.
pub(crate) fn audit_key(campaign: &CampaignId, at: Timestamp, version: u64) -> ItemMap {
    control_key(campaign.as_str(), &audit_sort_key(at, version))
}

/// Returns the key of the audit record of an action on one match or voucher: like the record of a
/// change, followed by `#<voucher>#<action>`.
pub(crate) fn match_audit_key(
    campaign: &CampaignId,
    at: Timestamp,
    version: u64,
    voucher: &VoucherId,
    action: &str,
) -> ItemMap {
    let change = audit_sort_key(at, version);
    control_key(campaign.as_str(), &format!("{change}#{voucher}#{action}"))
}

fn audit_sort_key(at: Timestamp, version: u64) -> String {
    format!("AUDIT#{at:.3}#{version:06}")
}

/// Returns the key of the record of an act on anything but a campaign or a setting: `acts#<kind>`,
/// `AUDIT#<time>#<subject>#<action>#<actor>`.
pub(crate) fn act_key(
    kind: AuditKind,
    at: Timestamp,
    subject: &str,
    action: &str,
    actor: &str,
) -> ItemMap {
    let sk = format!("AUDIT#{at:.3}#{subject}#{action}#{actor}");
    control_key(&format!("{ACTS_PREFIX}{}", kind.as_str()), &sk)
}

/// Returns the place of an audit record in the index `listing`: `<time>#<partition>#<sort key>`, so
/// that no two records share one.
pub(crate) fn audit_listed_at(at: Timestamp, key: &ItemMap) -> Result<String> {
    Ok(format!("{}#{}#{}", audit_listed_from(at), key.text("campaign_id")?, key.text("sk")?))
}

/// Returns the first place in the index `listing` of the audit records from a time on.
pub(crate) fn audit_listed_from(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The subject of an audit record, as its key names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AuditedSubject<'a> {
    pub kind: AuditKind,
    /// The campaign or the setting; of another act the record itself names its subject.
    pub id: &'a str,
    /// The voucher of an act on one match or voucher.
    pub voucher: Option<&'a str>,
}

/// Reads the subject of an audit record from its key.
pub(crate) fn read_audited_subject(item: &ItemMap) -> Result<AuditedSubject<'_>> {
    let (partition, sk) = (item.text("campaign_id")?, item.text("sk")?);
    if let Some(id) = partition.strip_prefix(SETTING_PREFIX) {
        return Ok(AuditedSubject { kind: AuditKind::Setting, id, voucher: None });
    }
    if let Some(kind) = partition.strip_prefix(ACTS_PREFIX) {
        let kind = AuditKind::parse(kind)
            .ok_or_else(|| StoreError::corrupt(partition, "unknown kind of act"))?;
        return Ok(AuditedSubject { kind, id: "", voucher: None });
    }
    let voucher = sk.split('#').nth(3);
    let kind = if voucher.is_some() { AuditKind::Customer } else { AuditKind::Campaign };
    Ok(AuditedSubject { kind, id: partition, voucher })
}

/// Returns the key at which a query of a campaign's audit records goes on.
pub(crate) fn audit_start_key(campaign: &CampaignId, sk: &str) -> ItemMap {
    control_key(campaign.as_str(), sk)
}

/// Returns the sort key of the index `listing`, whose partition is the kind: `<time>#<campaign>`. A
/// descending query on it lists the newest campaign first.
pub(crate) fn listed_at(created_at: Timestamp, id: &CampaignId) -> String {
    format!("{created_at:.3}#{id}")
}

/// Reads the campaign id of an item of Control or of an entry of the index `listing`.
pub(crate) fn read_campaign_id(item: &ItemMap) -> Result<CampaignId> {
    CampaignId::parse(item.text("campaign_id")?)
        .map_err(|_| StoreError::corrupt("campaign_id", "not an id"))
}

/// Returns the partition of a setting: `settings#<name>`.
pub(crate) fn setting_partition(name: &str) -> String {
    format!("{SETTING_PREFIX}{name}")
}

/// Returns the key of a setting: `settings#<name>`, `SETTING`.
pub(crate) fn setting_key(name: &str) -> ItemMap {
    control_key(&setting_partition(name), "SETTING")
}

/// Returns the key of the audit record of a setting's change: `settings#<name>`,
/// `AUDIT#<time>#000007`.
pub(crate) fn setting_audit_key(name: &str, at: Timestamp, version: u64) -> ItemMap {
    control_key(&setting_partition(name), &audit_sort_key(at, version))
}

/// Returns the key of the checkpoint of what is planned again after a change of the contact policy:
/// `settings#contact-policy`, `HOURS`.
pub(crate) fn hours_checkpoint_key() -> ItemMap {
    control_key(&setting_partition("contact-policy"), "HOURS")
}

/// Returns the key of a webhook endpoint: `webhooks`, `HOOK#<endpoint>`.
pub(crate) fn endpoint_key(id: &WebhookEndpointId) -> ItemMap {
    control_key(ENDPOINTS_PARTITION, &format!("{ENDPOINT_PREFIX}{id}"))
}

/// Returns the key of an API key's last use: `api_keys`, `KEY#<key>`.
pub(crate) fn api_key_use_key(id: &ApiKeyId) -> ItemMap {
    control_key(API_KEYS_PARTITION, &format!("{API_KEY_PREFIX}{id}"))
}

/// Returns the partition of a part of the catalogue: `catalogue#<kind>`.
pub(crate) fn catalogue_partition(kind: CatalogueKind) -> String {
    format!("{CATALOGUE_PREFIX}{}", kind.as_str())
}

/// Returns the key of an entry of the catalogue: `catalogue#<kind>`, the entry's own key.
pub(crate) fn catalogue_key(kind: CatalogueKind, key: &str) -> ItemMap {
    control_key(&catalogue_partition(kind), key)
}

/// Reads the own key of an entry of the catalogue.
pub(crate) fn read_catalogue_key(item: &ItemMap) -> Result<&str> {
    item.text("sk")
}

/// Returns the sort key of a merchant in the index `listing`: `<day>#<merchant>`.
pub(crate) fn opened_at(day: Date, merchant: &str) -> String {
    format!("{}{merchant}", opened_from(day))
}

/// Returns the first sort key of the merchants that opened on a day.
pub(crate) fn opened_from(day: Date) -> String {
    format!("{day}#")
}

/// Reads the id of a webhook endpoint from its item.
pub(crate) fn read_endpoint_id(item: &ItemMap) -> Result<WebhookEndpointId> {
    let id = item.text("sk")?.strip_prefix(ENDPOINT_PREFIX);
    id.and_then(|id| WebhookEndpointId::parse(id).ok())
        .ok_or_else(|| StoreError::corrupt("webhook", "sk"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::key_texts;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_key_of_an_audit_record_names_its_subject() {
        let (id, noon) = (CampaignId::parse("cmp_1").unwrap(), at("2026-11-01T12:00:00Z"));
        let voucher = VoucherId::parse("vch_1").unwrap();
        let subject = |kind, id, voucher| AuditedSubject { kind, id, voucher };
        for (key, expected) in [
            (audit_key(&id, noon, 7), subject(AuditKind::Campaign, "cmp_1", None)),
            (
                match_audit_key(&id, noon, 7, &voucher, "retry"),
                subject(AuditKind::Customer, "cmp_1", Some("vch_1")),
            ),
            (setting_audit_key("costs", noon, 2), subject(AuditKind::Setting, "costs", None)),
            (
                act_key(AuditKind::Lane, noon, "sms", "open", "ada"),
                subject(AuditKind::Lane, "", None),
            ),
        ] {
            assert_eq!(read_audited_subject(&key).unwrap(), expected);
            let listed = audit_listed_at(noon, &key).unwrap();
            assert!(listed >= audit_listed_from(noon), "{listed}");
            assert!(listed < audit_listed_from(at("2026-11-01T12:00:00.001Z")), "{listed}");
        }
    }

    #[test]
    fn keys_of_control_sort_by_time() {
        let id = CampaignId::parse("cmp_1").unwrap();
        assert_eq!(
            key_texts(&audit_key(&id, at("2026-11-01T12:00:00.0459Z"), 7), ["campaign_id", "sk"]),
            ["cmp_1", "AUDIT#2026-11-01T12:00:00.045Z#000007"]
        );
        assert!(
            listed_at(at("2026-11-01T12:00:00Z"), &id)
                < listed_at(at("2026-11-01T12:00:00.001Z"), &id)
        );
    }
}
