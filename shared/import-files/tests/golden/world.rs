//! A world in memory into which a file is imported: customers, what their mailboxes have said, and
//! orders, each by the domain's own rules.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Timestamp,
    customer::{
        address_state::{AddressState, Lift, LiftCause},
        changes,
        consent::ConsentState,
        profile::{Customer, Zone},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, OrderId},
        money::Currency,
    },
};
use import_files::{
    change::RecordChange,
    customer::{CustomerReader, CustomerRecord, Identity, ImportTerms},
    layout::{FileEncoding, FileLayout},
    order::{OrderReader, OrderReading, OrderRecord},
    reader::{FilePlace, RecordReader},
    reason::{CellNote, Reason},
    record::Record,
    survey::{FileFacts, Survey, SurveyEnd},
    systems::{ColumnMapping, ImportKind},
};
use serde_json::{Value, json};

/// The moment at which every file is imported.
pub fn now() -> Timestamp {
    "2026-11-30T00:00:00Z".parse().unwrap()
}

pub fn terms() -> ImportTerms {
    ImportTerms {
        zone: Zone::default(),
        country: None,
        currency: None,
        subscribed_counts: false,
        as_of: now(),
    }
}

/// Surveys a file in chunks of a size.
pub fn survey(
    bytes: &[u8],
    kind: ImportKind,
    encoding: Option<FileEncoding>,
    chunk: usize,
) -> Result<FileFacts, Reason> {
    let mut layout = FileLayout::sniff(bytes, encoding, None)?;
    for _ in 0..2 {
        let mut survey = Survey::new(&layout, kind, ColumnMapping::default());
        let first = usize::try_from(survey.first_byte()).unwrap();
        for part in bytes[first..].chunks(chunk) {
            survey.push(part);
        }
        match survey.finish()? {
            SurveyEnd::Done(facts) => {
                facts.require_columns()?;
                return Ok(*facts);
            }
            SurveyEnd::ReadAgain(again) => layout = again,
        }
    }
    panic!("a second survey asks for a third");
}

/// Reads all records of a file in chunks; starts anew from the place told after every `resume`-th.
pub fn records(
    bytes: &[u8],
    facts: &FileFacts,
    chunk: usize,
    resume: Option<u64>,
) -> (Vec<Record>, Vec<String>) {
    let mut reader = RecordReader::new(&facts.layout);
    let mut rest = &bytes[usize::try_from(reader.first_byte()).unwrap()..];
    let mut records = Vec::new();
    let mut place: Option<FilePlace> = None;
    loop {
        if let Some(place) = place.take() {
            reader = RecordReader::resume(&facts.layout, &place);
            rest = &bytes[usize::try_from(place.offset).unwrap()..];
        }
        match reader.next_record() {
            Some(record) => {
                let again = resume.is_some_and(|every| record.number.is_multiple_of(every));
                records.push(record);
                place = again.then(|| reader.place());
            }
            None if rest.is_empty() => {
                reader.finish();
                records.extend(std::iter::from_fn(|| reader.next_record()));
                return (records, reader.columns().to_vec());
            }
            None => {
                let (part, after) = rest.split_at(chunk.min(rest.len()));
                reader.push(part);
                rest = after;
            }
        }
    }
}

#[derive(Default)]
pub struct World {
    customers: BTreeMap<String, Customer>,
    mailboxes: BTreeMap<String, AddressState>,
    orders: BTreeMap<OrderId, OrderRecord>,
}

impl World {
    /// Imports a file, and returns what became of each record.
    pub fn import(
        &mut self,
        bytes: &[u8],
        kind: ImportKind,
    ) -> Result<(String, Vec<Value>), Reason> {
        let facts = survey(bytes, kind, None, 64)?;
        let (records, columns) = records(bytes, &facts, 64, Some(1));
        let told = match kind {
            ImportKind::Orders => {
                let mut reader = OrderReader::new(&facts, terms(), None)?;
                records.iter().map(|it| self.take_order(it, reader.read(it, &columns))).collect()
            }
            ImportKind::Merchants | ImportKind::Verticals | ImportKind::Categories => {
                panic!("the catalogue has tests of its own")
            }
            ImportKind::Customers | ImportKind::Suppressions => {
                let mut reader = CustomerReader::new(&facts, terms(), now())?;
                let mut take = |record: &Record| {
                    let read = reader.read(record, &columns);
                    let source = format!("import:{}", facts.system);
                    self.take_customer(record, read, &source, reader.system().must_exist)
                };
                records.iter().map(&mut take).collect()
            }
        };
        Ok((facts.system, told))
    }

