//! Takes batches of records, several customers at a time and the records of one customer in the
//! order of the file.

use std::collections::HashMap;

use domain::{Timestamp, campaign::catalogue::CatalogueKind, kernel::money::Currency};
use futures::{StreamExt, TryStreamExt, stream};
use import_files::{
    catalogue::{CatalogueReader, MerchantRecord, NamesRecord},
    customer::{CustomerReader, CustomerRecord, Identity, ImportTerms},
    order::{OrderReader, OrderReading, OrderRecord},
    reason::{CellNote, Reason},
    record::Record,
    survey::FileFacts,
    systems::ImportKind,
};
use store::{Result, Store};

use crate::{
    catalogue::{take_merchant, take_names},
    customers::{CustomerTerms, take_customer},
    orders::{OrderTerms, take_order},
    suppressions::{require_address, take_suppression},
};

/// Customers that are written at once. They share the function's connections.
const PARALLEL_CUSTOMERS: usize = 16;

/// The outcome of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    Taken { left_out: Vec<CellNote> },
    Unchanged { left_out: Vec<CellNote> },
    Refused(Reason),
}

enum Reader {
    Customers(CustomerReader),
    Orders(OrderReader),
    Catalogue(CatalogueReader),
}

/// A record that was read, or refused, or needs nothing.
pub(crate) enum Read {
    Customer(Box<CustomerRecord>),
    Order(Box<OrderRecord>),
    Merchant(Box<MerchantRecord>),
    Names(CatalogueKind, Box<NamesRecord>),
    /// A further item of an order.
    Nothing,
}

/// Takes the records of one file.
pub struct Importer {
    kind: ImportKind,
    reader: Reader,
    terms: ImportTerms,
    orders: OrderTerms,
    source: String,
    must_exist: bool,
    tenant: Currency,
}

impl Importer {
    /// Makes an importer. `last_order` is [`last_order`](Self::last_order) of the one before, if
    /// the import goes on in the middle of a file.
    pub fn new(
        facts: &FileFacts,
        terms: &ImportTerms,
        orders: &OrderTerms,
        tenant: Currency,
        last_order: Option<String>,
        now: Timestamp,
    ) -> std::result::Result<Self, Reason> {
        facts.require_columns()?;
        let reader = match facts.kind {
            ImportKind::Customers | ImportKind::Suppressions => {
                Reader::Customers(CustomerReader::new(facts, terms.clone(), now)?)
            }
            ImportKind::Orders => {
                Reader::Orders(OrderReader::new(facts, terms.clone(), last_order)?)
            }
            ImportKind::Merchants | ImportKind::Verticals | ImportKind::Categories => {
                Reader::Catalogue(CatalogueReader::new(facts, terms)?)
            }
        };
        Ok(Self {
            kind: facts.kind,
            reader,
            terms: terms.clone(),
            orders: orders.clone(),
            source: format!("import:{}", facts.system),
            must_exist: facts.system()?.must_exist,
            tenant,
        })
    }

    /// Returns the number of the order before the next record.
    pub fn last_order(&self) -> Option<String> {
        match &self.reader {
            Reader::Customers(_) | Reader::Catalogue(_) => None,
            Reader::Orders(reader) => reader.last_order().map(str::to_owned),
        }
    }

    /// Reads records without taking them: what each would be, as far as the file alone tells.
    pub fn rehearse(&mut self, records: &[Record], columns: &[String]) -> Vec<RecordOutcome> {
        let outcomes = records.iter().map(|record| match self.read(record, columns) {
            Ok(Read::Customer(read)) => RecordOutcome::Taken { left_out: read.notes.left_out },
            Ok(Read::Order(read)) => RecordOutcome::Taken { left_out: read.notes.left_out },
            Ok(Read::Merchant(read)) => RecordOutcome::Taken { left_out: read.notes.left_out },
            Ok(Read::Names(..) | Read::Nothing) => RecordOutcome::Taken { left_out: Vec::new() },
            Err(reason) => RecordOutcome::Refused(reason),
        });
        outcomes.collect()
    }

    pub(crate) fn read(
        &mut self,
        record: &Record,
        columns: &[String],
    ) -> std::result::Result<Read, Reason> {
        match &mut self.reader {
            Reader::Customers(reader) => {
                let read = reader.read(record, columns)?;
                if self.kind == ImportKind::Suppressions {
                    require_address(&read)?;
                }
                Ok(Read::Customer(Box::new(read)))
            }
            Reader::Orders(reader) => Ok(match reader.read(record, columns)? {
                OrderReading::Order(order) => Read::Order(order),
                OrderReading::FurtherItem => Read::Nothing,
            }),
            Reader::Catalogue(reader) => match names_kind(self.kind) {
                Some(kind) => {
                    let read = reader.read_names(record, columns)?;
                    Ok(Read::Names(kind, Box::new(read)))
                }
                None => Ok(Read::Merchant(Box::new(reader.read_merchant(record, columns)?))),
            },
        }
    }

