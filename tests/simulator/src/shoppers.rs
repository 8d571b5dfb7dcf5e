//! Customers at the till: they hold vouchers and redeem several on one order, at two tills at once,
//! and tell of the order what happens to it in any order and more than once: placed, edited, given
//! back in part, called off, and redeemed again. Support takes vouchers off.

use std::collections::BTreeMap;

use domain::{
    kernel::id::CustomerId,
    voucher::record::{Voucher, VoucherStatus},
};
use serde_json::{Value, json};

use crate::{
    actors::RequestKind,
    simulation::{START, SimulatedWorld},
};

/// The orders that a customer can have vouchers redeemed on.
const ORDERS: u32 = 3;
/// The seconds for which checkouts hold vouchers.
const HOLD_SECONDS: [i64; 3] = [5, 60, 3_600];

/// The holds that were granted, and whether one of them was not kept.
#[derive(Default)]
pub struct GrantedHolds {
    /// The end of each hold, by customer and key.
    until: BTreeMap<(String, String), i64>,
    pub broken: Option<String>,
}

/// Returns what a customer buys with an order of this number.
fn basket(number: u32) -> Value {
    let line = |id: &str, vertical: &str, amount: i64| json!({"id": id, "vertical": vertical, "merchant": "m1", "amount": amount});
    let (lines, fee) = match number {
        0 => (vec![line("1", "food", 1_500)], 0),
        1 => {
            let gift = line("3", "groceries", 0);
            let more = [line("2", "groceries", 601), gift, line("4", "food", 35)];
            (std::iter::once(line("1", "food", 900)).chain(more).collect(), 0)
        }
        _ => (vec![line("1", "food", 900)], 299), // less than two vouchers are worth
    };
    // The checkout says that it is the first order; what is told of the order later does not.
    json!({"currency": "EUR", "delivery_fee": fee, "lines": lines, "first_order": true})
}

/// Returns the same basket as the orders API is told it, without a word of the first order.
fn told_basket(number: u32) -> Value {
    let mut told = basket(number);
    told["first_order"] = json!(false);
    told
}

fn order_id(customer: &CustomerId, number: u32) -> String {
    format!("r{customer}-{number}")
}

impl SimulatedWorld {
    /// Holds, releases or redeems vouchers, often from two checkouts at once.
    pub fn shop(&mut self) {
        let wanted = [VoucherStatus::Accepted, VoucherStatus::Redeemed, VoucherStatus::Issued];
        let Some(voucher) = self.draw_voucher(&wanted) else { return };
        let set = self.draw_set(&voucher);
        match self.random.u32(..100) {
            0..20 => self.hold_set(&voucher.customer, &set),
            20..25 => self.release_set(&voucher),
            25..45 if voucher.hold.is_some() => self.redeem_held(&voucher),
            _ => {
                for _ in 0..self.random.usize(1..=2) {
                    let number = self.random.u32(..ORDERS);
                    let order = order_id(&voucher.customer, number);
                    let body =
                        json!({"order_id": order, "vouchers": set, "basket": basket(number)});
                    self.send_checkout(&voucher.customer, "redeem", body);
                }
            }
        }
    }

    /// Returns a set of one voucher, or more of the same customer.
    fn draw_set(&mut self, voucher: &Voucher) -> Vec<String> {
        let mut set = vec![voucher.id.to_string()];
        if self.random.bool() {
            let more = self.view.vouchers.values().filter(|other| {
                other.customer == voucher.customer
                    && other.id != voucher.id
                    && other.status == VoucherStatus::Accepted
            });
            set.extend(more.take(2).map(|other| other.id.to_string()));
        }
        set
    }

    /// Holds vouchers for a checkout.
    pub fn hold_vouchers(&mut self) {
        if let Some(voucher) = self.draw_voucher(&[VoucherStatus::Accepted]) {
            let set = self.draw_set(&voucher);
            self.hold_set(&voucher.customer, &set);
        }
    }

    fn hold_set(&mut self, customer: &CustomerId, set: &[String]) {
        let key = self.actors.next_id("k");
        let seconds = HOLD_SECONDS.get(self.random.usize(..3)).copied().unwrap_or(60);
        let body = json!({
            "hold_key": key, "ttl_seconds": seconds, "vouchers": set, "basket": basket(0),
        });
        self.send_checkout(customer, "hold", body);
    }

    fn release_set(&mut self, voucher: &Voucher) {
        let Some(hold) = &voucher.hold else { return };
        // A checkout that releases has no promise left, whatever the answer will be.
        let key = hold.key.to_string();
        self.actors.holds.until.remove(&(voucher.customer.to_string(), key.clone()));
        let body = json!({"hold_key": key, "vouchers": [voucher.id.as_str()]});
        self.send_checkout(&voucher.customer, "release", body);
    }

