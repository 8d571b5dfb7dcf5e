//! Lists campaigns in the order that an operator sorts by. Each order is an index of Control with one
//! partition for each kind; its entries also hold what a list is filtered by, so that only the
//! campaigns that a page shows are read.
//!
//! Guarantees: a page reads at most [`MAX_ENTRIES`] entries and the campaigns that it shows, 20 read
//! units for the usual 25, however many campaigns there are. It may be short or empty before the end.
//! Indexes and campaigns are read eventually consistently.

use std::{cmp::Ordering, collections::VecDeque};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::{folded_letters::fold_letters, id::CampaignId},
};
use serde::{Deserialize, Serialize};

use super::CampaignSummary;
use crate::{
    Store,
    batch::ReadConsistency,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n, s},
    keys::{read_campaign_id, summary_key},
};

/// The most entries of an index that a page reads: some 50 kB, 6 read units.
const MAX_ENTRIES: usize = 250;
/// Entries of one query of a filtered list.
const FILTERED_CHUNK: usize = 125;

/// The order of a list of campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignOrder {
    Created,
    Name,
    Edited,
    /// Sorts by the time at which a campaign starts or has started; a draft without one comes before all others.
    Start,
    State,
}

impl CampaignOrder {
    /// Returns the index and its sort key.
    fn index(self) -> (&'static str, &'static str) {
        match self {
            Self::Created => ("listing", "listed_at"),
            Self::Name => ("by-campaign-name", "name_key"),
            Self::Edited => ("by-edit", "updated_at"),
            Self::Start => ("by-start", "start_order"),
            Self::State => ("by-state", "state"),
        }
    }
}

/// The filters and the order of a list of campaigns.
#[derive(Debug, Clone)]
pub struct CampaignListQuery {
    pub kind: Option<CampaignKind>,
    /// The states that are shown; empty for all.
    pub states: Vec<CampaignState>,
    /// A part of the name, folded.
    pub name_part: Option<String>,
    /// The operator who created the campaign.
    pub creator: Option<String>,
    pub order: CampaignOrder,
    pub descending: bool,
}

impl CampaignListQuery {
    fn is_filtered(&self) -> bool {
        !self.states.is_empty() || self.name_part.is_some() || self.creator.is_some()
    }

    fn selects(&self, entry: &ListEntry) -> bool {
        let has_part = |part: &String| fold_letters(&entry.name).contains(part.as_str());
        (self.states.is_empty() || self.states.contains(&entry.state))
            && self.name_part.as_ref().is_none_or(has_part)
            && self.creator.as_ref().is_none_or(|creator| *creator == entry.creator)
    }

    /// Tells which of two entries comes first.
    fn compare(&self, one: &EntryPlace, other: &EntryPlace) -> Ordering {
        let natural = one.value.cmp(&other.value);
        if self.descending { natural.reverse() } else { natural }
    }
}

/// The value by which an entry is sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum SortValue {
    Number(i64),
    Text(String),
}

impl SortValue {
    fn read(item: &ItemMap, name: &str) -> Result<Self> {
        match item.number_opt(name) {
            Some(number) => Ok(Self::Number(number)),
            None => Ok(Self::Text(item.text(name)?.to_owned())),
        }
    }

    fn attribute(&self) -> AttributeValue {
        match self {
            Self::Number(number) => n(number),
            Self::Text(text) => s(text),
        }
    }
}

/// The place of an entry in the index of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct EntryPlace {
    value: SortValue,
    id: CampaignId,
}

/// How far the index of one kind was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum KindPlace {
    Start,
    After(EntryPlace),
    End,
}

/// The place at which a list goes on; serializable for a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignListPosition {
    promotions: KindPlace,
    autopilots: KindPlace,
}

impl CampaignListPosition {
    /// Begins a list of one kind or of both.
    fn first(kind: Option<CampaignKind>) -> Self {
        let of = |one| {
            if kind.is_none_or(|kind| kind == one) { KindPlace::Start } else { KindPlace::End }
        };
        Self { promotions: of(CampaignKind::Promotion), autopilots: of(CampaignKind::Autopilot) }
    }
}

/// A page of a sorted list.
#[derive(Debug, Default)]
pub struct SortedCampaigns {
    pub campaigns: Vec<CampaignSummary>,
    pub next: Option<CampaignListPosition>,
}

struct ListEntry {
    place: EntryPlace,
    state: CampaignState,
    name: String,
    creator: String,
}

