//! Keys of the Vouchers table, PK `customer_id` and SK `voucher_id`, and of its index `by-campaign`.

use domain::{
    kernel::id::{CampaignId, CustomerId, VoucherId},
    voucher::record::Voucher,
};

use super::{customers::CUSTOMER_ID, pair};
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, s},
};

/// Write shards of the by-campaign index: 16,000 vouchers a second for one campaign.
pub const CAMPAIGN_SHARDS: u32 = VoucherId::SHARDS;

/// The key of one voucher.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VoucherKey {
    pub customer: CustomerId,
    pub voucher: VoucherId,
}

impl From<&Voucher> for VoucherKey {
    fn from(voucher: &Voucher) -> Self {
        Self { customer: voucher.customer.clone(), voucher: voucher.id.clone() }
    }
}

/// Returns the key of a record in Vouchers: the customer's id and the voucher's.
pub(crate) fn voucher_key(key: &VoucherKey) -> ItemMap {
    pair((CUSTOMER_ID, key.customer.as_str()), ("voucher_id", key.voucher.as_str()))
}

/// Reads the key of a voucher from its item, from an index entry, or from a note about it.
pub(crate) fn read_voucher_key(item: &ItemMap) -> Result<VoucherKey> {
    let bad = |what: &str| StoreError::corrupt("voucher", what.to_owned());
    Ok(VoucherKey {
        customer: CustomerId::parse(item.text(CUSTOMER_ID)?).map_err(|_| bad("customer_id"))?,
        voucher: VoucherId::parse(item.text("voucher_id")?).map_err(|_| bad("voucher_id"))?,
    })
}

/// Returns the partition of one shard of the index `by-campaign`: `<campaign>#03`.
pub(crate) fn campaign_bucket(campaign: &CampaignId, shard: u32) -> String {
    format!("{campaign}#{shard:02}")
}

/// Returns the key at which a query of the index `by-campaign` goes on after a voucher.
pub(crate) fn campaign_start_key(bucket: &str, after: &VoucherKey) -> ItemMap {
    let mut start = voucher_key(after);
    start.insert("campaign_bucket".into(), s(bucket));
    start
}

/// Returns the key of a voucher as one text, for the position of a recount: `<customer>/<voucher>`.
pub(crate) fn voucher_position(voucher: &Voucher) -> String {
    format!("{}/{}", voucher.customer, voucher.id)
}

/// Returns the key that [`voucher_position`] names.
pub(crate) fn parse_voucher_position(position: &str) -> Result<ItemMap> {
    let (customer, voucher) = position
        .rsplit_once('/')
        .ok_or_else(|| StoreError::corrupt("recount", "a position without a voucher"))?;
    Ok(pair((CUSTOMER_ID, customer), ("voucher_id", voucher)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::key_texts;

    #[test]
    fn a_recount_goes_on_after_its_position() {
        let start = parse_voucher_position("c/1/vch_1").unwrap();
        assert_eq!(key_texts(&start, [CUSTOMER_ID, "voucher_id"]), ["c/1", "vch_1"]);
        assert!(parse_voucher_position("end").is_err());
    }
}
