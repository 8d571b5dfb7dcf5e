//! What the tenant has set for all campaigns: items of the Control table, PK `settings#<name>`, SK `SETTING`, each a JSON document with
//! a version. Written by operations, read by selection, release and the delivery workers for each piece of their work, so that a change
//! acts at once. Guarantees: a change names the version it was decided on.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use domain::{Timestamp, contact_policy::ContactPolicy};

use crate::{
    Store,
    control::Write,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
};

const CONTACT_POLICY: &str = "contact-policy";

/// A setting as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    /// 0: nobody has set it yet.
    pub version: u64,
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
}

impl Store {
    /// What is in force: what was set, else nothing that limits anything.
    pub async fn contact_policy(&self) -> Result<ContactPolicy> {
        Ok(self.contact_setting().await?.value)
    }

    /// The same with who set it. Consistent.
    pub async fn contact_setting(&self) -> Result<Setting<ContactPolicy>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(key(CONTACT_POLICY)))
            .consistent_read(true)
            .send()
            .await?;
        let Some(item) = found.item else {
            return Ok(Setting { value: ContactPolicy::default(), version: 0, changed_at: None, changed_by: None });
        };
        let value =
            serde_json::from_str(item.text("document")?).map_err(|error| StoreError::corrupt(CONTACT_POLICY, error))?;
        Ok(Setting {
            value,
            version: item.number("version")?,
            changed_at: item.time_opt("changed_at"),
            changed_by: item.text_opt("changed_by").map(str::to_owned),
        })
    }

    /// Sets it, if it still has the version that this was decided on.
    pub async fn set_contact_policy(
        &self,
        policy: &ContactPolicy,
        before: u64,
        by: &str,
        now: Timestamp,
    ) -> Result<Write> {
        let document = serde_json::to_string(policy).map_err(|error| StoreError::corrupt(CONTACT_POLICY, error))?;
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.control)
            .set_item(Some(key(CONTACT_POLICY)))
            .item("document", s(document))
            .item("version", n(before + 1))
            .item("changed_at", at(now))
            .item("changed_by", s(by));
        let put = if before == 0 {
            put.condition_expression("attribute_not_exists(campaign_id)")
        } else {
            put.condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", n(before))
        };
        match put.send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Write::Lost),
                Some(_) | None => Err(error.into()),
            },
        }
    }
}

fn key(name: &str) -> Item {
    Item::from([("campaign_id".into(), s(format!("settings#{name}"))), ("sk".into(), s("SETTING"))])
}
