//! The app backend's webhook endpoints, as operators have set them up. In Control, under PK `webhooks`, SK `HOOK#<name>`: a handful of
//! small items that everybody who tells anything reads. No secret is among them: see `secrets`.

use std::collections::BTreeSet;

use domain::{
    Timestamp,
    announcement::{Hook, HookStanding, What},
    id::HookId,
};

use crate::{
    Store,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
};

/// No campaign has this id: theirs begin with `cmp_`.
const PARTITION: &str = "webhooks";
const PREFIX: &str = "HOOK#";
/// Endpoints that are read at all; the API allows fewer.
const MAX_READ: i32 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Saved,
    /// It stands otherwise by now: read it again.
    Overtaken,
}

fn key(id: &HookId) -> Item {
    Item::from([("campaign_id".into(), s(PARTITION)), ("sk".into(), s(format!("{PREFIX}{id}")))])
}

fn item(hook: &Hook) -> Item {
    let mut item = key(&hook.id);
    let events: Vec<&str> = hook.events.iter().map(|what| what.name()).collect();
    item.extend([
        ("url".into(), s(&hook.url)),
        ("events".into(), s(events.join(" "))),
        ("state".into(), s(hook.standing.as_str())),
        ("key_id".into(), s(&hook.key_id)),
        ("rotation".into(), n(hook.rotation)),
        ("created_at".into(), at(hook.created_at)),
        ("updated_at".into(), at(hook.updated_at)),
        ("version".into(), n(hook.version)),
    ]);
    item.extend(hook.rotated_at.map(|time| ("rotated_at".to_owned(), at(time))));
    item
}

fn read(item: &Item) -> Result<Hook> {
    let bad = |what: &str| StoreError::corrupt("webhook", what.to_owned());
    let events = item.text("events")?.split_ascii_whitespace().map(What::parse).collect::<Option<BTreeSet<_>>>();
    let name = item.text("sk")?.strip_prefix(PREFIX).ok_or_else(|| bad("sk"))?;
    Ok(Hook {
        id: HookId::parse(name).map_err(|_| bad("sk"))?,
        url: item.text("url")?.to_owned(),
        events: events.ok_or_else(|| bad("events"))?,
        standing: HookStanding::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        key_id: item.text("key_id")?.to_owned(),
        rotation: item.number("rotation")?,
        rotated_at: item.time_opt("rotated_at"),
        created_at: item.time("created_at")?,
        updated_at: item.time("updated_at")?,
        version: item.number("version")?,
    })
}

impl Store {
    /// All of them, by name. Consistent. One that cannot be read is logged and left out: the others must not be kept from their news.
    pub async fn hooks(&self) -> Result<Vec<Hook>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .key_condition_expression("campaign_id = :webhooks AND begins_with(sk, :prefix)")
            .expression_attribute_values(":webhooks", s(PARTITION))
            .expression_attribute_values(":prefix", s(PREFIX))
            .limit(MAX_READ)
            .consistent_read(true)
            .send()
            .await?;
        let mut hooks = Vec::new();
        for item in page.items() {
            match read(item) {
                Ok(hook) => hooks.push(hook),
                Err(error) => tracing::error!(%error, "a webhook endpoint cannot be read"),
            }
        }
        Ok(hooks)
    }

    /// Consistent.
    pub async fn hook(&self, id: &HookId) -> Result<Option<Hook>> {
        let get = self.client.get_item().table_name(&self.tables.control).set_key(Some(key(id))).consistent_read(true);
        get.send().await?.item.as_ref().map(read).transpose()
    }

    /// Puts it as it is now, if it still stands as it was read: `before` is the version then, `None` if there was none.
    pub async fn save_hook(&self, hook: &Hook, before: Option<u64>) -> Result<Saved> {
        let put = self.client.put_item().table_name(&self.tables.control).set_item(Some(item(hook)));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(sk)"),
            Some(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", n(version)),
        };
        match put.send().await {
            Ok(_) => Ok(Saved::Saved),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(Saved::Overtaken)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// It answered that it is gone for good. Nothing happens if it was changed since it was read.
    pub async fn hook_is_gone(&self, hook: &Hook, now: Timestamp) -> Result<Saved> {
        let gone = Hook { standing: HookStanding::Gone, updated_at: now, version: hook.version + 1, ..hook.clone() };
        self.save_hook(&gone, Some(hook.version)).await
    }

    /// Whether it was there. What waits for it finds nobody to tell, and goes.
    pub async fn delete_hook(&self, id: &HookId) -> Result<bool> {
        let delete = self.client.delete_item().table_name(&self.tables.control).set_key(Some(key(id)));
        let gone = delete.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld).send().await?;
        Ok(gone.attributes.is_some())
    }
}
