//! The first records of a file as they would be taken, and samples of each column. Pure; what it
//! returns has contacts in it, is shown to whoever may import, and is kept nowhere.

use domain::{
    Timestamp,
    customer::consent::ConsentState,
    kernel::{
        channel::Channel,
        locale::Locale,
        money::{Currency, MinorUnits, Money},
    },
};
use import_files::{
    catalogue::MerchantRecord,
    customer::{CustomerRecord, Identity},
    order::OrderRecord,
    reader::RecordReader,
    reason::{CellNote, Reason},
    record::Record,
    survey::FileFacts,
    target::ColumnUse,
};

use crate::{
    batch::{Importer, Read},
    import::Import,
};

/// The first bytes of a file that are enough for a preview.
pub const PREVIEW_BYTES: u64 = 256 * 1024;
/// Records that are shown as they would be taken.
const SHOWN_RECORDS: usize = 10;
/// Records in which samples are looked for.
pub const SAMPLED_RECORDS: usize = 200;
/// Samples of a column.
const SAMPLES: usize = 3;
/// The longest sample, in letters.
const SAMPLE_LETTERS: usize = 60;

/// A part of a record as it would be kept: a meaning with its value.
pub type PreviewValue = (&'static str, String);

/// The first records of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePreview {
    /// The samples of each column, in the order of the columns; none of a secret one.
    pub samples: Vec<Vec<String>>,
    pub records: Vec<RecordPreview>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPreview {
    pub number: u64,
    pub lines: String,
    pub outcome: Result<TakenPreview, Reason>,
}

/// A record that would be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenPreview {
    /// Empty for a further item of the order before it.
    pub values: Vec<PreviewValue>,
    pub left_out: Vec<CellNote>,
}

/// Reads the first records of an import's file. `start` is its beginning, or all of it.
pub fn preview_file(
    import: &Import,
    facts: &FileFacts,
    start: &[u8],
    tenant: Currency,
    now: Timestamp,
) -> Result<FilePreview, Reason> {
    let mut reader = RecordReader::new(&facts.layout);
    let skipped = usize::try_from(reader.first_byte()).unwrap_or(usize::MAX);
    reader.push(start.get(skipped..).unwrap_or_default());
    if u64::try_from(start.len()).unwrap_or(u64::MAX) >= import.bytes {
        reader.finish();
    }
    let read = std::iter::from_fn(|| reader.next_record()).take(SAMPLED_RECORDS);
    let records: Vec<Record> = read.collect();
    preview_records(import, facts, &records, reader.columns(), tenant, now)
}

/// Shows the first records of a file, at most [`SAMPLED_RECORDS`].
pub fn preview_records(
    import: &Import,
    facts: &FileFacts,
    records: &[Record],
    names: &[String],
    tenant: Currency,
    now: Timestamp,
) -> Result<FilePreview, Reason> {
    let samples = samples(facts, records)?;
    let shown = records.get(..records.len().min(SHOWN_RECORDS)).unwrap_or_default();
    if facts.require_columns().is_err() {
        return Ok(FilePreview { samples, records: Vec::new() });
    }
    let (terms, orders) = (import.terms(), import.order_terms());
    let mut importer = Importer::new(facts, &terms, &orders, tenant, None, now)?;
    let records = shown.iter().map(|record| RecordPreview {
        number: record.number,
        lines: record.lines(),
        outcome: importer.read(record, names).map(|read| taken(&read)),
    });
    Ok(FilePreview { samples, records: records.collect() })
}

fn samples(facts: &FileFacts, records: &[Record]) -> Result<Vec<Vec<String>>, Reason> {
    let columns = facts.column_uses()?;
    let mut samples: Vec<Vec<String>> = vec![Vec::new(); columns.len()];
    for cells in records.iter().filter_map(|record| record.cells.as_ref().ok()) {
        for (column, cell) in cells {
            let is_secret =
                columns.get(*column).is_none_or(|column| column.uses == ColumnUse::Secret);
            let Some(known) = samples.get_mut(*column).filter(|_| !is_secret) else { continue };
            let sample: String = cell.text().trim().chars().take(SAMPLE_LETTERS).collect();
            if known.len() < SAMPLES && !known.contains(&sample) {
                known.push(sample);
            }
        }
    }
    Ok(samples)
}

