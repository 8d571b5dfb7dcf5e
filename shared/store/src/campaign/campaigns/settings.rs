//! Settings of the tenant that apply to all campaigns, in Control. Each setting has one partition
//! (`settings#brand`), with `SETTING` (the value as JSON with its version) and an `AUDIT#...`
//! record for each change. Settings change independently, so two that are changed at the same time
//! never conflict.
//!
//! Written by the operations API, read by every function that applies them. Guarantees: a change
//! names the version that it was decided on.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        segments::{Exclusion, SegmentBook},
    },
    customer::{
        attributes::AttributeSettings,
        topics::{TopicQuestion, TopicSettings},
    },
    delivery::contact_policy::ContactPolicy,
};
use serde::{Serialize, de::DeserializeOwned};

use super::AuditedChange;
use crate::{
    Store,
    conditional::Applied,
    error::{Result, StoreError},
    item::{AttributeReader, at, n, s},
    keys::{setting_audit_key, setting_key, setting_partition},
};

/// The name of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SettingName {
    /// `domain::campaign::brand::BrandSettings`.
    Brand,
    /// `domain::delivery::test_send::TestAddresses`.
    TestAddresses,
    /// `domain::campaign::approval::Approvals`.
    Approvals,
    /// `domain::reporting::costs::CostSettings`.
    Costs,
    /// `domain::delivery::contact_policy::ContactPolicy`.
    ContactPolicy,
    /// `domain::voucher::combination::CombinationPolicy`.
    Combination,
    /// `domain::voucher::goodwill::GoodwillPolicy`.
    Goodwill,
    /// `domain::delivery::notices::NoticeSettings`.
    Notices,
    /// `domain::customer::topics::TopicSettings`.
    Topics,
    /// `domain::delivery::sms_way_out::SmsWayOut`.
    SmsWayOut,
    /// `domain::campaign::segments::SegmentBook`. It has routes of its own.
    Segments,
    /// `domain::customer::attributes::AttributeSettings`.
    Attributes,
    /// `domain::campaign::readiness::ReadinessReport`. `make preflight STORE=1` writes it as well.
    Readiness,
}

impl SettingName {
    fn as_str(self) -> &'static str {
        match self {
            SettingName::Brand => "brand",
            SettingName::TestAddresses => "test-addresses",
            SettingName::Approvals => "approvals",
            SettingName::Costs => "costs",
            SettingName::ContactPolicy => "contact-policy",
            SettingName::Combination => "combination",
            SettingName::Goodwill => "goodwill",
            SettingName::Notices => "notices",
            SettingName::Topics => "topics",
            SettingName::SmsWayOut => "sms-way-out",
            SettingName::Segments => "segments",
            SettingName::Attributes => "attributes",
            SettingName::Readiness => "readiness",
        }
    }
}

/// The present value of a setting; version 0 if it was never set.
#[derive(Clone, PartialEq, Eq)]
pub struct VersionedSetting<T> {
    pub value: T,
    pub version: u64,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

impl Store {
    /// Returns the contact policy in force: the one that was set, else the deployment's. Selection,
    /// release and the delivery workers read it for each piece of their work, so that a change
    /// takes effect at once. The customers that are read from then on have their zone by it.
    pub async fn contact_policy(&self) -> Result<ContactPolicy> {
        Ok(self.versioned_contact_policy().await?.value)
    }

    /// Returns the contact policy in force with its version.
    pub async fn versioned_contact_policy(&self) -> Result<VersionedSetting<ContactPolicy>> {
        let mut setting = self.setting(SettingName::ContactPolicy).await?;
        if setting.version == 0 {
            setting.value = self.tenant.contact_policy();
        }
        self.tenant.follow_policy(&setting.value);
        Ok(setting)
    }

    /// Returns the tenant's topics.
    pub async fn topics(&self) -> Result<TopicSettings> {
        Ok(self.setting(SettingName::Topics).await?.value)
    }

    /// Returns the tenant's saved segments, with the version of all of them together.
    pub async fn segment_book(&self) -> Result<VersionedSetting<SegmentBook>> {
        self.setting(SettingName::Segments).await
    }

    /// Returns the segments that are kept out of every campaign. A book in which one of them cannot
    /// be looked up is an error, so that nobody is sent to who should be kept out.
    pub async fn exclusions(&self) -> Result<Vec<Exclusion>> {
        let found = self.segment_book().await?.value.exclusions();
        found.map_err(|errors| {
            let reason = errors.first().map_or_else(String::new, ToString::to_string);
            StoreError::corrupt(setting_partition(SettingName::Segments.as_str()), reason)
        })
    }

    /// Returns the attributes that the tenant has declared.
    pub async fn attribute_settings(&self) -> Result<AttributeSettings> {
        Ok(self.setting(SettingName::Attributes).await?.value)
    }

    /// Returns the question that a campaign's topic puts to each customer, by the tenant's present
    /// settings. They are read only if the campaign names a topic.
    pub async fn topic_question(&self, definition: &Definition) -> Result<Option<TopicQuestion>> {
        match &definition.topic {
            None => Ok(None),
            Some(topic) => Ok(Some(self.topics().await?.question(topic))),
        }
    }

    pub async fn set_contact_policy(
        &self,
        policy: &ContactPolicy,
        before: u64,
        by: &str,
        now: Timestamp,
    ) -> Result<Applied> {
        self.save_setting(
            SettingName::ContactPolicy,
            before,
            policy,
            &AuditedChange { actor: by, action: "set", note: "", at: now },
        )
        .await
    }

    /// Returns a setting with its version. Reads consistently.
    pub async fn setting<T: DeserializeOwned + Default>(
        &self,
        name: SettingName,
    ) -> Result<VersionedSetting<T>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(setting_key(name.as_str())))
            .consistent_read(true)
            .send()
            .await?;
        let Some(item) = found.item else {
            return Ok(VersionedSetting {
                value: T::default(),
                version: 0,
                updated_at: None,
                updated_by: None,
            });
        };
        // The error message of serde could quote an address, so only the column is reported.
        let bad = |error: serde_json::Error| {
            StoreError::corrupt(
                setting_partition(name.as_str()),
                format!("column {}", error.column()),
            )
        };
        Ok(VersionedSetting {
            value: serde_json::from_str(item.text("document")?).map_err(bad)?,
            version: item.number("version")?,
            updated_at: Some(item.time("updated_at")?),
            updated_by: item.text_opt("updated_by").map(str::to_owned),
        })
    }

    /// Replaces version `before` of a setting (0: it was never set), with an audit record that
    /// holds the actor and the time, and not the value.
    pub async fn save_setting<T: Serialize>(
        &self,
        name: SettingName,
        before: u64,
        value: &T,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let document = serde_json::to_string(value)
            .map_err(|error| StoreError::corrupt(setting_partition(name.as_str()), error))?;
        let version = before + 1;
        let mut item = setting_key(name.as_str());
        item.insert("document".into(), s(document));
        item.insert("version".into(), n(version));
        item.insert("updated_at".into(), at(change.at));
        item.insert("updated_by".into(), s(change.actor));
        let mut put = Put::builder().table_name(&self.tables.control).set_item(Some(item));
        put = if before == 0 {
            put.condition_expression("attribute_not_exists(campaign_id)")
        } else {
            put.condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", n(before))
        };
        let audit = setting_audit_key(name.as_str(), change.at, version);
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            self.new_audit_item(audit, version, None, None, change)?,
        ];
        self.transact_applied("a setting", items).await
    }
}
