//! Reads the records of an export page by page, and makes rows of those that are wanted. A page
//! says where the next one begins, so that reading goes on there in another invocation.

use std::collections::{HashMap, HashSet};

use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    kernel::id::{CampaignId, CustomerId, OrderId, VoucherId},
    voucher::{order_event::LedgerOrder, record::Voucher},
};
use export_files::{
    Row,
    export::{Export, ExportKind, ExportPlace},
    rows::{campaigns, customers, orders, suppressions, vouchers},
};
use store::{
    Store,
    campaign::campaigns::CampaignSummary,
    reporting::exported_records::{RecordKey, RecordPage},
    voucher::records::{CAMPAIGN_SHARDS, VoucherKey},
};

use crate::worker::Stop;

/// The records of a page: below a megabyte, which is what one read returns.
const PAGE: i32 = 500;
const CAMPAIGNS: usize = 50;

/// Rows of a page of records.
pub(crate) struct RowPage {
    pub rows: Vec<Row>,
    /// The records that were read for it.
    pub read: u64,
    pub unreadable: u64,
    /// The place after which the next page begins; none after the last one.
    pub next: Option<ExportPlace>,
}

pub(crate) struct RecordReader<'a> {
    store: &'a Store,
    export: Export,
    /// The revocation of each campaign whose vouchers were met, as of this invocation.
    revoked: HashMap<CampaignId, Revocation>,
}

impl<'a> RecordReader<'a> {
    pub async fn open(store: &'a Store, export: &Export) -> Result<Self, Stop> {
        // whose clock an audience's conditions on days follow
        store.contact_policy().await?;
        let export = Export { parts: Vec::new(), ..export.clone() };
        Ok(Self { store, export, revoked: HashMap::new() })
    }

    pub async fn next_page(&mut self, place: Option<&ExportPlace>) -> Result<RowPage, Stop> {
        match (self.export.kind, self.export.filter.campaign.clone()) {
            (ExportKind::Vouchers, Some(campaign)) => {
                let (records, next) = self.campaign_page(&campaign, place).await?;
                Ok(RowPage { next, ..self.voucher_rows(&records, 0).await? })
            }
            (ExportKind::Vouchers, None) => {
                let page = self.store.scan_vouchers(record_key(place).as_ref(), PAGE).await?;
                let rows = self.voucher_rows(&page.records, page.unreadable).await?;
                Ok(RowPage { next: after(page.next), ..rows })
            }
            (ExportKind::Orders, Some(campaign)) => self.campaign_orders(&campaign, place).await,
            (ExportKind::Orders, None) => {
                let page = self.store.scan_orders(record_key(place).as_ref(), PAGE).await?;
                let erased = self.erased(page.records.iter().map(|order| &order.buyer)).await?;
                Ok(made(page, |order| self.order_rows(order, &erased, |_| true)))
            }
            (ExportKind::Campaigns, campaign) => self.campaigns(campaign.as_ref(), place).await,
            (ExportKind::Customers, _) => {
                let after = record_key(place);
                let page = self.store.scan_present_customers(after.as_ref(), PAGE).await?;
                let (rule, at) = (self.export.filter.audience.as_ref(), self.export.created_at);
                Ok(made(page, |customer| {
                    let is_wanted = customers::is_wanted(customer, rule, at);
                    is_wanted
                        .then(|| customers::row(customer, self.export.contacts))
                        .into_iter()
                        .collect()
                }))
            }
            (ExportKind::Suppressions, _) => {
                let after = record_key(place);
                let page = self.store.scan_suppressed_addresses(after.as_ref(), PAGE).await?;
                let is_wanted = |at: Timestamp| self.export.filter.covers(Some(at));
                Ok(made(page, |it| suppressions::rows(&it.key, &it.state, is_wanted)))
            }
        }
    }

    /// Returns a page of the vouchers of a campaign, shard by shard, and the place of the next one.
    async fn campaign_page(
        &self,
        campaign: &CampaignId,
        place: Option<&ExportPlace>,
    ) -> Result<(Vec<Voucher>, Option<ExportPlace>), Stop> {
        let (shard, after) = match place {
            Some(ExportPlace::Shard(shard, after)) => (*shard, after.clone()),
            Some(ExportPlace::Record(..) | ExportPlace::Listed(_)) | None => (0, None),
        };
        let after = after.map(|(customer, voucher)| VoucherKey { customer, voucher });
        let page = self.store.campaign_vouchers(campaign, shard, after.as_ref(), PAGE).await?;
        let next = match page.1 {
            Some(VoucherKey { customer, voucher }) => {
                Some(ExportPlace::Shard(shard, Some((customer, voucher))))
            }
            None if shard + 1 < CAMPAIGN_SHARDS => Some(ExportPlace::Shard(shard + 1, None)),
            None => None,
        };
        Ok((page.0, next))
    }

    async fn voucher_rows(
        &mut self,
        records: &[Voucher],
        unreadable: u64,
    ) -> Result<RowPage, Stop> {
        let filter = &self.export.filter;
        let wanted: Vec<&Voucher> =
            records.iter().filter(|voucher| filter.covers(Some(voucher.issued_at))).collect();
        let erased = self.erased(wanted.iter().map(|voucher| &voucher.customer)).await?;
        let mut rows = Vec::with_capacity(wanted.len());
        for voucher in wanted {
            let revoked = self.revoked(&voucher.campaign).await?;
            let now = self.export.created_at;
            let context = vouchers::VoucherContext { revoked, now, erased: &erased };
            rows.push(vouchers::row(voucher, &context));
        }
        Ok(RowPage { rows, read: count(records.len()) + unreadable, unreadable, next: None })
    }

