//! The table and the functions that ask: each question is made to say no, once for each kind of
//! message, and what the functions answer has to be what the table says.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::{
    campaign::{
        audience::AudienceRule, definition::Definition, lifecycle::CampaignState,
        segments::Exclusion, trigger::TriggerFiring,
    },
    customer::{
        pause::Pause,
        profile::{Consent, ConsentState, Customer, Phone, ReachQuery},
        topics::{TopicQuestion, TopicScope},
    },
    delivery::{
        contact_policy::{ContactPolicy, FrequencyCap},
        eligibility::{
            EligibilityFacts, SendDecision, check_still_sendable, decide_send, is_held_out,
        },
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, SegmentId},
        money::Currency,
    },
    voucher::{
        record::{
            Voucher,
            tests::{after, definition, issued, noon},
        },
        skip_reason::SkipReason,
    },
};

/// Everything that is asked about, with an answer that lets the message go.
struct Facts {
    definition: Definition,
    customer: Option<Customer>,
    state: CampaignState,
    policy: ContactPolicy,
    cooling_down: bool,
    cap_reached: Option<SkipReason>,
    /// The vouchers that the customer has had already.
    vouchers: Vec<Voucher>,
    exclusions: Vec<Exclusion>,
    tenant_currency: Currency,
    now: Timestamp,
}

