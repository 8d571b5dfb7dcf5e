//! Reads a record as a customer: identity, contacts, profile, choices, and what the mailbox has
//! said. Cells that cannot be read are left out with their reasons; the rest is taken.

use domain::{
    customer::{
        consent::ConsentState,
        contact::{Email, Phone},
        phone_country::CountryCode,
        profile::{City, GeoPoint, Name, SuppressionReason, Zone},
    },
    kernel::{channel::Channel, id::CustomerId, locale::Locale, money::Currency},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    cells::{
        countries::read_country,
        dates::{DateRules, read_birthday},
        emails::read_email,
        phones::read_phone,
        tags::read_tags,
        text::{on_one_line, read_name, read_text, unguarded},
    },
    choices::read_choices,
    readings::read_the_rest,
    reason::{CellNote, Notes, Reason},
    record::{Cell, Record, RecordCells},
    row::{Columns, Row},
    survey::FileFacts,
    systems::{Implied, System},
    target::Target,
};

/// The statements of whoever imports a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportTerms {
    /// The zone of dates without one.
    pub zone: Zone,
    /// The country of records that name none.
    pub country: Option<CountryCode>,
    /// The currency of amounts that name none.
    pub currency: Option<Currency>,
    /// True if Braze's `subscribed` counts as a yes.
    pub subscribed_counts: bool,
    /// The time at which the file was made: a no without a date was said before it.
    pub as_of: Timestamp,
}

/// The way to find the customer of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    Id(CustomerId),
    /// A mailbox of one of several web sites.
    Account {
        website: String,
        email: Email,
    },
    Mailbox(Email),
    Number(Phone),
}

/// A choice for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedChoice {
    pub channel: Channel,
    pub state: ConsentState,
    /// Its time, if the file has one.
    pub at: Option<Timestamp>,
    /// The column that a report names.
    pub column: String,
}

/// A finding about the mailbox beside any choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedSuppression {
    pub reason: SuppressionReason,
    pub at: Option<Timestamp>,
}

/// Parts of the profile that a record has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileCells {
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub locale: Option<Locale>,
    pub zone: Option<Zone>,
    pub currency: Option<Currency>,
    pub signed_up: Option<Date>,
    pub tags: Vec<String>,
    pub location: Option<GeoPoint>,
    pub city: Option<City>,
    pub birthday: Option<Date>,
}

/// A record that is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerRecord {
    pub identity: Identity,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub country: Option<CountryCode>,
    pub profile: ProfileCells,
    pub choices: Vec<ImportedChoice>,
    pub suppression: Option<ImportedSuppression>,
    /// Values that were read and for which a customer has no place, by column.
    pub no_place: Vec<(String, String)>,
    pub notes: Notes,
}

/// Reads the records of a file as customers.
pub struct CustomerReader {
    columns: Columns,
    terms: ImportTerms,
    now: Timestamp,
}

impl CustomerReader {
    pub fn new(facts: &FileFacts, terms: ImportTerms, now: Timestamp) -> Result<Self, Reason> {
        let columns = Columns::new(facts, terms.zone.time_zone())?;
        Ok(Self { columns, terms, now })
    }

