//! The catalogue in Control: one item for each merchant, vertical and category that was told, under
//! PK `catalogue#<kind>`, SK its key, with its document as JSON. Merchants are on the index
//! `listing` by the day on which they opened.
//!
//! Written by the catalogue's routes, whole and without a condition: the last word about a merchant
//! counts. Files of merchants are taken by `catalogue_imports`. Read by the same routes, by checks
//! of campaigns, and where an audience is evaluated.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{
        audience::{AudienceRule, KeyedMerchant},
        catalogue::{CatalogueKey, CatalogueKind, CatalogueNames, Merchant},
        definition::Definition,
    },
    kernel::{id::CampaignId, locale::Locale},
};
use jiff::ToSpan;
use serde::de::DeserializeOwned;

use crate::{
    Store,
    batch::ReadConsistency,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, s},
    keys::{
        MERCHANTS_LISTING, catalogue_key, catalogue_partition, opened_at, opened_from,
        read_catalogue_key,
    },
};

/// The most entries of a kind that are read into a list of names.
const MAX_ENTRIES: usize = 50_000;
/// The most new merchants that an audience is resolved by, the newest.
const MAX_NEW_MERCHANTS: usize = 1_000;
/// Entries on one page of a query, which DynamoDB ends at a megabyte in any case.
const PAGE: i32 = 5_000;

/// An entry of the catalogue, with the time at which it was told.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueEntry<T> {
    pub key: CatalogueKey,
    pub value: T,
    pub updated_at: Timestamp,
}

/// The names of an entry by language; a merchant's own name has the language `und`.
pub type EntryNames = BTreeMap<String, String>;

/// The names of an entry, for lists and searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEntry {
    pub key: String,
    pub names: EntryNames,
    /// The day on which a merchant opened.
    pub opened_on: Option<Date>,
}

/// The language of a name that is the same in all of them.
const ANY_LANGUAGE: &str = "und";

impl Store {
    /// Writes a merchant. Returns true if there was none under the key.
    pub async fn put_merchant(
        &self,
        key: &CatalogueKey,
        merchant: &Merchant,
        now: Timestamp,
    ) -> Result<bool> {
        self.put_entry(merchant_item(key, merchant, now)?).await
    }

    /// Writes the names of a vertical or a category. Returns true if it had none.
    pub async fn put_catalogue_names(
        &self,
        kind: CatalogueKind,
        key: &CatalogueKey,
        names: &CatalogueNames,
        now: Timestamp,
    ) -> Result<bool> {
        self.put_entry(names_item(kind, key, names, now)?).await
    }

