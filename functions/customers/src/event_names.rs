//! Cache of event names that were recorded recently, so that each name is written once an hour and
//! not with each event, and a property of it when it is first seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use domain::Timestamp;
use jiff::SignedDuration;

const RECORD_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// The most names in the cache, more than any app has. Names beyond it are recorded each time.
const MAX_NAMES: usize = 1_000;
/// The most properties that are noted of one event: names that hold a number or an id would have no
/// end. People pick properties from this list, and may write any other.
const MAX_PROPERTIES: usize = 100;
/// The longest name of a property that is noted, in bytes.
const MAX_PROPERTY_BYTES: usize = 64;

#[derive(Debug, Default)]
pub struct EventNameCache {
    noted: Mutex<BTreeMap<String, NotedEvent>>,
}

#[derive(Debug)]
struct NotedEvent {
    since: Timestamp,
    properties: BTreeSet<String>,
}

impl EventNameCache {
    /// Returns the properties to record with the name, if the name has to be recorded now.
    pub fn due_properties<'a>(
        &self,
        name: &str,
        properties: impl Iterator<Item = &'a String>,
        now: Timestamp,
    ) -> Option<BTreeSet<String>> {
        let is_short = |property: &&String| (1..=MAX_PROPERTY_BYTES).contains(&property.len());
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = noted.get(name).filter(|it| now.duration_since(it.since) < RECORD_INTERVAL);
        let room = MAX_PROPERTIES - known.map_or(0, |it| it.properties.len().min(MAX_PROPERTIES));
        let is_new =
            |property: &&String| known.is_none_or(|it| !it.properties.contains(property.as_str()));
        let new: BTreeSet<String> =
            properties.filter(is_short).filter(is_new).take(room).cloned().collect();
        if known.is_some() && new.is_empty() {
            return None;
        }
        let mut properties = known.map(|it| it.properties.clone()).unwrap_or_default();
        properties.extend(new.iter().cloned());
        if noted.len() < MAX_NAMES || noted.contains_key(name) {
            noted.insert(name.to_owned(), NotedEvent { since: now, properties });
        }
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_due_once_an_hour_and_with_each_new_property() {
        let cache = EventNameCache::default();
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let due = |properties: &[&str], now: &str| {
            let properties: Vec<String> = properties.iter().map(|it| (*it).to_owned()).collect();
            let due = cache.due_properties("viewed", properties.iter(), at(now));
            due.map(|due| due.into_iter().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(due(&["city"], "2026-11-22T12:00:00Z").as_deref(), Some("city"));
        assert_eq!(due(&["city"], "2026-11-22T12:30:00Z"), None);
        assert_eq!(due(&["city", "price"], "2026-11-22T12:31:00Z").as_deref(), Some("price"));
        assert_eq!(due(&[], "2026-11-22T12:32:00Z"), None);
        assert_eq!(due(&[], "2026-11-22T14:00:00Z").as_deref(), Some(""));
    }

    #[test]
    fn properties_without_end_are_not_all_noted() {
        let cache = EventNameCache::default();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let many: Vec<String> = (0..500).map(|number| format!("p{number}")).collect();
        let noted = cache.due_properties("viewed", many.iter(), now).unwrap();
        assert_eq!(noted.len(), MAX_PROPERTIES);
        assert_eq!(cache.due_properties("viewed", many.iter(), now), None);
        let long = ["x".repeat(MAX_PROPERTY_BYTES + 1)];
        assert_eq!(cache.due_properties("other", long.iter(), now).unwrap().len(), 0);
    }
}
