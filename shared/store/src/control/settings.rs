//! What a tenant sets for all campaigns, in Control: one partition per setting (`settings#brand`), with `SETTING` (the value as JSON with
//! its version) and an `AUDIT#...` record per change. Each setting changes by itself, so two that are changed at once never meet.
//! Written by the operations API, read by whoever works by it. Guarantees: a change names the version that it was decided on.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{Timestamp, contact_policy::ContactPolicy};
use serde::{Serialize, de::DeserializeOwned};

use super::{Change, Write, audit_key};
use crate::{
    Store,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    transaction::Transacted,
};

const SETTING: &str = "SETTING";

/// Which setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// `domain::brand::BrandSettings`.
    Brand,
    /// `domain::sample::TestAddresses`.
    TestAddresses,
    /// `domain::approval::Approvals`.
    Approvals,
    /// `domain::costs::CostSettings`.
    Costs,
    /// `domain::contact_policy::ContactPolicy`.
    ContactPolicy,
}

impl Name {
    fn partition(self) -> &'static str {
        match self {
            Name::Brand => "settings#brand",
            Name::TestAddresses => "settings#test-addresses",
            Name::Approvals => "settings#approvals",
            Name::Costs => "settings#costs",
            Name::ContactPolicy => "settings#contact-policy",
        }
    }
}

/// A setting as it stands; version 0 if it was never set.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub version: u64,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

impl Store {
    /// What is in force: what was set, else nothing that limits anything. Read by selection, release and the delivery workers for each
    /// piece of their work, so that a change acts at once.
    pub async fn contact_policy(&self) -> Result<ContactPolicy> {
        Ok(self.setting(Name::ContactPolicy).await?.value)
    }

    pub async fn set_contact_policy(
        &self,
        policy: &ContactPolicy,
        before: u64,
        by: &str,
        now: Timestamp,
    ) -> Result<Write> {
        self.put_setting(Name::ContactPolicy, before, policy, &Change { actor: by, action: "set", note: "", at: now })
            .await
    }

    /// Consistent.
    pub async fn setting<T: DeserializeOwned + Default>(&self, name: Name) -> Result<Setting<T>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(key(name, SETTING)))
            .consistent_read(true)
            .send()
            .await?;
        let Some(item) = found.item else {
            return Ok(Setting { value: T::default(), version: 0, updated_at: None, updated_by: None });
        };
        // the error of serde could quote an address: where it is has to do
        let bad =
            |error: serde_json::Error| StoreError::corrupt(name.partition(), format!("column {}", error.column()));
        Ok(Setting {
            value: serde_json::from_str(item.text("document")?).map_err(bad)?,
            version: item.number("version")?,
            updated_at: Some(item.time("updated_at")?),
            updated_by: item.text_opt("updated_by").map(str::to_owned),
        })
    }

    /// Takes the place of version `before` (0: there is none yet), with an audit record that says who and when and not what.
    pub async fn put_setting<T: Serialize>(
        &self,
        name: Name,
        before: u64,
        value: &T,
        change: &Change<'_>,
    ) -> Result<Write> {
        let document = serde_json::to_string(value).map_err(|error| StoreError::corrupt(name.partition(), error))?;
        let version = before + 1;
        let mut item = key(name, SETTING);
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
        let mut audit = key(name, &audit_key(change.at, version));
        audit.insert("at".into(), at(change.at));
        audit.insert("version".into(), n(version));
        audit.insert("actor".into(), s(change.actor));
        audit.insert("action".into(), s(change.action));
        audit.insert("note".into(), s(change.note));
        let audit = Put::builder()
            .table_name(&self.tables.control)
            .set_item(Some(audit))
            .condition_expression("attribute_not_exists(campaign_id)")
            .build()?;
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            TransactWriteItem::builder().put(audit).build(),
        ];
        Ok(match self.transact("a setting", items).await? {
            Transacted::Written => Write::Done,
            Transacted::Refused(_) => Write::Lost,
        })
    }
}

fn key(name: Name, sk: &str) -> Item {
    Item::from([("campaign_id".into(), s(name.partition())), ("sk".into(), s(sk))])
}