/// The index of one kind while a page is read.
struct KindStream {
    kind: CampaignKind,
    place: KindPlace,
    read: VecDeque<ListEntry>,
    /// Nothing follows what is read.
    is_whole: bool,
}

impl KindStream {
    fn new(kind: CampaignKind, place: KindPlace) -> Self {
        Self { kind, is_whole: place == KindPlace::End, place, read: VecDeque::new() }
    }

    fn needs_entries(&self) -> bool {
        self.read.is_empty() && !self.is_whole
    }

    fn take(&mut self) -> Option<ListEntry> {
        let entry = self.read.pop_front()?;
        let is_last = self.read.is_empty() && self.is_whole;
        self.place = if is_last { KindPlace::End } else { KindPlace::After(entry.place.clone()) };
        Some(entry)
    }
}

impl Store {
    /// Returns at most `limit` campaigns in the order of the query.
    pub async fn sorted_campaigns(
        &self,
        query: &CampaignListQuery,
        position: Option<CampaignListPosition>,
        limit: usize,
    ) -> Result<SortedCampaigns> {
        let position = position.unwrap_or_else(|| CampaignListPosition::first(query.kind));
        let mut streams = [
            KindStream::new(CampaignKind::Promotion, position.promotions),
            KindStream::new(CampaignKind::Autopilot, position.autopilots),
        ];
        let chunk = if query.is_filtered() { FILTERED_CHUNK } else { limit };
        let (mut shown, mut read) = (Vec::new(), 0);
        'page: while shown.len() < limit {
            for stream in streams.iter_mut().filter(|stream| stream.needs_entries()) {
                if read >= MAX_ENTRIES {
                    break 'page;
                }
                read += self.fill(stream, query, chunk).await?;
            }
            let Some(entry) = take_first(&mut streams, query) else { break };
            if query.selects(&entry) {
                shown.push(entry.place.id);
            }
        }
        let ends = |stream: &KindStream| stream.read.is_empty() && stream.is_whole;
        let is_whole = streams.iter().all(ends);
        let [promotions, autopilots] = streams.map(|stream| stream.place);
        let next = (!is_whole).then_some(CampaignListPosition { promotions, autopilots });
        Ok(SortedCampaigns { campaigns: self.shown_campaigns(shown).await?, next })
    }

    /// Reads on in the index of a kind, and returns the number of entries.
    async fn fill(
        &self,
        stream: &mut KindStream,
        query: &CampaignListQuery,
        chunk: usize,
    ) -> Result<usize> {
        let (index, attribute) = query.order.index();
        let start = match &stream.place {
            KindPlace::After(place) => {
                let mut start = summary_key(&place.id);
                start.insert("listing".to_owned(), s(stream.kind.as_str()));
                start.insert(attribute.to_owned(), place.value.attribute());
                Some(start)
            }
            KindPlace::Start | KindPlace::End => None,
        };
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .index_name(index)
            .key_condition_expression("listing = :kind")
            .expression_attribute_values(":kind", s(stream.kind.as_str()))
            .scan_index_forward(!query.descending)
            .limit(i32::try_from(chunk).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        stream.is_whole = page.last_evaluated_key().is_none_or(std::collections::HashMap::is_empty);
        let entries = page.items().iter().map(|item| read_entry(item, attribute));
        stream.read = entries.collect::<Result<_>>()?;
        Ok(stream.read.len())
    }

    /// Reads the campaigns of a page. One that was deleted since is left out.
    async fn shown_campaigns(&self, ids: Vec<CampaignId>) -> Result<Vec<CampaignSummary>> {
        let mut found = self.summaries(ids.iter(), ReadConsistency::Eventual).await?;
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// Takes the entry that comes first of both kinds.
fn take_first(streams: &mut [KindStream; 2], query: &CampaignListQuery) -> Option<ListEntry> {
    let [promotions, autopilots] = streams;
    let promotion_first = match (promotions.read.front(), autopilots.read.front()) {
        (Some(one), Some(other)) => query.compare(&one.place, &other.place) != Ordering::Greater,
        (first, _) => first.is_some(),
    };
    if promotion_first { promotions.take() } else { autopilots.take() }
}

fn read_entry(item: &ItemMap, attribute: &str) -> Result<ListEntry> {
    let id = read_campaign_id(item)?;
    let state = CampaignState::parse(item.text("state")?)
        .ok_or_else(|| StoreError::corrupt(&id, "unknown state"))?;
    Ok(ListEntry {
        place: EntryPlace { value: SortValue::read(item, attribute)?, id },
        state,
        name: item.text("name")?.to_owned(),
        creator: item.text("created_by")?.to_owned(),
    })
}
