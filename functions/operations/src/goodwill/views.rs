//! The requests and answers of goodwill, with the checks of their form. Reads the clock alone.

use domain::{
    Timestamp,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, VoucherId},
        validation::{FieldError, check_reason},
    },
    voucher::{goodwill::MAX_REQUEST_ID, record::Voucher},
};
use http_edge::ApiResult;
use jiff::SignedDuration;
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Days from now to which anybody can move a voucher's end.
const MAX_DAYS: i64 = 2 * 366;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueVoucherRequest {
    /// An enabled campaign with the trigger `goodwill`.
    pub campaign_id: CampaignId,
    /// The caller's id of this request: the same again issues nothing more, and is a conflict with
    /// another `until`.
    #[schema(min_length = 1, max_length = 55, example = "case-4711")]
    pub request_id: String,
    /// 1 to 500 bytes, kept in the campaign's history.
    pub reason: String,
    /// The end of the voucher. Default: as the campaign's validity says.
    #[serde(default)]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    pub until: Option<Timestamp>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReissueVoucherRequest {
    /// 1 to 500 bytes, kept in the campaign's history.
    pub reason: String,
    /// The end of the new voucher. Default: as the campaign's validity says.
    #[serde(default)]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    pub until: Option<Timestamp>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendVoucherRequest {
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// 1 to 500 bytes, kept in the campaign's history.
    pub reason: String,
}

/// A voucher that support issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoodwillVoucher {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    pub accept_by: Timestamp,
    /// Absent if the time to redeem runs from acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    pub redeem_by: Option<Timestamp>,
    /// The channel on which the customer is told; `null` if none reaches them, or if this is a
    /// repeat.
    pub message: Option<Channel>,
    pub repeat: bool,
}

/// A voucher with its new end.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtendedVoucher {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    pub accept_by: Timestamp,
    /// Absent if the time to redeem runs from acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    pub redeem_by: Option<Timestamp>,
    pub repeat: bool,
}

impl IssueVoucherRequest {
    /// Checks the request and returns the occurrence of its voucher.
    pub fn check(&self) -> ApiResult<Occurrence> {
        let mut errors = check_reason_and_end(&self.reason, self.until);
        match Occurrence::of_goodwill(&self.request_id) {
            Some(occurrence) if errors.is_empty() => Ok(occurrence),
            Some(_) => Err(errors.into()),
            None => {
                let detail = format!("1 to {MAX_REQUEST_ID} of A-Z a-z 0-9 . _ : -");
                errors.push(FieldError::new("/request_id", "invalid", detail));
                Err(errors.into())
            }
        }
    }
}

impl GoodwillVoucher {
    pub fn issued(voucher: &Voucher, message: Option<Channel>) -> Self {
        Self {
            voucher_id: voucher.id.clone(),
            campaign_id: voucher.campaign.clone(),
            customer_id: voucher.customer.clone(),
            accept_by: voucher.accept_by,
            redeem_by: voucher.redeem_by,
            message,
            repeat: false,
        }
    }
    pub fn repeat(voucher: &Voucher) -> Self {
        Self { repeat: true, ..Self::issued(voucher, None) }
    }
}

impl ExtendedVoucher {
    pub fn new(voucher: &Voucher, repeat: bool) -> Self {
        Self {
            voucher_id: voucher.id.clone(),
            campaign_id: voucher.campaign.clone(),
            customer_id: voucher.customer.clone(),
            accept_by: voucher.accept_by,
            redeem_by: voucher.redeem_by,
            repeat,
        }
    }
}

/// Checks what all requests of goodwill have in common.
pub fn check_reason_and_end(reason: &str, until: Option<Timestamp>) -> Vec<FieldError> {
    check_reason(reason).into_iter().chain(check_end(until)).collect()
}

/// Checks that an end lies ahead, and within reach.
fn check_end(until: Option<Timestamp>) -> Option<FieldError> {
    let now = clock::now();
    let latest = now.checked_add(SignedDuration::from_hours(24 * MAX_DAYS));
    match until? {
        end if end <= now => {
            Some(FieldError::new("/until", "in_the_past", "must be in the future"))
        }
        end if latest.is_ok_and(|latest| end > latest) => {
            let detail = format!("at most {MAX_DAYS} days from now");
            Some(FieldError::new("/until", "out_of_range", detail))
        }
        _ => None,
    }
}