    /// Returns the orders of a page of a campaign's vouchers. Each row is found by its own voucher,
    /// so none is found twice.
    async fn campaign_orders(
        &mut self,
        campaign: &CampaignId,
        place: Option<&ExportPlace>,
    ) -> Result<RowPage, Stop> {
        let (records, next) = self.campaign_page(campaign, place).await?;
        let mut vouchers_of: HashMap<OrderId, HashSet<&VoucherId>> = HashMap::new();
        for voucher in &records {
            let last = voucher.redemption.as_ref().map(|it| &it.order);
            for order in voucher.undone_orders.iter().chain(last) {
                vouchers_of.entry(order.clone()).or_default().insert(&voucher.id);
            }
        }
        let page = self.store.ledger_orders(&vouchers_of.keys().cloned().collect()).await?;
        let erased = self.erased(page.records.iter().map(|order| &order.buyer)).await?;
        let rows = page.records.iter().flat_map(|order| {
            let found_by = vouchers_of.get(&order.id);
            let is_found = |id: &VoucherId| found_by.is_some_and(|found| found.contains(id));
            self.order_rows(order, &erased, is_found)
        });
        let read = count(page.records.len()) + page.unreadable;
        Ok(RowPage { rows: rows.collect(), read, unreadable: page.unreadable, next })
    }

    fn order_rows(
        &self,
        order: &LedgerOrder,
        erased: &HashSet<CustomerId>,
        is_written: impl Fn(&VoucherId) -> bool,
    ) -> Vec<Row> {
        let filter = &self.export.filter;
        if erased.contains(&order.buyer) || !filter.covers(orders::time_of(order)) {
            return Vec::new();
        }
        orders::rows(order, filter.campaign.as_ref(), is_written)
    }

    async fn campaigns(
        &self,
        campaign: Option<&CampaignId>,
        place: Option<&ExportPlace>,
    ) -> Result<RowPage, Stop> {
        let (found, next) = match campaign {
            Some(id) => (self.store.campaign_summary(id).await?.into_iter().collect(), None),
            None => {
                let after = match place {
                    Some(ExportPlace::Listed(after)) => Some(after.as_str()),
                    Some(ExportPlace::Record(..) | ExportPlace::Shard(..)) | None => None,
                };
                let page = self.store.list_campaigns(None, None, after, CAMPAIGNS).await?;
                (page.campaigns, page.next)
            }
        };
        let filter = &self.export.filter;
        let wanted = found.iter().filter(|summary| filter.covers(Some(summary.created_at)));
        let rows = wanted.map(|summary| campaigns::row(&facts(summary))).collect();
        let next = next.map(ExportPlace::Listed);
        Ok(RowPage { rows, read: count(found.len()), unreadable: 0, next })
    }

    async fn erased<'c>(
        &self,
        customers: impl Iterator<Item = &'c CustomerId>,
    ) -> Result<HashSet<CustomerId>, Stop> {
        let ids: HashSet<CustomerId> = customers.cloned().collect();
        Ok(self.store.erased_among(&ids).await?)
    }

    async fn revoked(&mut self, campaign: &CampaignId) -> Result<Revocation, Stop> {
        if let Some(known) = self.revoked.get(campaign) {
            return Ok(*known);
        }
        let summary = self.store.campaign_summary(campaign).await?;
        let revoked = summary.map(|summary| summary.revoke).unwrap_or_default();
        self.revoked.insert(campaign.clone(), revoked);
        Ok(revoked)
    }
}

fn facts(summary: &CampaignSummary) -> campaigns::CampaignFacts {
    campaigns::CampaignFacts {
        id: summary.id.clone(),
        kind: summary.kind,
        name: summary.name.clone(),
        state: summary.state,
        currency: summary.currency,
        created_at: summary.created_at,
        created_by: summary.created_by.clone(),
        updated_at: summary.updated_at,
        launched_at: summary.launched_at,
        starts_at: summary.starts_at,
        ends_at: summary.ends_at,
        ended_at: summary.ended_at,
        priority: summary.priority,
        holdout_percent: summary.holdout_percent,
        run: summary.run.clone(),
        is_redeeming_suspended: summary.suspension.is_some(),
    }
}

fn made<T>(page: RecordPage<T>, rows: impl Fn(&T) -> Vec<Row>) -> RowPage {
    RowPage {
        rows: page.records.iter().flat_map(rows).collect(),
        read: count(page.records.len()) + page.unreadable,
        unreadable: page.unreadable,
        next: after(page.next),
    }
}

fn record_key(place: Option<&ExportPlace>) -> Option<RecordKey> {
    match place {
        Some(ExportPlace::Record(partition, sort)) => Some((partition.clone(), sort.clone())),
        Some(ExportPlace::Shard(..) | ExportPlace::Listed(_)) | None => None,
    }
}

fn after(next: Option<RecordKey>) -> Option<ExportPlace> {
    next.map(|(partition, sort)| ExportPlace::Record(partition, sort))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
