//! Cache of what is left of campaigns' caps on redeemed amounts, so that a quote offers nothing that
//! would be refused. It is read again every two seconds, in one request for all campaigns; the
//! guarantee is the condition of the write that takes from the cap.

use std::collections::BTreeMap;

use domain::{Timestamp, kernel::id::CampaignId};
use jiff::SignedDuration;
use runtime::{ProcessCache, clock};
use store::{Store, StoreError};

/// The age up to which an amount is used without a reload.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(2);
/// The most campaigns cached in one process.
const MAX_CACHED: usize = 256;

pub struct CapRoom {
    store: Store,
    cached: ProcessCache<CampaignId, KeptRoom, MAX_CACHED>,
}

#[derive(Debug, Clone, Copy)]
struct KeptRoom {
    left: i64,
    read_at: Timestamp,
}

impl CapRoom {
    pub fn new(store: Store) -> Self {
        Self { store, cached: ProcessCache::default() }
    }

    /// Returns what is left of the caps of these campaigns, in minor units. It is below zero where
    /// an operator lowered a cap below what is given out already.
    pub async fn read_cached(
        &self,
        ids: Vec<CampaignId>,
    ) -> Result<BTreeMap<CampaignId, i64>, StoreError> {
        let now = clock::now();
        let mut room = BTreeMap::new();
        let mut stale = Vec::new();
        for id in ids {
            match self.cached.find_value(&id).filter(|kept| kept.is_fresh(now)) {
                Some(kept) => drop(room.insert(id, kept.left)),
                None => stale.push(id),
            }
        }
        if stale.is_empty() {
            return Ok(room);
        }
        for (id, left) in self.store.redeemed_left(&stale).await? {
            self.cached.keep_value(id.clone(), KeptRoom { left, read_at: now });
            room.insert(id, left);
        }
        Ok(room)
    }
}

impl KeptRoom {
    /// Returns true if the amount is recent. A clock that was set back makes it old.
    fn is_fresh(self, now: Timestamp) -> bool {
        self.read_at <= now && now.duration_since(self.read_at) < FRESH_FOR
    }
}
