//! The app backend's webhook endpoints, as operators have set them up. They lie in Control under PK
//! `webhooks`, SK `HOOK#<name>`: a handful of small items that every function that delivers webhook
//! events reads. They contain no secret: see `secrets`.

use std::collections::BTreeSet;

use domain::{
    Timestamp,
    kernel::id::WebhookEndpointId,
    voucher::webhook_event::{EndpointState, EventType, WebhookEndpoint},
};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{ENDPOINT_PREFIX, ENDPOINTS_PARTITION, endpoint_key, read_endpoint_id},
};

/// The most endpoints that are read; the API allows fewer.
const MAX_READ: i32 = 100;

fn endpoint_item(hook: &WebhookEndpoint) -> ItemMap {
    let mut item = endpoint_key(&hook.id);
    let events: Vec<&str> = hook.events.iter().map(|what| what.name()).collect();
    item.extend([
        ("url".into(), s(&hook.url)),
        ("events".into(), s(events.join(" "))),
        ("state".into(), s(hook.state.as_str())),
        ("key_id".into(), s(&hook.key_id)),
        ("rotation".into(), n(hook.rotation)),
        ("created_at".into(), at(hook.created_at)),
        ("updated_at".into(), at(hook.updated_at)),
        ("version".into(), n(hook.version)),
    ]);
    item.extend(hook.rotated_at.map(|time| ("rotated_at".to_owned(), at(time))));
    item
}

fn read_endpoint(item: &ItemMap) -> Result<WebhookEndpoint> {
    let bad = |what: &str| StoreError::corrupt("webhook", what.to_owned());
    let events = item
        .text("events")?
        .split_ascii_whitespace()
        .map(EventType::parse)
        .collect::<Option<BTreeSet<_>>>();
    Ok(WebhookEndpoint {
        id: read_endpoint_id(item)?,
        url: item.text("url")?.to_owned(),
        events: events.ok_or_else(|| bad("events"))?,
        state: EndpointState::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        key_id: item.text("key_id")?.to_owned(),
        rotation: item.number("rotation")?,
        rotated_at: item.time_opt("rotated_at"),
        created_at: item.time("created_at")?,
        updated_at: item.time("updated_at")?,
        version: item.number("version")?,
    })
}

impl Store {
    /// Returns all endpoints by name. Reads consistently. An endpoint that cannot be read is logged
    /// and left out, so that the others still receive their events.
    pub async fn webhook_endpoints(&self) -> Result<Vec<WebhookEndpoint>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .key_condition_expression("campaign_id = :webhooks AND begins_with(sk, :prefix)")
            .expression_attribute_values(":webhooks", s(ENDPOINTS_PARTITION))
            .expression_attribute_values(":prefix", s(ENDPOINT_PREFIX))
            .limit(MAX_READ)
            .consistent_read(true)
            .send()
            .await?;
        let mut hooks = Vec::new();
        for item in page.items() {
            match read_endpoint(item) {
                Ok(hook) => hooks.push(hook),
                Err(error) => tracing::error!(%error, "unreadable webhook endpoint"),
            }
        }
        Ok(hooks)
    }

    /// Returns one endpoint. Reads consistently.
    pub async fn webhook_endpoint(
        &self,
        id: &WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>> {
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(endpoint_key(id)))
            .consistent_read(true);
        get.send().await?.item.as_ref().map(read_endpoint).transpose()
    }

    /// Saves an endpoint if it has not changed since it was read. `before` is the version that was
    /// read, `None` if there was none.
    pub async fn save_webhook_endpoint(
        &self,
        hook: &WebhookEndpoint,
        before: Option<u64>,
    ) -> Result<Applied> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.control)
            .set_item(Some(endpoint_item(hook)));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(sk)"),
            Some(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", n(version)),
        };
        parse_applied(put.send().await)
    }

    /// Marks an endpoint as gone, after it answered that it is gone for good. Changes nothing if
    /// the endpoint was changed since it was read.
    pub async fn mark_endpoint_gone(
        &self,
        hook: &WebhookEndpoint,
        now: Timestamp,
    ) -> Result<Applied> {
        let gone = WebhookEndpoint {
            state: EndpointState::Gone,
            updated_at: now,
            version: hook.version + 1,
            ..hook.clone()
        };
        self.save_webhook_endpoint(&gone, Some(hook.version)).await
    }

    /// Deletes an endpoint and returns true if it existed. Deliveries that wait for it find no
    /// endpoint and are dropped.
    pub async fn delete_webhook_endpoint(&self, id: &WebhookEndpointId) -> Result<bool> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.control)
            .set_key(Some(endpoint_key(id)));
        let gone =
            delete.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld).send().await?;
        Ok(gone.attributes.is_some())
    }
}
