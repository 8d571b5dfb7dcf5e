//! META, the item of a campaign that changes: its first form, and the update that every later
//! change makes, which holds only while META still has the version that the change was decided on.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        lifecycle::{Approval, Campaign, CampaignState},
        redeeming::{RedeemingSuspension, Revocation},
        variants::VariantShare,
    },
    kernel::{folded_letters::fold_letters, id::CampaignId},
};

use crate::{
    Store,
    error::Result,
    item::{ItemMap, at, n, s},
    keys::{listed_at, summary_key},
};

pub(super) fn meta_item(campaign: &Campaign) -> ItemMap {
    let definition = &campaign.definition;
    let mut item = summary_key(&campaign.id);
    let fixed = [
        ("listing", s(definition.kind.as_str())),
        ("listed_at", s(listed_at(campaign.created_at, &campaign.id))),
        ("kind", s(definition.kind.as_str())),
        ("name", s(&definition.name)),
        ("name_key", s(name_key(&definition.name))),
        ("currency", s(definition.offer.currency().as_str())),
        ("state", s(campaign.state.as_str())),
        ("version", n(campaign.version)),
        ("definition", n(campaign.version)),
        ("created_at", at(campaign.created_at)),
        ("created_by", s(&campaign.created_by)),
        ("updated_at", at(campaign.updated_at)),
        ("priority", n(definition.pressure.priority)),
        ("holdout", n(definition.holdout_percent)),
        ("start_order", start_order(definition.schedule.starts_at)),
    ];
    item.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    if let Some(variants) = variant_list(definition) {
        item.insert(VARIANTS.to_owned(), variants);
    }
    let schedule = &definition.schedule;
    let times = [
        ("starts_at", schedule.starts_at),
        ("ends_at", schedule.ends_at),
        ("start_deadline", schedule.start_deadline()),
    ];
    item.extend(times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), at(time?)))));
    item
}

/// The variants of a campaign, each as its share, number and name.
pub(super) const VARIANTS: &str = "variants";

pub(super) fn variant_list(definition: &Definition) -> Option<AttributeValue> {
    let shares = VariantShare::of_variants(&definition.variants);
    let list = shares.iter().map(|share| s(share.to_string())).collect();
    (!shares.is_empty()).then_some(AttributeValue::L(list))
}

/// Returns the key by which a campaign is ordered by name. It is never empty.
pub(super) fn name_key(name: &str) -> String {
    format!("{}#", fold_letters(name))
}

/// Returns the number by which a campaign is ordered by its start: the planned or the actual one.
pub(super) fn start_order(at: Option<Timestamp>) -> AttributeValue {
    n(at.map_or(0, Timestamp::as_millisecond))
}

/// An update of META that holds only if META still has the version and the state that the change
/// was decided on.
pub(super) struct MetaUpdate {
    key: ItemMap,
    sets: Vec<(&'static str, AttributeValue)>,
    pub(super) removes: Vec<&'static str>,
    version: u64,
    state: CampaignState,
}

impl MetaUpdate {
    pub(super) fn new(id: &CampaignId, version: u64, state: CampaignState, now: Timestamp) -> Self {
        let sets = vec![("version", n(version + 1)), ("updated_at", at(now))];
        Self { key: summary_key(id), sets, removes: Vec::new(), version, state }
    }
    pub(super) fn set(&mut self, name: &'static str, value: AttributeValue) {
        self.sets.push((name, value));
    }
    pub(super) fn add_editor(&mut self, before: &Campaign, actor: &str) {
        let others = before.editors.iter().map(String::as_str).filter(|editor| *editor != actor);
        self.set("editors", AttributeValue::L(others.chain([actor]).map(s).collect()));
    }
    pub(super) fn set_approval(&mut self, approval: &Approval) {
        self.set("approved_by", s(&approval.by));
        self.set("approved_at", at(approval.at));
    }
    /// Adds to what is revoked: a scope that the revocation does not name stays as it is.
    pub(super) fn add_revocation(&mut self, revocation: &Revocation) {
        if let Some(until) = revocation.unaccepted_until {
            self.set("revoked_unaccepted_until", at(until));
        }
        if let Some(until) = revocation.all_until {
            self.set("revoked_all_until", at(until));
        }
    }
    pub(super) fn set_suspension(&mut self, suspension: &RedeemingSuspension) {
        self.set("suspended_by", s(&suspension.by));
        self.set("suspended_at", at(suspension.at));
        self.set("suspended_because", s(&suspension.reason));
    }
    pub(super) fn remove_suspension(&mut self) {
        self.removes.extend(["suspended_by", "suspended_at", "suspended_because"]);
    }
    pub(super) fn set_or_remove(&mut self, name: &'static str, time: Option<Timestamp>) {
        match time {
            Some(time) => self.set(name, at(time)),
            None => self.removes.push(name),
        }
    }
    pub(super) fn build(self, store: &Store) -> Result<TransactWriteItem> {
        let sets: Vec<String> =
            self.sets.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let removes: Vec<String> = self.removes.iter().map(|name| format!("#{name}")).collect();
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression += &format!(" REMOVE {}", removes.join(", "));
        }
        let mut update = Update::builder()
            .table_name(&store.tables.control)
            .set_key(Some(self.key))
            .update_expression(expression)
            .condition_expression("#version = :was_version AND #state = :was_state")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":was_version", n(self.version))
            .expression_attribute_values(":was_state", s(self.state.as_str()));
        for (name, value) in self.sets {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        for name in self.removes {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}
