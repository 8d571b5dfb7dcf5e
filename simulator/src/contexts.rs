//! Builds the contexts of one process: the real contexts of all functions on clients of the
//! in-memory AWS.
//!
//! A cold start builds them anew, because whatever a process keeps in memory is lost with it.

use std::{sync::Arc, time::Duration};

use axum::Router;
use channels::Sender;
use domain::{TimeZone, channel::Channel, costs::Costs, money::Currency, voucher::Brand};
use memory_aws::Memory;
use queue::Queue;
use store::{Store, Tables};

use crate::{
    plan::Plan,
    records::{CONTROL, CUSTOMERS, REPORTS, VOUCHERS, WORK},
};

/// The secret that signs the app backend's requests.
pub const SECRET: &[u8] = b"the secret of the simulation, 32";
/// The lifetime of a worker and of its lease in seconds, as in template.yaml.
pub const WORKER_SECONDS: i64 = 30;
/// The time for which counts are buffered in seconds, as in template.yaml.
const HOLD_SECONDS: u64 = 20;

pub struct Contexts {
    pub store: Store,
    pub dead: Queue,
    pub expand: expand_audience::Context,
    pub release: release_dispatches::Context,
    pub sms: delivery::Context,
    pub email: delivery::Context,
    pub push: delivery::Context,
    pub sweep: sweep::Context,
    pub autopilot: scan_autopilot::Context,
    pub aggregate: aggregate_reports::Context,
    pub campaigns: Router,
    pub customers: Router,
    pub operations: Router,
    pub vouchers: Router,
}

pub fn store(memory: &Memory) -> Store {
    let tables = Tables {
        customers: CUSTOMERS.into(),
        vouchers: VOUCHERS.into(),
        work: WORK.into(),
        control: CONTROL.into(),
        reports: REPORTS.into(),
    };
    Store::new(&memory.config(), tables)
}

fn watchdog(store: &Store, expansion: Queue, release: Queue) -> sweep::Context {
    sweep::Context {
        store: store.clone(),
        expansion,
        release,
        stalled_after_seconds: 2 * WORKER_SECONDS + 30,
        expiries_at_once: 100,
        limits: domain::sender_health::Limits::default(),
        zone: TimeZone::UTC,
        recount_for: Duration::from_secs(3_600),
    }
}

impl Contexts {
    pub fn new(memory: &Memory, plan: &Plan, euro: Currency) -> Self {
        let config = memory.config();
        let store = store(memory);
        let queue = |name: &str| Queue::new(&config, format!("http://memory/{name}"));
        let sends = memory.config_without_retries();
        let delivery = |channel: Channel, sender: Sender| {
            let settings = delivery::Settings {
                channel,
                brand: brand(),
                lease_seconds: WORKER_SECONDS,
                margin: Duration::from_secs(6),
                // longer than any lease, and short enough that retries happen while there are still
                // faults
                unknown_after_seconds: 4 * WORKER_SECONDS,
            };
            delivery::Context::new(store.clone(), sender, [queue("release"), queue("sweep"), queue("dead")], settings)
        };
        let lane =
            |channel: Channel| release_dispatches::Lane { channel, queue: queue(channel.as_str()), per_second: 100 };
        Self {
            dead: queue("dead"),
            expand: expand_audience::Context {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                sweep: queue("sweep"),
                dispatch_size: plan.dispatch_size,
                page_size: plan.page_size,
            },
            release: release_dispatches::Context {
                store: store.clone(),
                lanes: Channel::ALL.map(lane).into(),
                look_again_seconds: 10 * WORKER_SECONDS,
            },
            sms: delivery(Channel::Sms, Sender::sms(&sends)),
            email: delivery(Channel::Email, Sender::email(&sends, "offers@example.com".into(), Some("events".into()))),
            push: delivery(Channel::Push, Sender::push(&sends)),
            sweep: watchdog(&store, queue("expansion"), queue("release")),
            autopilot: scan_autopilot::Context {
                store: store.clone(),
                release: queue("release"),
                dispatch_size: plan.dispatch_size,
            },
            aggregate: aggregate_reports::Context {
                store: store.clone(),
                parked: queue("dead"),
                zone: TimeZone::UTC,
                hold: Duration::from_secs(HOLD_SECONDS),
            },
            campaigns: http_api::app(campaigns::routes().with_state(Arc::new(campaigns::Context {
                store: store.clone(),
                expansion: queue("expansion"),
                autopilot: queue("autopilot"),
                release: queue("release"),
                secrets: secrets::Secrets::new(&config),
                cursor_secret: String::new(),
                segments: plan.segments,
                currency: euro,
                messaging: messaging(&queue),
            }))),
            customers: http_api::app(customers::router(
                Arc::new(customers::Context::new(
                    store.clone(),
                    euro,
                    customers::Keys::Given(secrets::Marks::new(vec![b"erasure".to_vec()])),
                )),
                verifier(),
            )),
            operations: office(&store, memory, euro, [queue("release"), queue("sweep")]),
            vouchers: http_api::app(vouchers::router(Arc::new(vouchers::Context::new(store.clone())), verifier())),
            store,
        }
    }

    pub fn delivery(&self, channel: Channel) -> &delivery::Context {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Email => &self.email,
            Channel::Push => &self.push,
        }
    }
}

fn office(store: &Store, memory: &Memory, euro: Currency, [release, sweep]: [Queue; 2]) -> Router {
    http_api::app(operations::routes().with_state(Arc::new(operations::Context {
        store: store.clone(),
        release,
        sweep,
        secrets: secrets::Secrets::new(&memory.config()),
        cursor_secret: String::new(),
        zone: TimeZone::UTC,
        currency: euro,
        costs: Costs::default(),
        quarantines: Vec::new(),
    })))
}

fn brand() -> Brand {
    Brand { name: "Marketplace".into(), link_base: "https://app.example.com/v".into() }
}

fn messaging(queue: &dyn Fn(&str) -> Queue) -> campaigns::Messaging {
    campaigns::Messaging {
        brand: brand(),
        sender: "offers@example.com".into(),
        way_out_base: "https://api.example.com/u".into(),
        sms: queue("sms"),
        email: queue("email"),
        push: queue("push"),
        lease_seconds: WORKER_SECONDS,
    }
}

fn verifier() -> http_api::Verifier {
    http_api::Verifier::new(runtime::clock::now, move || async move { Ok(vec![SECRET.to_vec()]) })
}