fn birthday_campaign(change: &Value) -> Definition {
    let mut document = json!({
        "kind": "autopilot",
        "trigger": {"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 30},
        "channels": {"mode": "first_available", "ladder": ["sms"]},
        "audience": {"tags": {"any_of": ["gold"]}},
        "topic": "deals",
    });
    for (key, value) in change.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    definition(document)
}

impl Facts {
    fn good() -> Self {
        let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        let granted = Consent { state: ConsentState::Granted, source: "test".into(), at: noon() };
        customer.consents.insert(Channel::Sms, granted);
        customer.profile.tags = ["gold".to_owned()].into_iter().collect();
        customer.profile.personal_dates.insert("birthday".into(), "1990-11-01".parse().unwrap());
        Self {
            definition: birthday_campaign(&json!({})),
            customer: Some(customer),
            state: CampaignState::Enabled,
            policy: ContactPolicy::default(),
            cooling_down: false,
            cap_reached: None,
            vouchers: Vec::new(),
            exclusions: Vec::new(),
            tenant_currency: Currency::parse("EUR").unwrap(),
            now: noon(),
        }
    }

    fn firing(&self) -> TriggerFiring {
        let trigger = self.definition.trigger.as_ref().unwrap();
        trigger.firing_on("2026-11-01".parse().unwrap()).unwrap()
    }

    /// Makes one question say no.
    fn refusing(question: SendQuestion) -> Self {
        let mut facts = Self::good();
        match question {
            SendQuestion::Campaign => facts.state = CampaignState::Cancelled,
            SendQuestion::Customer => facts.customer = None,
            SendQuestion::Offer => {
                facts.definition = birthday_campaign(&json!({"accept_by": "2026-11-01T13:00:00Z"}));
                facts.now = after(1);
            }
            SendQuestion::Exclusion => {
                let (id, rule) = (SegmentId::parse("staff").unwrap(), AudienceRule::Everyone);
                facts.exclusions = vec![Exclusion { id, rule }];
            }
            SendQuestion::Currency => facts.tenant_currency = Currency::parse("USD").unwrap(),
            SendQuestion::Trigger => facts.change(|one| one.profile.personal_dates.clear()),
            SendQuestion::Audience => facts.change(|one| one.profile.tags.clear()),
            SendQuestion::Deadline => facts.now = after(72),
            SendQuestion::CoolDown => facts.cooling_down = true,
            SendQuestion::Reach => facts.change(|one| one.consents.clear()),
            SendQuestion::Topic => {
                let topic = facts.topic().id;
                let denied =
                    Consent { state: ConsentState::Denied, source: "test".into(), at: noon() };
                facts.change(|one| {
                    one.topics.insert(TopicScope::on_all(&topic), denied);
                });
            }
            SendQuestion::Pause => facts.change(|one| {
                one.pause = Some(Pause { until: after(1), source: "test".into(), at: noon() });
            }),
            SendQuestion::Hours => {
                let quiet = json!({"quiet_hours": {"sms": {"from": "11:00", "to": "14:00"}}});
                facts.policy = serde_json::from_value(quiet).unwrap();
            }
            SendQuestion::FrequencyCap => {
                facts.policy.frequency_cap = Some(FrequencyCap { messages: 1, days: 7 });
                facts.vouchers = vec![issued(&facts.definition)];
                facts.cap_reached = Some(SkipReason::FrequencyCap);
            }
            SendQuestion::OfferCaps => facts.cap_reached = Some(SkipReason::OpenOffersCap),
            SendQuestion::Holdout => {
                facts.definition = birthday_campaign(&json!({"holdout_percent": 50}));
                let ids = (0..100).map(|number| CustomerId::parse(&format!("c-{number}")).unwrap());
                let campaign = CampaignId::parse("cmp_1").unwrap();
                let held_out = |id: &CustomerId| is_held_out(&campaign, &facts.definition, id);
                let id = ids.into_iter().find(held_out).unwrap();
                facts.change(|one| one.id = id);
            }
            SendQuestion::Voucher => {}
        }
        facts
    }

    /// The campaign's topic. Who has said nothing agrees.
    fn topic(&self) -> TopicQuestion {
        let id = self.definition.topic.clone().unwrap();
        TopicQuestion { id, default: ConsentState::Granted }
    }

    fn change(&mut self, change: impl FnOnce(&mut Customer)) {
        change(self.customer.as_mut().unwrap());
    }

    /// Returns true if the first message goes out now. A worker asks the campaign's state first.
    fn sends_first(&self) -> bool {
        let (campaign, firing) = (CampaignId::parse("cmp_1").unwrap(), self.firing());
        let topic = self.topic();
        let decision = decide_send(&EligibilityFacts {
            past_vouchers: &[],
            exclusions: &self.exclusions,
            campaign: &campaign,
            definition: &self.definition,
            customer: self.customer.as_ref(),
            topic: Some(&topic),
            channel: Channel::Sms,
            firing: Some(&firing),
            audience_at: noon(),
            cooling_down: self.cooling_down,
            policy: &self.policy,
            tenant_currency: self.tenant_currency,
            cap_reached: self.cap_reached,
            now: self.now,
        });
        let drops = self.state.work_policy() == crate::campaign::lifecycle::WorkPolicy::Drop;
        !drops && decision == SendDecision::Send
    }

    /// Returns true if a later message goes out now, as far as the customer decides it.
    fn sends_later(&self) -> bool {
        let customer = self.customer.as_ref();
        let topic = self.topic();
        let query = ReachQuery { topic: Some(&topic), now: self.now };
        let allowed = check_still_sendable(customer, Channel::Sms, &query, self.state).is_ok();
        let schedule = &self.definition.schedule;
        let hours = customer.is_some_and(|one| {
            self.policy.next_allowed(schedule, one, Channel::Sms, self.now) == Some(self.now)
        });
        let has_room = !self.policy.frequency_cap_reached(&self.vouchers, self.now);
        allowed && hours && has_room
    }
}

#[test]
fn what_the_table_says_is_what_is_asked() {
    let good = Facts::good();
    assert!(good.sends_first() && good.sends_later(), "nothing says no");
    for question in SendQuestion::ALL {
        let facts = Facts::refusing(question);
        let name = question.as_str();
        assert_eq!(!facts.sends_first(), question.is_asked_before(MessageKind::First), "{name}");
        if question != SendQuestion::Voucher {
            let asked = question.is_asked_before(MessageKind::Later);
            assert_eq!(!facts.sends_later(), asked, "{name}, later");
        }
    }
}

#[test]
fn what_protects_the_customer_is_asked_before_every_message() {
    let protecting = [
        SendQuestion::Customer,
        SendQuestion::Reach,
        SendQuestion::Topic,
        SendQuestion::Pause,
        SendQuestion::Hours,
        SendQuestion::FrequencyCap,
    ];
    for question in protecting {
        for message in [MessageKind::First, MessageKind::Later, MessageKind::Reminder] {
            assert!(question.is_asked_before(message), "{question:?} before {message:?}");
        }
    }
}

#[test]
fn the_document_has_the_table() {
    let document = include_str!("../../../../../docs/autopilots.md");
    for question in SendQuestion::ALL {
        let mark = |message| if question.is_asked_before(message) { "yes" } else { "no" };
        let kinds = [MessageKind::First, MessageKind::Later, MessageKind::Reminder].map(mark);
        let row = format!("| `{}` | {} |", question.as_str(), kinds.join(" | "));
        assert!(document.contains(&row), "docs/autopilots.md has no row that begins with {row}");
    }
}