    /// Takes records, and returns what became of each, in their order. After an error some of them
    /// are taken; all of them may be given again.
    pub async fn take(
        &mut self,
        store: &Store,
        records: &[Record],
        columns: &[String],
        now: Timestamp,
    ) -> Result<Vec<RecordOutcome>> {
        let mut outcomes: Vec<Option<RecordOutcome>> = vec![None; records.len()];
        let mut groups: Vec<Vec<(usize, Read)>> = Vec::new();
        let mut by_subject: HashMap<String, usize> = HashMap::new();
        for (place, record) in records.iter().enumerate() {
            match self.read(record, columns) {
                Err(reason) => set(&mut outcomes, place, RecordOutcome::Refused(reason)),
                Ok(read) => {
                    let next = groups.len();
                    let subjects = subjects(&read);
                    let known = subjects.iter().find_map(|it| by_subject.get(it)).copied();
                    let group = known.unwrap_or(next);
                    by_subject.extend(subjects.into_iter().map(|it| (it, group)));
                    match groups.get_mut(group) {
                        Some(group) => group.push((place, read)),
                        None => groups.push(vec![(place, read)]),
                    }
                }
            }
        }
        let this = &*self;
        let taken: Vec<Vec<(usize, RecordOutcome)>> = stream::iter(groups)
            .map(|group| this.take_group(store, group, now))
            .buffer_unordered(PARALLEL_CUSTOMERS)
            .try_collect()
            .await?;
        for (place, outcome) in taken.into_iter().flatten() {
            set(&mut outcomes, place, outcome);
        }
        let lost =
            || RecordOutcome::Refused(Reason::new("not_taken", "the record was not come to"));
        Ok(outcomes.into_iter().map(|it| it.unwrap_or_else(lost)).collect())
    }

    /// Takes the records of one customer, one after another.
    async fn take_group(
        &self,
        store: &Store,
        group: Vec<(usize, Read)>,
        now: Timestamp,
    ) -> Result<Vec<(usize, RecordOutcome)>> {
        let mut taken = Vec::with_capacity(group.len());
        for (place, read) in group {
            let outcome = match &read {
                Read::Customer(record) if self.kind == ImportKind::Suppressions => {
                    take_suppression(store, record, &self.terms, &self.source).await?
                }
                Read::Customer(record) => {
                    let file = CustomerTerms {
                        terms: &self.terms,
                        source: &self.source,
                        tenant: self.tenant,
                        must_exist: self.must_exist,
                    };
                    take_customer(store, record, &file, now).await?
                }
                Read::Order(record) => {
                    take_order(store, record, &self.orders, self.tenant, now).await?
                }
                Read::Merchant(record) => {
                    take_merchant(store, record, self.terms.as_of, now).await?
                }
                Read::Names(kind, record) => {
                    take_names(store, *kind, record, self.terms.as_of, now).await?
                }
                Read::Nothing => RecordOutcome::Taken { left_out: Vec::new() },
            };
            taken.push((place, outcome));
        }
        Ok(taken)
    }
}

fn set(outcomes: &mut [Option<RecordOutcome>], place: usize, outcome: RecordOutcome) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = Some(outcome);
    }
}

/// Returns the part of the catalogue whose names a file of this kind tells.
fn names_kind(kind: ImportKind) -> Option<CatalogueKind> {
    match kind {
        ImportKind::Verticals => Some(CatalogueKind::Verticals),
        ImportKind::Categories => Some(CatalogueKind::Categories),
        ImportKind::Customers
        | ImportKind::Orders
        | ImportKind::Suppressions
        | ImportKind::Merchants => None,
    }
}

/// Returns by what the subject of a record is known. Records with one in common are taken in turn.
fn subjects(read: &Read) -> Vec<String> {
    let (id, email, phone) = match read {
        Read::Nothing => return Vec::new(),
        Read::Merchant(record) => return vec![record.key.as_str().to_owned()],
        Read::Names(_, record) => return vec![record.key.as_str().to_owned()],
        Read::Customer(record) => {
            let id = match &record.identity {
                Identity::Id(id) => Some(id),
                Identity::Account { .. } | Identity::Mailbox(_) | Identity::Number(_) => None,
            };
            (id, &record.email, &record.phone)
        }
        Read::Order(record) => (record.buyer.id.as_ref(), &record.buyer.email, &record.buyer.phone),
    };
    let id = id.map(|it| format!("id {it}"));
    let email = email.as_ref().map(|it| it.expose().to_lowercase());
    let phone = phone.as_ref().map(|it| it.expose().to_owned());
    id.into_iter().chain(email).chain(phone).collect()
}
