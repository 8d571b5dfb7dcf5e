//! The values that people pick from: those that occur, with their counts, and those that only the
//! catalogue names, with the names of the catalogue.
//!
//! Reads Reports, Control and, for events, Work. A process keeps each list for some seconds, so
//! that a picker that asks with every key reads it once. Lists and counts are therefore a little
//! behind.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    Timestamp,
    campaign::catalogue::CatalogueKind,
    reporting::occurring_values::{KnownValue, ValueCounts, ValueKind},
};
use jiff::SignedDuration;
use store::{
    Result, Store, campaign::catalogue::NamedEntry, delivery::trigger_matches::ReportedEvent,
};

/// The time for which a list is kept.
const KEEP: SignedDuration = SignedDuration::from_secs(10);
/// Longest time for which a list can say that there is no such value.
const NEWEST: SignedDuration = SignedDuration::from_secs(2);

/// The lists that this process has read, by kind.
#[derive(Debug, Default)]
pub struct KnownValueCache {
    lists: Mutex<BTreeMap<ValueKind, KeptList>>,
}

#[derive(Debug)]
struct KeptList {
    since: Timestamp,
    values: Arc<Vec<KnownValue>>,
}

impl KnownValueCache {
    /// Returns the values of a kind that somebody has or that the catalogue names. Properties of
    /// events are those of all events.
    pub async fn known_values(
        &self,
        store: &Store,
        kind: ValueKind,
        now: Timestamp,
    ) -> Result<Arc<Vec<KnownValue>>> {
        self.known_values_within(KEEP, store, kind, now).await
    }

    /// Returns the values as they were at most two seconds ago: a value that looks unknown may have
    /// come since the list was read.
    pub async fn newest_values(
        &self,
        store: &Store,
        kind: ValueKind,
        now: Timestamp,
    ) -> Result<Arc<Vec<KnownValue>>> {
        self.known_values_within(NEWEST, store, kind, now).await
    }

    async fn known_values_within(
        &self,
        age: SignedDuration,
        store: &Store,
        kind: ValueKind,
        now: Timestamp,
    ) -> Result<Arc<Vec<KnownValue>>> {
        if let Some(kept) = self.find_kept(kind, now, age) {
            return Ok(kept);
        }
        let values = Arc::new(read_values(store, kind).await?);
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.insert(kind, KeptList { since: now, values: Arc::clone(&values) });
        Ok(values)
    }

    /// Forgets all lists, after a change that the next reader of this process has to see.
    pub fn forget(&self) {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn find_kept(
        &self,
        kind: ValueKind,
        now: Timestamp,
        age: SignedDuration,
    ) -> Option<Arc<Vec<KnownValue>>> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lists.get(&kind)?;
        (now.duration_since(kept.since).abs() < age).then(|| Arc::clone(&kept.values))
    }
}

async fn read_values(store: &Store, kind: ValueKind) -> Result<Vec<KnownValue>> {
    match kind {
        ValueKind::Event => {
            Ok(event_values(store.reported_events().await?, |event| vec![event.name.clone()]))
        }
        ValueKind::EventProperty => Ok(event_values(store.reported_events().await?, |event| {
            event.properties.iter().cloned().collect()
        })),
        ValueKind::Tag | ValueKind::Locale | ValueKind::City => {
            Ok(merge_names(store.occurring_values(kind).await?, Vec::new()))
        }
        ValueKind::Vertical => read_named(store, kind, CatalogueKind::Verticals).await,
        ValueKind::Category => read_named(store, kind, CatalogueKind::Categories).await,
        ValueKind::Merchant => read_named(store, kind, CatalogueKind::Merchants).await,
    }
}

async fn read_named(
    store: &Store,
    kind: ValueKind,
    catalogue: CatalogueKind,
) -> Result<Vec<KnownValue>> {
    let names = store.catalogue_names(catalogue).await?;
    Ok(merge_names(store.occurring_values(kind).await?, names))
}

fn merge_names(counted: Vec<(String, ValueCounts)>, named: Vec<NamedEntry>) -> Vec<KnownValue> {
    let value = |name: String| KnownValue {
        name,
        names: BTreeMap::new(),
        counts: ValueCounts::default(),
        last_reported_at: None,
        opened_on: None,
    };
    let mut values: BTreeMap<String, KnownValue> = BTreeMap::new();
    for (name, counts) in counted {
        values.insert(name.clone(), KnownValue { counts, ..value(name) });
    }
    for NamedEntry { key, names, opened_on } in named {
        let known = values.entry(key.clone()).or_insert_with(|| value(key));
        known.names = names;
        known.opened_on = opened_on;
    }
    values.into_values().collect()
}

/// Returns the values of events, each once, with the time at which one was last noted.
fn event_values(
    events: Vec<ReportedEvent>,
    values_of: impl Fn(&ReportedEvent) -> Vec<String>,
) -> Vec<KnownValue> {
    let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for event in &events {
        for value in values_of(event) {
            let at = latest.entry(value).or_insert(event.last_reported_at);
            *at = event.last_reported_at.max(*at);
        }
    }
    let value = |(name, at): (String, Timestamp)| KnownValue {
        name,
        names: BTreeMap::new(),
        counts: ValueCounts::default(),
        last_reported_at: Some(at),
        opened_on: None,
    };
    latest.into_iter().map(value).collect()
}
