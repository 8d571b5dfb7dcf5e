//! The answers to what support may not do, each with what can be done instead.

use domain::{kernel::validation::FieldError, voucher::goodwill::GoodwillRefusal};
use http::StatusCode;
use http_edge::Problem;

pub(super) fn refuse(why: GoodwillRefusal) -> Problem {
    let (code, detail) = describe(why);
    if why.is_limit() {
        Problem::new(StatusCode::FORBIDDEN, "goodwill_limit", detail)
    } else {
        Problem::conflict(code, detail)
    }
}

fn describe(why: GoodwillRefusal) -> (&'static str, &'static str) {
    match why {
        GoodwillRefusal::NotGoodwill => {
            ("not_goodwill", "only a campaign with the trigger goodwill is issued by hand")
        }
        GoodwillRefusal::CampaignNotLive => {
            ("campaign_not_live", "the campaign issues nothing now: it has to be enabled")
        }
        GoodwillRefusal::CampaignRevoked => {
            ("campaign_revoked", "the campaign's vouchers are revoked, a new one would be as well")
        }
        GoodwillRefusal::NotAVoucher => {
            ("not_a_voucher", "the customer got no voucher: issue one of a goodwill campaign")
        }
        GoodwillRefusal::VoucherIsOpen => {
            ("voucher_is_open", "the voucher can still be used: extend it instead")
        }
        GoodwillRefusal::VoucherIsHeld => (
            "voucher_is_held",
            "a checkout holds the voucher and can redeem it: try again when the hold has ended",
        ),
        GoodwillRefusal::VoucherIsRedeemed => (
            "voucher_is_redeemed",
            "the voucher is used: cancel or refund its order, or issue one of a goodwill campaign",
        ),
        GoodwillRefusal::VoucherIsOver => {
            ("voucher_is_over", "the voucher is over: issue it again instead")
        }
        GoodwillRefusal::EndsTooEarly => {
            ("ends_too_early", "the voucher would be over at once: name a later end in `until`")
        }
        GoodwillRefusal::NotLater => ("not_later", "the voucher ends later already"),
        GoodwillRefusal::CostLimit => {
            ("goodwill_limit", "the voucher can cost more than your role may give away")
        }
        GoodwillRefusal::CurrencyLimit => (
            "goodwill_limit",
            "your role is limited in the tenant's currency, and the offer is in another",
        ),
        GoodwillRefusal::ExtensionLimit => {
            ("goodwill_limit", "the end is further away than your role may set it")
        }
        GoodwillRefusal::CustomerLimit => (
            "goodwill_limit",
            "the customer has got as many goodwill vouchers in 30 days as the tenant allows",
        ),
    }
}

pub(super) fn request_conflict() -> Problem {
    let why = "a voucher was issued by a request of this id that asked for another end";
    Problem::conflict("request_conflict", why).with_error(FieldError::new(
        "/until",
        "request_conflict",
        why,
    ))
}

pub(super) fn day_limit() -> Problem {
    let detail = "you have issued as many vouchers today as your role may";
    Problem::new(StatusCode::FORBIDDEN, "goodwill_limit", detail)
}

pub(super) fn cap_reached() -> Problem {
    Problem::conflict("cap_reached", "the campaign's caps have no room for one more voucher")
}

pub(super) fn other_currency() -> Problem {
    let detail = "the customer pays in another currency: the voucher would never apply";
    Problem::conflict("other_currency", detail)
}

pub(super) fn customer_unknown() -> Problem {
    Problem::not_found("customer_unknown").with_detail("there is no such customer")
}

pub(super) fn campaign_unknown() -> Problem {
    Problem::not_found("campaign_unknown").with_detail("there is no such campaign")
}

pub(super) fn voucher_unknown() -> Problem {
    Problem::not_found("voucher_unknown").with_detail("the customer has no such voucher")
}