    fn redeem_held(&mut self, voucher: &Voucher) {
        let Some(hold) = &voucher.hold else { return };
        let body = json!({
            "order_id": order_id(&voucher.customer, 0), "vouchers": [voucher.id.as_str()],
            "basket": basket(0), "hold_key": hold.key.as_str(),
        });
        self.send_checkout(&voucher.customer, "redeem", body);
    }

    fn send_checkout(&mut self, customer: &CustomerId, action: &str, body: Value) {
        let path = format!("/v1/customers/{customer}/checkout/{action}");
        self.send_as_app_backend("POST", path, body, RequestKind::Voucher);
    }

    /// Tells something of an order on which a voucher was redeemed, often twice. Event ids are few,
    /// so that repeats, conflicts and late deliveries are common.
    pub fn report_redeemed_order(&mut self) {
        let wanted = [VoucherStatus::Redeemed, VoucherStatus::Reversed, VoucherStatus::Accepted];
        let Some(voucher) = self.draw_voucher(&wanted) else { return };
        let Some(redemption) = voucher.redemption.clone() else { return };
        let order = redemption.order.as_str();
        let number = order.rsplit('-').next().and_then(|text| text.parse().ok()).unwrap_or(0);
        if self.random.u32(..100) < 10 {
            let path =
                format!("/v1/customers/{}/vouchers/{}/reverse", voucher.customer, voucher.id);
            let event = format!("s{}", self.random.u32(..3));
            let body = json!({"event_id": event, "order_id": order, "reason": "asked for it"});
            return self.send_as_app_backend("POST", path, body, RequestKind::Voucher);
        }
        let body = self.draw_order_event(&voucher.customer, order, number);
        for _ in 0..self.random.usize(1..=2) {
            let path = "/v1/orders".to_owned();
            self.send_as_app_backend("POST", path, body.clone(), RequestKind::Customer);
        }
    }

    fn draw_order_event(&mut self, customer: &CustomerId, order: &str, number: u32) -> Value {
        let what = match self.random.u32(..100) {
            0..40 => "placed",
            40..60 => "cancelled",
            60..85 => "refunded",
            _ => "edited",
        };
        let id = self.random.u32(..3);
        // The time belongs to the event: the same id nearly always has the same content.
        let mut body = json!({
            "event": what, "event_id": format!("{what}{id}"), "order_id": order,
            "customer_id": customer.as_str(), "at": START,
        });
        match what {
            "placed" => {
                let mut placed = told_basket(number);
                // The order of the lines says nothing.
                if let Some(lines) = placed["lines"].as_array_mut() {
                    lines.reverse();
                }
                body["basket"] = placed;
            }
            "edited" => {
                let mut edited = told_basket(number);
                edited["lines"][0]["amount"] = json!(400 + 600 * i64::from(id));
                body["basket"] = edited;
            }
            "refunded" => {
                let lines = match (number, id) {
                    (1, 2) => json!([{"id": "2", "amount": 601}]), // all that there was of groceries
                    _ => json!([{"id": "1", "amount": 200 + i64::from(id)}]),
                };
                body["refund"] = json!({"currency": "EUR", "lines": lines, "amount": id * 100});
            }
            _ => {}
        }
        body
    }

    /// Keeps a hold that was granted, and checks that one that still lasts is redeemed.
    pub fn record_checkout_answer(&mut self, path: &str, asked: &Value, status: u16, body: &str) {
        let Some((customer, action)) = path
            .strip_prefix("/v1/customers/")
            .and_then(|rest| rest.split_once("/checkout/"))
            .map(|(customer, action)| (customer.to_owned(), action))
        else {
            return;
        };
        let Some(key) = asked["hold_key"].as_str().map(str::to_owned) else { return };
        if action == "hold" && status == 200 {
            let answer: Value = serde_json::from_str(body).unwrap_or_default();
            let until = answer["held_until"].as_str().and_then(|it| it.parse().ok());
            let until = until.map(|until: domain::Timestamp| until.as_millisecond());
            self.actors.holds.until.extend(until.map(|until| ((customer, key), until)));
        } else if action == "redeem" && status == 409 && body.contains("voucher_refused") {
            let lasts = self.actors.holds.until.get(&(customer.clone(), key.clone()));
            let Some(until) = lasts.filter(|until| self.now < **until) else { return };
            let is_held = self.view.vouchers.values().any(|voucher| {
                asked["vouchers"][0] == voucher.id.as_str()
                    && voucher.status == VoucherStatus::Accepted
                    && voucher.hold.as_ref().is_some_and(|hold| hold.key.as_str() == key)
            });
            if is_held {
                let what = format!("{customer} holds {key} until {until} and was refused: {body}");
                self.actors.holds.broken.get_or_insert(what);
            }
        }
    }
}