    async fn put_entry(&self, item: ItemMap) -> Result<bool> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.control)
            .set_item(Some(item))
            .return_values(ReturnValue::AllOld);
        Ok(put.send().await?.attributes.is_none())
    }

    /// Deletes an entry, and returns true if it existed.
    pub async fn delete_catalogue_entry(
        &self,
        kind: CatalogueKind,
        key: &CatalogueKey,
    ) -> Result<bool> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.control)
            .set_key(Some(catalogue_key(kind, key.as_str())))
            .return_values(ReturnValue::AllOld);
        Ok(delete.send().await?.attributes.is_some())
    }

    /// Returns entries of one kind, those of the keys that exist, in no meaningful order.
    pub async fn catalogue_entries<T: DeserializeOwned>(
        &self,
        kind: CatalogueKind,
        keys: &[CatalogueKey],
        consistency: ReadConsistency,
    ) -> Result<Vec<CatalogueEntry<T>>> {
        let keys = keys.iter().map(|key| catalogue_key(kind, key.as_str())).collect();
        let items = self.batch_get(&self.tables.control, keys, consistency).await?;
        items.iter().map(read_entry).collect()
    }

    /// Returns the keys of a kind with their names, in the order of the keys.
    pub async fn catalogue_names(&self, kind: CatalogueKind) -> Result<Vec<NamedEntry>> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.control)
                .key_condition_expression("campaign_id = :pk")
                .expression_attribute_values(":pk", s(catalogue_partition(kind)))
                .projection_expression("campaign_id, sk, #names, listed_at")
                .expression_attribute_names("#names", "names")
                .limit(PAGE)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                let names = item.map_opt("names").into_iter().flatten();
                let names = names.filter_map(|(language, name)| {
                    Some((language.clone(), name.as_s().ok()?.clone()))
                });
                let opened = item.text_opt("listed_at").and_then(|text| text.split_once('#'));
                found.push(NamedEntry {
                    key: read_catalogue_key(item)?.to_owned(),
                    names: names.collect(),
                    opened_on: opened.and_then(|(day, _)| day.parse().ok()),
                });
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
            if found.len() >= MAX_ENTRIES {
                tracing::warn!(kind = kind.as_str(), "more of the catalogue than is read");
                return Ok(found);
            }
        }
    }

    /// Resolves the conditions of a rule on merchants by the catalogue, as of the day of `now` in
    /// UTC. A rule without such a condition costs nothing.
    pub async fn resolve_audience(&self, rule: &mut AudienceRule, now: Timestamp) -> Result<()> {
        let needs = rule.merchant_needs();
        if needs.is_nothing() {
            return Ok(());
        }
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut found: Vec<CatalogueEntry<Merchant>> = Vec::new();
        if let Some(days) = needs.opened_within_days {
            let first = today.checked_sub(i64::from(days).days()).unwrap_or(today);
            found.extend(self.merchants_opened_between(first, today, MAX_NEW_MERCHANTS).await?);
        }
        let named: Vec<CatalogueKey> = needs.named.into_iter().collect();
        let kind = CatalogueKind::Merchants;
        found.extend(self.catalogue_entries(kind, &named, ReadConsistency::Eventual).await?);
        let mut merchants: Vec<KeyedMerchant> =
            found.into_iter().map(|entry| (entry.key, entry.value)).collect();
        merchants
            .sort_by(|one, other| (other.1.opened_on, &one.0).cmp(&(one.1.opened_on, &other.0)));
        merchants.dedup_by(|one, other| one.0 == other.0);
        rule.resolve_merchants(&merchants, today);
        Ok(())
    }

    /// Returns a definition like [`definition`](Self::definition), with its audience resolved: for
    /// whoever evaluates it. It is not to be kept for longer than a day.
    pub async fn evaluable_definition(
        &self,
        id: &CampaignId,
        number: u64,
        now: Timestamp,
    ) -> Result<Option<Definition>> {
        let Some(mut definition) = self.definition(id, number).await? else {
            return Ok(None);
        };
        self.resolve_audience(&mut definition.audience, now).await?;
        Ok(Some(definition))
    }

    /// Returns at most `limit` merchants that opened from `first` to `last`, the newest first.
    pub async fn merchants_opened_between(
        &self,
        first: Date,
        last: Date,
        limit: usize,
    ) -> Result<Vec<CatalogueEntry<Merchant>>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .index_name("listing")
            .key_condition_expression("listing = :merchants AND listed_at BETWEEN :first AND :end")
            .expression_attribute_values(":merchants", s(MERCHANTS_LISTING))
            .expression_attribute_values(":first", s(opened_from(first)))
            .expression_attribute_values(":end", s(opened_from(last.tomorrow().unwrap_or(last))))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await?;
        let key = |item: &ItemMap| CatalogueKey::parse(read_catalogue_key(item).ok()?);
        let keys: Vec<CatalogueKey> = page.items().iter().filter_map(key).collect();
        let mut merchants: Vec<CatalogueEntry<Merchant>> = self
            .catalogue_entries(CatalogueKind::Merchants, &keys, ReadConsistency::Eventual)
            .await?;
        // the index may be behind the item
        merchants
            .retain(|it| it.value.opened_on.is_some_and(|opened| (first..=last).contains(&opened)));
        merchants.sort_by(|one, other| {
            (other.value.opened_on, &one.key).cmp(&(one.value.opened_on, &other.key))
        });
        Ok(merchants)
    }
}

/// Returns the item of a merchant.
pub(super) fn merchant_item(
    key: &CatalogueKey,
    merchant: &Merchant,
    now: Timestamp,
) -> Result<ItemMap> {
    let mut item = catalogue_key(CatalogueKind::Merchants, key.as_str());
    if let Some(day) = merchant.opened_on {
        item.insert("listing".into(), s(MERCHANTS_LISTING));
        item.insert("listed_at".into(), s(opened_at(day, key.as_str())));
    }
    let names = EntryNames::from([(ANY_LANGUAGE.to_owned(), merchant.name.clone())]);
    entry_item(item, names, merchant, now)
}

/// Returns the item of a vertical's or a category's names.
pub(super) fn names_item(
    kind: CatalogueKind,
    key: &CatalogueKey,
    names: &CatalogueNames,
    now: Timestamp,
) -> Result<ItemMap> {
    let by_language =
        |(locale, name): (&Locale, &String)| (locale.as_str().to_owned(), name.clone());
    let listed = names.names.iter().map(by_language).collect();
    entry_item(catalogue_key(kind, key.as_str()), listed, names, now)
}

fn entry_item<T: serde::Serialize>(
    mut item: ItemMap,
    names: EntryNames,
    value: &T,
    now: Timestamp,
) -> Result<ItemMap> {
    let document = serde_json::to_string(value)
        .map_err(|error| StoreError::corrupt("an entry of the catalogue", error))?;
    let names = names.into_iter().map(|(language, name)| (language, s(name))).collect();
    item.extend([
        ("document".to_owned(), s(document)),
        ("names".to_owned(), AttributeValue::M(names)),
        ("updated_at".to_owned(), at(now)),
    ]);
    Ok(item)
}

pub(super) fn read_entry<T: DeserializeOwned>(item: &ItemMap) -> Result<CatalogueEntry<T>> {
    let key = read_catalogue_key(item)?;
    let unreadable = |error: &dyn std::fmt::Display| StoreError::corrupt(key, error.to_string());
    Ok(CatalogueEntry {
        key: CatalogueKey::parse(key).ok_or_else(|| unreadable(&"not a key"))?,
        value: serde_json::from_str(item.text("document")?).map_err(|error| unreadable(&error))?,
        updated_at: item.time("updated_at")?,
    })
}