    fn take_order(&mut self, record: &Record, read: Result<OrderReading, Reason>) -> Value {
        let order = match read {
            Err(reason) => return refused(record, &reason),
            Ok(OrderReading::FurtherItem) => {
                return json!([record.number, record.lines(), "item", {}]);
            }
            Ok(OrderReading::Order(order)) => *order,
        };
        let known = self.orders.insert(order.order.clone(), order.clone());
        let outcome = match &known {
            None => "new",
            Some(known) if *known == order => "unchanged",
            Some(_) => "changed",
        };
        let told = json!({
            "order": order.order, "status": order.status, "placed_at": order.placed_at,
            "total": format!("{} {}", order.total.units(), order.currency),
            "refunded": order.refunded.units(), "cancelled_at": order.cancelled_at,
            "buyer": order.buyer.id, "email": order.buyer.email.as_ref().map(|it| it.expose()),
            "phone": order.buyer.phone.as_ref().map(|it| it.expose()),
            "less": columns(&order.notes.left_out), "warn": columns(&order.notes.warnings),
        });
        json!([record.number, record.lines(), outcome, told])
    }

    /// Finds the customer of a record: by the id or account, else whoever has the mailbox or
    /// number.
    fn key_of(&self, record: &CustomerRecord) -> String {
        let holder = |matches: &dyn Fn(&Customer) -> bool| {
            self.customers.iter().find(|(_, it)| matches(it)).map(|(key, _)| key.clone())
        };
        match &record.identity {
            Identity::Id(id) => id.as_str().to_owned(),
            Identity::Account { website, email } => format!("{website}:{}", email.expose()),
            Identity::Mailbox(email) => holder(&|it| it.contacts.email.as_ref() == Some(email))
                .unwrap_or_else(|| email.expose().to_owned()),
            Identity::Number(phone) => holder(&|it| it.contacts.phone.as_ref() == Some(phone))
                .unwrap_or_else(|| phone.expose().to_owned()),
        }
    }

    fn take_customer(
        &mut self,
        record: &Record,
        read: Result<CustomerRecord, Reason>,
        source: &str,
        must_exist: bool,
    ) -> Value {
        let read = match read {
            Err(reason) => return refused(record, &reason),
            Ok(read) => read,
        };
        let key = self.key_of(&read);
        let stored = self.customers.get(&key).cloned();
        if must_exist && stored.is_none() {
            return refused(record, &Reason::new("no_customer", "no such customer"));
        }
        let RecordChange { replacement, left_out } = read.change(stored.as_ref(), &terms(), source);
        let errors = replacement.errors(now());
        assert!(errors.is_empty(), "record {}: {errors:?}", record.number);
        let id = CustomerId::parse("someone").unwrap();
        let euros = Currency::parse("EUR").unwrap();
        let after = replacement.apply(&id, stored.as_ref(), euros, now()).unwrap();
        let is_silent = stored.as_ref() == Some(&after);
        let was_suppressed = self.suppressed(&after);
        self.note_addresses(stored.as_ref(), &after, &read, source);
        let outcome = match &stored {
            None => "new",
            Some(_) if is_silent && was_suppressed == self.suppressed(&after) => "unchanged",
            Some(_) => "changed",
        };
        let mut warnings = columns(&read.notes.warnings);
        let is_other = |(other, it): (&String, &Customer)| {
            *other != key && read.email.is_some() && it.contacts.email == read.email
        };
        if stored.is_none() && self.customers.iter().any(is_other) {
            warnings.push("shared mailbox".to_owned());
        }
        self.customers.insert(key, after.clone());
        let less: BTreeSet<String> =
            columns(&read.notes.left_out).into_iter().chain(columns(&left_out)).collect();
        let told = self.tell(&read, &after, less, warnings);
        json!([record.number, record.lines(), outcome, told])
    }