    pub fn system(&self) -> &'static System {
        self.columns.system()
    }
    pub fn terms(&self) -> &ImportTerms {
        &self.terms
    }

    /// Reads a record, or returns the reason why all of it is refused. `names` are the columns that
    /// the file has so far.
    pub fn read(&mut self, record: &Record, names: &[String]) -> Result<CustomerRecord, Reason> {
        self.columns.add(names);
        let cells = record.cells.as_ref().map_err(Clone::clone)?;
        self.read_row(cells)
    }

    fn read_row(&self, cells: &RecordCells) -> Result<CustomerRecord, Reason> {
        let row = self.columns.row(cells);
        let mut notes = Notes::default();
        let email = row.read(Target::Email, &mut notes, read_email);
        let (country, phone) = self.read_phone(&row, &mut notes);
        let identity = self.identity(&row, email.as_ref(), phone.as_ref(), &mut notes)?;
        let profile = self.read_profile(&row, &mut notes);
        let suppression = self.read_suppression(&row, &mut notes);
        let system = self.columns.system();
        let choices = read_choices(&row, system.implied, &self.terms, self.now, &mut notes);
        let currency = profile.currency.or(self.terms.currency);
        let no_place = read_the_rest(&row, currency, &mut notes);
        Ok(CustomerRecord {
            identity,
            email,
            phone,
            country,
            profile,
            choices,
            suppression,
            no_place,
            notes,
        })
    }

    fn identity(
        &self,
        row: &Row<'_>,
        email: Option<&Email>,
        phone: Option<&Phone>,
        notes: &mut Notes,
    ) -> Result<Identity, Reason> {
        let bad_id = |_| Reason::new("bad_id", "an id has 1 to 64 of A-Z a-z 0-9 . _ : -");
        let read_id = |cell: &str| {
            let id = read_text(cell)?.map(|text| CustomerId::parse(text).map_err(bad_id));
            id.transpose()
        };
        if let Some(id) = row.read(Target::Id, notes, read_id) {
            return Ok(Identity::Id(id));
        }
        if let Some(id) = row.read(Target::Uuid, notes, read_uuid) {
            return Ok(Identity::Id(id));
        }
        let website = row.first(Target::Website).map(|cell| unguarded(cell.text()).to_owned());
        if let Some((email, website)) = email.cloned().zip(website) {
            return Ok(Identity::Account { website, email });
        }
        let has_address_cell = row.has(Target::Email) || row.has(Target::Phone);
        match (email, phone) {
            (Some(email), _) => Ok(Identity::Mailbox(email.clone())),
            (None, Some(phone)) => Ok(Identity::Number(phone.clone())),
            (None, None) if has_address_cell => {
                let detail = notes.left_out.last().map_or("", |note| &note.reason.detail);
                let detail = format!("the only identity cannot be read: {detail}");
                Err(Reason::new("no_identity", detail))
            }
            (None, None) => Err(Reason::new("no_identity", "no id, no mailbox and no phone")),
        }
    }

    /// Reads the phone by the record's country, or by the import's if the record names none.
    fn read_phone(&self, row: &Row<'_>, notes: &mut Notes) -> (Option<CountryCode>, Option<Phone>) {
        let country = row.read(Target::Country, notes, read_country);
        let stated = if row.has(Target::Country) { country } else { self.terms.country };
        let is_other_address = self.columns.system().must_exist
            && row.first(Target::IsDefaultAddress).is_none_or(|it| it.text().trim() != "1");
        if is_other_address {
            return (country, None);
        }
        let read = |cell: &str| read_phone(cell, stated);
        (country, row.read(Target::Phone, notes, read))
    }

    fn read_profile(&self, row: &Row<'_>, notes: &mut Notes) -> ProfileCells {
        let zone = self.columns.zone().clone();
        let rules = DateRules { order: None, zone, seconds: false };
        let signed_up = row.first(Target::SignedUp).and_then(|cell| {
            let moment = row.moment(&cell, notes);
            let day = notes.keep(cell.column, moment).flatten();
            day.map(|moment| moment.day(self.columns.zone()))
        });
        let tags = row.first(Target::Tags);
        let tags = tags.and_then(|cell| notes.keep(cell.column, read_tags(cell.text())));
        let currency = |cell: &str| {
            let bad = |_| Reason::new("unknown_currency", "no currency of ISO 4217");
            let code = read_text(cell)?.map(str::to_uppercase);
            code.map(|code| Currency::parse(&code).map_err(bad)).transpose()
        };
        ProfileCells {
            first_name: row.read(Target::FirstName, notes, read_name),
            last_name: row.read(Target::LastName, notes, read_name),
            locale: row.read(Target::Locale, notes, |cell| {
                let bad = |_| Reason::new("unknown_locale", "no language tag such as es-ES");
                let tag = read_text(cell)?.map(|text| text.replace('_', "-"));
                tag.map(|tag| Locale::parse(&tag).map_err(bad)).transpose()
            }),
            zone: row.read(Target::Zone, notes, |cell| {
                let bad = |_| Reason::new("unknown_zone", "no time zone such as Europe/Madrid");
                read_text(cell)?.map(|text| Zone::parse(text).map_err(bad)).transpose()
            }),
            currency: row.read(Target::Currency, notes, currency),
            signed_up,
            tags: tags.unwrap_or_default(),
            location: read_location(row, notes),
            city: row.read(Target::City, notes, |cell| {
                let Some(text) = read_text(cell)? else { return Ok(None) };
                let city = City::parse(&on_one_line(text));
                city.map(Some).map_err(|error| Reason::new("bad_city", error.to_string()))
            }),
            birthday: row.read(Target::Birthday, notes, |cell| read_birthday(cell, &rules)),
        }
    }

    fn read_suppression(&self, row: &Row<'_>, notes: &mut Notes) -> Option<ImportedSuppression> {
        let at = row.first(Target::SuppressedAt).and_then(|cell| {
            let moment = row.moment(&cell, notes);
            notes.keep(cell.column, moment).flatten().map(|moment| moment.latest())
        });
        let at = at.filter(|at| *at <= self.now);
        let implied = self.columns.system().implied;
        let implied = (implied == Some(Implied::Bounced)).then_some(SuppressionReason::Bounced);
        let said = row.read(Target::Suppressed, notes, read_reason);
        let status = row.read(Target::ListmonkStatus, notes, read_listmonk_status);
        let reason = said.or(status).or(implied)?;
        Some(ImportedSuppression { reason, at })
    }
}

