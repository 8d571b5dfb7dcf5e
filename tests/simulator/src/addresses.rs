//! People and their addresses: they share phones and mailboxes, write them in other letters and with
//! other digits, swap them and come back, hand devices on, and answer STOP, late and again, and START.

use domain::kernel::id::CustomerId;
use serde_json::{Value, json};

use crate::{actors::RequestKind, simulation::SimulatedWorld};

/// The words that phones write, STOP more often than START.
const REPLIES: [&str; 6] = ["STOP", "stop.", "ARRÊT", "START", "unstop", "thanks!"];
/// The longest way of a reply to us, in milliseconds.
const MAX_DELAY: i64 = 600_000;
/// The longest way in scenarios that last for days.
const MAX_DELAY_IN_DAYS: i64 = 3 * 86_400_000;

/// Returns the phone of the customer with this number.
pub fn phone(number: usize) -> String {
    format!("+4477009000{number:02}")
}

/// Returns the same phone as some people write it: with the digit that is dialled within the country.
fn phone_with_trunk(number: usize) -> String {
    format!("+44077009000{number:02}")
}

/// Returns the mailbox of the customer with this number.
pub fn mailbox(number: usize) -> String {
    format!("c{number:02}@example.com")
}

/// Returns the token of the device of the customer with this number.
pub fn device(number: usize) -> String {
    format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/device-{number:02}")
}

/// Returns the contacts that the customer with this number has at first. Where addresses are shared,
/// two customers have one phone that they write with other digits, and one mailbox that they write in
/// other letters.
pub fn first_contacts(number: usize, shared: bool) -> Value {
    if shared && number % 2 == 1 {
        let (phone, mailbox) = (phone_with_trunk(number - 1), mailbox(number - 1).to_uppercase());
        return json!({"phone": phone, "email": mailbox});
    }
    json!({"phone": phone(number), "email": mailbox(number)})
}

impl SimulatedWorld {
    /// A phone answers our messages. The answer is sometimes late, for days where a scenario lasts that
    /// long, and sometimes comes twice; what it says counts for the time at which it was said.
    pub fn answer_by_phone(&mut self) {
        let number = self.draw_number();
        let said = REPLIES.get(self.random.usize(..REPLIES.len())).copied().unwrap_or("STOP");
        let body = json!({
            "originationNumber": phone(number), "destinationNumber": "+447700900999",
            "messageBody": said, "inboundMessageId": self.actors.next_id("i"),
        });
        let said_at = self.current_time().to_string();
        let news =
            json!({"Type": "Notification", "Timestamp": said_at, "Message": body.to_string()});
        let longest = if self.plan.autopilot.is_some() { MAX_DELAY_IN_DAYS } else { MAX_DELAY };
        for _ in 0..self.random.usize(1..=2) {
            let at = self.now + self.random.i64(0..longest);
            self.enqueue_provider_event(news.to_string(), at);
        }
    }

    /// A customer takes an address of somebody, writes it in other letters, or has none for a while.
    pub fn swap_address(&mut self) {
        let Some(customer) = self.draw_customer() else { return };
        let number = self.draw_number();
        let contacts = match self.random.u32(..5) {
            0 if number.is_multiple_of(3) => json!({"phone": phone_with_trunk(number)}),
            0 => json!({"phone": phone(number)}),
            1 => json!({"email": mailbox(number)}),
            2 => json!({"email": mailbox(number).to_uppercase()}),
            3 => json!({"email": null}),
            _ => json!({"phone": null}),
        };
        let path = format!("/v1/customers/{customer}");
        let body = json!({ "contacts": contacts });
        self.send_as_app_backend("PATCH", path, body, RequestKind::Customer);
    }

    /// Somebody signs in on a device that another customer has used.
    pub fn hand_on_device(&mut self) {
        let Some(customer) = self.draw_customer() else { return };
        let number = self.draw_number();
        self.register_device(&customer, number);
    }

    fn register_device(&mut self, customer: &CustomerId, number: usize) {
        let path = format!("/v1/customers/{customer}/push-endpoints");
        let body = json!({"endpoint_id": "phone", "arn": device(number)});
        self.send_as_app_backend("PUT", path, body, RequestKind::Customer);
    }

    fn draw_number(&mut self) -> usize {
        self.random.usize(..self.plan.customers.max(1))
    }
}