    /// Records what the mailbox has said: each no, and a dated yes as the lift of earlier ones.
    fn note_addresses(
        &mut self,
        before: Option<&Customer>,
        after: &Customer,
        read: &CustomerRecord,
        source: &str,
    ) {
        let email = after.contacts.email.clone();
        for (address, no) in read.suppressions(&terms(), source) {
            let state = self.mailboxes.entry(address.expose().to_owned());
            state.or_insert_with(|| AddressState::new(address.channel())).suppress(&no);
        }
        let given = changes::granted_by_change(before, after, Channel::Email, now());
        if let Some((email, at)) = email.zip(given) {
            let state = self.mailboxes.entry(email.expose().to_owned());
            let state = state.or_insert_with(|| AddressState::new(Channel::Email));
            state.lift(&Lift::received(LiftCause::Consent, at));
        }
    }

    fn suppressed(&self, customer: &Customer) -> Option<String> {
        let email = customer.contacts.email.as_ref()?;
        let found = self.mailboxes.get(email.expose())?.suppression_for(None)?;
        Some(format!("{:?}", found.reason))
    }

    fn tell(
        &self,
        read: &CustomerRecord,
        after: &Customer,
        less: BTreeSet<String>,
        warnings: Vec<String>,
    ) -> Value {
        let said: BTreeMap<&str, String> = read
            .choices
            .iter()
            .map(|it| {
                let at = it.at.map_or("undated".to_owned(), |at| at.to_string());
                (it.channel.as_str(), format!("{} {at}", word(it.state)))
            })
            .collect();
        let stands: BTreeMap<&str, &str> =
            after.consents.iter().map(|(it, choice)| (it.as_str(), word(choice.state))).collect();
        let identity = match &read.identity {
            Identity::Id(id) => id.to_string(),
            Identity::Account { website, .. } => format!("account:{website}"),
            Identity::Mailbox(_) => "mailbox".to_owned(),
            Identity::Number(_) => "number".to_owned(),
        };
        let profile = &read.profile;
        json!({
            "id": identity, "email": read.email.as_ref().map(|it| it.expose()),
            "phone": read.phone.as_ref().map(|it| it.expose()), "country": read.country,
            "first_name": profile.first_name.as_ref().map(|it| it.expose()),
            "last_name": profile.last_name.as_ref().map(|it| it.expose()),
            "locale": profile.locale, "zone": profile.zone, "signed_up": profile.signed_up,
            "tags": profile.tags, "birthday": profile.birthday,
            "place": profile.location.map(|it| format!("{:.4} {:.4}", it.lat, it.lon)),
            "said": said, "stands": stands, "suppressed": self.suppressed(after),
            "kept": {
                "phone": after.contacts.phone.as_ref().map(|it| it.expose()),
                "email": after.contacts.email.as_ref().map(|it| it.expose()),
                "last_name": after.profile.last_name.as_ref().map(|it| it.expose()),
                "tags": after.profile.tags,
            },
            "no_place": read.no_place.iter().cloned().collect::<BTreeMap<_, _>>(),
            "less": less, "warn": warnings,
        })
    }

    /// Returns `yes`, `no` or `unknown` for who has the mailbox, and why it is not written to.
    pub fn email_state(&self, email: &str) -> (String, Option<String>) {
        let holder = self
            .customers
            .values()
            .find(|it| it.contacts.email.as_ref().is_some_and(|found| found.expose() == email));
        let customer = holder.expect("somebody has the mailbox");
        let consent = customer.consents.get(&Channel::Email);
        let consent = consent.map_or("unknown", |it| word(it.state));
        (consent.to_owned(), self.suppressed(customer))
    }
    pub fn customers(&self) -> usize {
        self.customers.len()
    }
}

fn word(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Granted => "yes",
        ConsentState::Denied => "no",
    }
}

fn columns(notes: &[CellNote]) -> Vec<String> {
    notes.iter().map(|note| note.column.clone()).collect()
}

fn refused(record: &Record, reason: &Reason) -> Value {
    json!([record.number, record.lines(), format!("refused: {}", reason.code), {}])
}