fn read_uuid(cell: &str) -> Result<Option<CustomerId>, Reason> {
    let Some(text) = read_text(cell)? else { return Ok(None) };
    let groups: Vec<&str> = text.split('-').collect();
    let is_uuid = groups.iter().map(|it| it.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let id = is_uuid.then(|| CustomerId::parse(&text.to_lowercase()).ok()).flatten();
    id.map(Some).ok_or_else(|| Reason::new("not_a_uuid", "not a UUID"))
}

/// Reads why a mailbox is not written to. Words for an ordinary unsubscription say nothing here.
fn read_reason(cell: &str) -> Result<Option<SuppressionReason>, Reason> {
    let word = unguarded(cell).to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    Ok(if has(&["bounce", "invalid", "undeliverable"]) {
        Some(SuppressionReason::Bounced)
    } else if has(&["spam", "complain", "abuse"]) {
        Some(SuppressionReason::Complained)
    } else if has(&["block", "suppress", "manual"]) {
        Some(SuppressionReason::Blocked)
    } else if has(&["unsubscribe", "opted_out", "optout", "stop"]) {
        Some(SuppressionReason::OptedOut)
    } else {
        None
    })
}

/// Reads the state of a listmonk account, which is not the state of a subscription.
fn read_listmonk_status(cell: &str) -> Result<Option<SuppressionReason>, Reason> {
    match unguarded(cell).to_lowercase().as_str() {
        "enabled" | "disabled" => Ok(None),
        "blocklisted" => Ok(Some(SuppressionReason::Blocked)),
        _ => Err(Reason::new("unknown_word", "no known state of an account")),
    }
}

/// Reads latitude and longitude. A place that is on Earth only the other way round is left out.
fn read_location(row: &Row<'_>, notes: &mut Notes) -> Option<GeoPoint> {
    let point = if let Some(cell) = row.first(Target::Coordinates) {
        let numbers: Option<[f64; 2]> = match cell.cell {
            Cell::Json(list) => serde_json::from_str(list).ok(),
            Cell::Text(_) | Cell::Number(_) => None,
        };
        let bad = || Reason::new("bad_place", "not a list of longitude and latitude");
        let [lon, lat] = notes.keep(cell.column, numbers.ok_or_else(bad))?;
        (cell.column, GeoPoint { lat, lon })
    } else {
        let number = |cell: &str| {
            let text = unguarded(cell).replace(',', ".");
            let bad = |_| Reason::new("bad_place", "not a number of degrees");
            if text.is_empty() { Ok(None) } else { text.parse::<f64>().map(Some).map_err(bad) }
        };
        let column = row.first(Target::Latitude)?.column;
        let lat = row.read(Target::Latitude, notes, number)?;
        let lon = row.read(Target::Longitude, notes, number)?;
        (column, GeoPoint { lat, lon })
    };
    let (column, point) = point;
    if point.is_on_earth() {
        return Some(point);
    }
    let swapped = GeoPoint { lat: point.lon, lon: point.lat };
    let detail = if swapped.is_on_earth() {
        "a latitude above 90: latitude and longitude may be swapped"
    } else {
        "no place on Earth"
    };
    notes.left_out.push(CellNote::new(column, Reason::new("bad_place", detail)));
    None
}