fn taken(read: &Read) -> TakenPreview {
    match read {
        Read::Customer(record) => {
            let left_out = record.notes.left_out.clone();
            TakenPreview { values: customer_values(record), left_out }
        }
        Read::Order(record) => {
            let left_out = record.notes.left_out.clone();
            TakenPreview { values: order_values(record), left_out }
        }
        Read::Merchant(record) => {
            let left_out = record.notes.left_out.clone();
            TakenPreview { values: merchant_values(record), left_out }
        }
        Read::Names(_, record) => {
            let name = |(locale, name): (&Locale, &String)| {
                ("name", format!("{}: {name}", locale.as_str()))
            };
            let key = [("id", record.key.as_str().to_owned())];
            let values = key.into_iter().chain(record.names.iter().map(name)).collect();
            TakenPreview { values, left_out: Vec::new() }
        }
        Read::Nothing => TakenPreview { values: Vec::new(), left_out: Vec::new() },
    }
}

fn customer_values(record: &CustomerRecord) -> Vec<PreviewValue> {
    let profile = &record.profile;
    let id = match &record.identity {
        Identity::Id(id) => Some(id.to_string()),
        Identity::Account { .. } | Identity::Mailbox(_) | Identity::Number(_) => None,
    };
    let tags = (!profile.tags.is_empty()).then(|| profile.tags.join(", "));
    let suppressed = record.suppression.as_ref().map(|no| no.reason.as_str().to_owned());
    let mut values: Vec<PreviewValue> = [
        ("id", id),
        ("email", record.email.as_ref().map(|it| it.expose().to_owned())),
        ("phone", record.phone.as_ref().map(|it| it.expose().to_owned())),
        ("first_name", profile.first_name.as_ref().map(|it| it.expose().to_owned())),
        ("last_name", profile.last_name.as_ref().map(|it| it.expose().to_owned())),
        ("country", record.country.map(|it| it.as_str().to_owned())),
        ("locale", profile.locale.as_ref().map(|it| it.as_str().to_owned())),
        ("zone", profile.zone.as_ref().map(|it| it.as_str().to_owned())),
        ("currency", profile.currency.map(|it| it.to_string())),
        ("signed_up", profile.signed_up.map(|it| it.to_string())),
        ("birthday", profile.birthday.map(|it| it.to_string())),
        ("coordinates", profile.location.map(|it| format!("{}, {}", it.lat, it.lon))),
        ("city", profile.city.as_ref().map(|it| it.expose().to_owned())),
        ("tags", tags),
        ("suppressed", suppressed),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect();
    for choice in &record.choices {
        let field = match choice.channel {
            Channel::Email => "email_consent",
            Channel::Sms => "sms_consent",
            Channel::Push => "push_consent",
        };
        let at = choice.at.map_or(String::new(), |at| format!(", {at}"));
        let state = match choice.state {
            ConsentState::Granted => "granted",
            ConsentState::Denied => "denied",
        };
        values.push((field, format!("{state}{at}")));
    }
    values
}

fn merchant_values(record: &MerchantRecord) -> Vec<PreviewValue> {
    let list = |labels: &Option<Vec<String>>| labels.as_ref().map(|it| it.join(", "));
    let mut values: Vec<PreviewValue> = [
        ("id", Some(record.key.as_str().to_owned())),
        ("name", record.name.clone()),
        ("brand", record.brand.clone()),
        ("verticals", list(&record.verticals)),
        ("categories", list(&record.categories)),
        ("opened_on", record.opened_on.map(|day| day.to_string())),
        ("tags", list(&record.tags)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect();
    for place in record.places.iter().flatten() {
        let point = format!("{}, {}", place.lat, place.lon);
        let parts = [
            place.name.clone(),
            place.city.as_ref().map(|city| city.expose().to_owned()),
            place.zone.as_ref().map(|zone| zone.as_str().to_owned()),
        ];
        let place: Vec<String> = [point].into_iter().chain(parts.into_iter().flatten()).collect();
        values.push(("places", place.join(", ")));
    }
    values
}

fn order_values(record: &OrderRecord) -> Vec<PreviewValue> {
    let buyer = &record.buyer;
    let amount = |units| Money::new(units, record.currency).to_string();
    let refunded = (record.refunded > MinorUnits::ZERO).then(|| amount(record.refunded));
    let values = [
        ("order_id", Some(record.order.to_string())),
        ("id", buyer.id.as_ref().map(ToString::to_string)),
        ("email", buyer.email.as_ref().map(|it| it.expose().to_owned())),
        ("phone", buyer.phone.as_ref().map(|it| it.expose().to_owned())),
        ("placed_at", Some(record.placed_at.to_string())),
        ("total", Some(amount(record.total))),
        ("refunded", refunded),
        ("cancelled_at", record.cancelled_at.map(|at| at.to_string())),
    ];
    values.into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
}
