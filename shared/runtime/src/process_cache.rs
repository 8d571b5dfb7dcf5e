//! A cache in the memory of the process, for values that never change under their key, or that may
//! be a little old: the second kind carries the time at which it was read.
//!
//! Guarantees: it never holds more than `MOST` values, and no caller waits for another's read.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Holds at most `MOST` values by key. A full cache is emptied, which costs one read of each value and
/// needs no order of use.
#[derive(Debug)]
pub struct ProcessCache<K, V, const MOST: usize> {
    values: Mutex<HashMap<K, V>>,
}

impl<K, V, const MOST: usize> Default for ProcessCache<K, V, MOST> {
    fn default() -> Self {
        Self { values: Mutex::new(HashMap::new()) }
    }
}

impl<K: Eq + Hash, V: Clone, const MOST: usize> ProcessCache<K, V, MOST> {
    pub fn find_value(&self, key: &K) -> Option<V> {
        self.lock_values().get(key).cloned()
    }

    pub fn keep_value(&self, key: K, value: V) {
        let mut values = self.lock_values();
        if values.len() >= MOST {
            values.clear();
        }
        values.insert(key, value);
    }

    /// Locks the values, also after a panic: each is complete, since it is put in by one call.
    fn lock_values(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_starts_again_with_the_newest_value() {
        let cache = ProcessCache::<u8, &str, 2>::default();
        cache.keep_value(1, "a");
        cache.keep_value(2, "b");
        assert_eq!((cache.find_value(&1), cache.find_value(&2)), (Some("a"), Some("b")));
        cache.keep_value(3, "c");
        assert_eq!((cache.find_value(&1), cache.find_value(&3)), (None, Some("c")));
    }
}
