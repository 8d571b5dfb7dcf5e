//! An import: its file, its stage and its counts, and the changes that operators and the worker may
//! make of it. Pure; the store keeps it as one item.
//!
//! Guarantees: an import has one version of one file; a file is taken only after a check that the
//! operator saw, or by whoever asked for none; what is over stays over.

use domain::{
    Timestamp,
    customer::{phone_country::CountryCode, profile::Zone},
    kernel::{id::ImportId, money::Currency},
};
use import_files::{
    customer::ImportTerms,
    reader::FilePlace,
    reason::Reason,
    survey::FileFacts,
    systems::{ColumnMapping, ImportKind},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{orders::OrderTerms, tally::ImportTally};

/// The time in which an upload can begin.
pub const UPLOAD_TIME: SignedDuration = SignedDuration::from_hours(1);
/// The time after which an import does not wait for its upload any more: a large file that began in
/// time may take hours on a slow line.
const WAITING_TIME: SignedDuration = SignedDuration::from_hours(12);
/// The largest file. A survey reads it within the time of one invocation.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The folder of files that came with an import from the API.
pub const UPLOADS: &str = "uploads";
/// The folder of refused records.
pub const REFUSED: &str = "refused";
/// The vertical and the merchant of orders of which nobody tells them.
const IMPORTED: &str = "imported";

/// The progress of an import in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStage {
    WaitingForUpload,
    /// The file is surveyed and, before a check is over, read without taking anything.
    Reading,
    /// It is read, nothing is taken, and an operator decides.
    Checked,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl ImportStage {
    /// Returns true if the worker has something to do.
    pub fn is_working(self) -> bool {
        match self {
            Self::Reading | Self::Running => true,
            Self::WaitingForUpload
            | Self::Checked
            | Self::Done
            | Self::Failed
            | Self::Cancelled => false,
        }
    }
    fn is_over(self) -> bool {
        match self {
            Self::Done | Self::Failed | Self::Cancelled => true,
            Self::WaitingForUpload | Self::Reading | Self::Checked | Self::Running => false,
        }
    }
}

/// The statements of whoever imports about all records of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportDefaults {
    /// The country of phone numbers without one.
    pub country: Option<CountryCode>,
    /// The currency of amounts without one.
    pub currency: Option<Currency>,
    /// The zone of times without one; UTC if nobody tells.
    pub zone: Option<Zone>,
    pub vertical: Option<String>,
    pub merchant: Option<String>,
}

/// A step that an operator has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportAction {
    Created,
    Checked,
    Started,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportAct {
    pub action: ImportAction,
    pub at: Timestamp,
    pub by: String,
}

/// The files of refused records that were written so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedFiles {
    pub count: u32,
    /// The length of the last of them that counts; what is behind it is written again.
    pub last_bytes: u64,
}

/// An import of one version of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    pub id: ImportId,
    pub kind: ImportKind,
    /// The key of the file's object.
    pub key: String,
    pub file_name: String,
    pub bytes: u64,
    /// The version of the object, once it is there.
    pub etag: Option<String>,
    pub stage: ImportStage,
    /// True if the file is read without taking anything first, and waits for an operator then.
    pub dry_run: bool,
    pub defaults: ImportDefaults,
    /// The meanings of columns that whoever imports has stated; none leaves them to what is
    /// remembered of the header, and else to the guess.
    pub mapping: Option<ColumnMapping>,
    pub is_remembered: bool,
    pub created_at: Timestamp,
    /// The time at which the file was there; a no without a date was said before it.
    pub arrived_at: Option<Timestamp>,
    /// The beginning of the present reading or running, from which the speed is computed.
    pub began_at: Timestamp,
    pub updated_at: Timestamp,
    pub acts: Vec<ImportAct>,
    /// The reason why all of the file is refused.
    pub failure: Option<Reason>,
    /// The facts that the survey has found, once it is over.
    pub facts: Option<FileFacts>,
    /// The place of the next record, once there was one.
    pub place: Option<FilePlace>,
    pub last_order: Option<String>,
    pub tally: ImportTally,
    /// The counts of the check, once it is over and the file is being taken.
    pub checked: Option<ImportTally>,
    pub refused_files: RefusedFiles,
}

/// The reasons why an import cannot do what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportRefusal {
    /// The file is not here, or not read to its end yet.
    NotChecked,
    /// It is running already.
    Running,
    /// It is done, failed, cancelled, or its upload never came.
    Over,
    /// The mapping that was named is not the one of the check.
    OtherMapping,
    /// The columns are not enough.
    Columns(Reason),
}

/// The result of a file that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The import has changed.
    Taken,
    /// It was known.
    Known,
    /// The import does not wait for it.
    Unwanted,
}

impl Import {
    fn new(id: ImportId, kind: ImportKind, key: String, now: Timestamp) -> Self {
        Self {
            id,
            kind,
            file_name: key.rsplit('/').next().unwrap_or_default().to_owned(),
            key,
            bytes: 0,
            etag: None,
            stage: ImportStage::WaitingForUpload,
            dry_run: false,
            defaults: ImportDefaults::default(),
            mapping: None,
            is_remembered: false,
            created_at: now,
            arrived_at: None,
            began_at: now,
            updated_at: now,
            acts: Vec::new(),
            failure: None,
            facts: None,
            place: None,
            last_order: None,
            tally: ImportTally::default(),
            checked: None,
            refused_files: RefusedFiles::default(),
        }
    }

    /// Makes the import of an upload that is to come.
    pub fn of_upload(id: ImportId, kind: ImportKind, bytes: u64, by: &str, now: Timestamp) -> Self {
        let key = format!("{UPLOADS}/{id}");
        let mut import = Self { bytes, ..Self::new(id, kind, key, now) };
        import.note(ImportAction::Created, by, now);
        import
    }

    /// Makes the import of a file that was dropped into the folder of its kind. The same bytes under
    /// the same name are the same import.
    pub fn of_dropped_file(
        kind: ImportKind,
        key: &str,
        version: FileVersion<'_>,
        now: Timestamp,
    ) -> Option<Self> {
        let digest = Sha256::digest(format!("{key}\n{}", version.etag).as_bytes());
        let digits: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let id = ImportId::parse(&format!("imp_{digits}")).ok()?;
        let mut import = Self::new(id, kind, key.to_owned(), now);
        import.bytes = version.bytes;
        import.arrive(version, now);
        Some(import)
    }

    pub fn is_dropped(&self) -> bool {
        !self.key.starts_with(UPLOADS)
    }

    /// Returns the time until which its upload can begin.
    pub fn upload_until(&self) -> Timestamp {
        self.created_at.checked_add(UPLOAD_TIME).unwrap_or(self.created_at)
    }

    /// Returns true if the upload did not come in time.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let waits_until = self.created_at.checked_add(WAITING_TIME).unwrap_or(self.created_at);
        self.stage == ImportStage::WaitingForUpload && now > waits_until
    }

    /// Takes the version of the file that is there. Later versions are none of this import.
    pub fn arrive(&mut self, version: FileVersion<'_>, now: Timestamp) -> Arrival {
        if self.stage != ImportStage::WaitingForUpload {
            return Arrival::Known;
        }
        if self.is_expired(now) {
            return Arrival::Unwanted;
        }
        self.etag = Some(version.etag.to_owned());
        self.arrived_at = Some(now);
        self.begin(ImportStage::Reading, now);
        if version.bytes != self.bytes {
            let detail = format!("{} bytes came, and {} were announced", version.bytes, self.bytes);
            self.fail(Reason::new("other_size", detail));
        } else if version.bytes > MAX_FILE_BYTES {
            self.fail(Reason::new("too_large", "a file has at most 4 GiB: divide it"));
        }
        Arrival::Taken
    }

    /// Begins a pass over the file at its first record.
    fn begin(&mut self, stage: ImportStage, now: Timestamp) {
        self.stage = stage;
        self.began_at = now;
        self.place = None;
        self.last_order = None;
        self.tally = ImportTally::default();
        self.refused_files = RefusedFiles::default();
    }

    /// Takes what the survey has found, with the meanings that were stated or are remembered.
    pub fn take_facts(
        &mut self,
        facts: FileFacts,
        remembered: Option<ColumnMapping>,
        now: Timestamp,
    ) {
        self.is_remembered = self.mapping.is_none() && remembered.is_some();
        let mapping = self.mapping.clone().or(remembered).unwrap_or_default();
        let facts = FileFacts { mapping, ..facts };
        let lacking = facts.require_columns().err();
        self.facts = Some(facts);
        match (self.dry_run, lacking) {
            (true, None) => self.begin(ImportStage::Reading, now),
            // an operator may name the meanings of columns
            (true, Some(_)) => self.stage = ImportStage::Checked,
            (false, None) => self.begin(ImportStage::Running, now),
            (false, Some(reason)) => self.fail(reason),
        }
    }

    /// Ends the pass over the file after its last record.
    pub fn end_pass(&mut self) {
        self.stage = match self.stage {
            ImportStage::Reading => ImportStage::Checked,
            ImportStage::Running => ImportStage::Done,
            over @ (ImportStage::WaitingForUpload
            | ImportStage::Checked
            | ImportStage::Done
            | ImportStage::Failed
            | ImportStage::Cancelled) => over,
        };
    }

    pub fn fail(&mut self, reason: Reason) {
        self.failure = Some(reason);
        self.stage = ImportStage::Failed;
    }

    /// Checks the file once more, with other meanings or other statements.
    pub fn check_again(
        &mut self,
        mapping: Option<ColumnMapping>,
        defaults: Option<ImportDefaults>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), ImportRefusal> {
        let facts = self.require_checked(now)?;
        let mapping = mapping.unwrap_or_else(|| facts.mapping.clone());
        let facts = FileFacts { mapping: mapping.clone(), ..facts.clone() };
        facts.require_columns().map_err(ImportRefusal::Columns)?;
        self.facts = Some(facts);
        self.mapping = Some(mapping);
        self.is_remembered = false;
        self.defaults = defaults.unwrap_or_else(|| self.defaults.clone());
        self.begin(ImportStage::Reading, now);
        self.note(ImportAction::Checked, by, now);
        Ok(())
    }

    /// Starts taking the file as it was checked. The mapping, if one is named, has to be the checked
    /// one.
    pub fn start(
        &mut self,
        mapping: Option<&ColumnMapping>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), ImportRefusal> {
        let facts = self.require_checked(now)?;
        facts.require_columns().map_err(ImportRefusal::Columns)?;
        if mapping.is_some_and(|mapping| *mapping != facts.mapping) {
            return Err(ImportRefusal::OtherMapping);
        }
        self.mapping = Some(facts.mapping.clone());
        self.checked = Some(self.tally.clone());
        self.begin(ImportStage::Running, now);
        self.note(ImportAction::Started, by, now);
        Ok(())
    }

    /// Stops the import. What was taken stays.
    pub fn cancel(&mut self, by: &str, now: Timestamp) -> Result<(), ImportRefusal> {
        if self.stage.is_over() || self.is_expired(now) {
            return Err(ImportRefusal::Over);
        }
        self.stage = ImportStage::Cancelled;
        self.note(ImportAction::Cancelled, by, now);
        Ok(())
    }

    fn require_checked(&self, now: Timestamp) -> Result<&FileFacts, ImportRefusal> {
        match self.stage {
            ImportStage::Checked => self.facts.as_ref().ok_or(ImportRefusal::NotChecked),
            ImportStage::Running => Err(ImportRefusal::Running),
            ImportStage::WaitingForUpload | ImportStage::Reading if !self.is_expired(now) => {
                Err(ImportRefusal::NotChecked)
            }
            ImportStage::WaitingForUpload
            | ImportStage::Reading
            | ImportStage::Done
            | ImportStage::Failed
            | ImportStage::Cancelled => Err(ImportRefusal::Over),
        }
    }

    fn note(&mut self, action: ImportAction, by: &str, at: Timestamp) {
        // a check may be asked for often: the last ones tell enough
        if self.acts.len() >= MAX_ACTS {
            self.acts.remove(1);
        }
        self.acts.push(ImportAct { action, at, by: by.to_owned() });
    }

    /// Returns the terms by which the records of customers are read.
    pub fn terms(&self) -> ImportTerms {
        ImportTerms {
            zone: self.defaults.zone.clone().unwrap_or_default(),
            country: self.defaults.country,
            currency: self.defaults.currency,
            subscribed_counts: false,
            as_of: self.arrived_at.unwrap_or(self.created_at),
        }
    }

    /// Returns the terms by which orders are taken.
    pub fn order_terms(&self) -> OrderTerms {
        let or_imported = |name: &Option<String>| name.as_deref().unwrap_or(IMPORTED).to_owned();
        OrderTerms {
            vertical: or_imported(&self.defaults.vertical),
            merchant: or_imported(&self.defaults.merchant),
        }
    }

    /// Returns the bytes of the file before the next record.
    pub fn bytes_read(&self) -> u64 {
        match (self.stage, &self.place) {
            (ImportStage::Done, _) => self.bytes,
            (ImportStage::Checked, _) if self.tally.records() > 0 => self.bytes,
            (_, Some(place)) => place.offset.min(self.bytes),
            (_, None) => 0,
        }
    }

    /// Returns the records a second of the present pass, once it has a speed.
    pub fn records_per_second(&self) -> Option<u64> {
        let elapsed = self.elapsed_ms()?;
        Some(self.tally.records().saturating_mul(1000) / elapsed)
    }

    /// Returns the seconds until the present pass is over, at the speed so far.
    pub fn seconds_left(&self) -> Option<u64> {
        let (elapsed, read) = (self.elapsed_ms()?, self.bytes_read());
        if !self.stage.is_working() || read == 0 {
            return None;
        }
        let left = u128::from(self.bytes - read.min(self.bytes));
        let left = left * u128::from(elapsed) / u128::from(read);
        u64::try_from(left.div_ceil(1000)).ok()
    }

    fn elapsed_ms(&self) -> Option<u64> {
        let elapsed = self.updated_at.as_millisecond() - self.began_at.as_millisecond();
        u64::try_from(elapsed).ok().filter(|it| *it > 0 && self.tally.records() > 0)
    }

    /// Returns the key of a file of refused records, from 1. A check and a run have files of their own.
    pub fn refused_key(&self, number: u32) -> String {
        let is_check = self.dry_run && self.checked.is_none();
        let pass = if is_check { "check" } else { "run" };
        format!("{REFUSED}/{}/{pass}-{number:04}.csv", self.id)
    }

    /// Takes over that an operator has cancelled the import meanwhile, with what is counted so far.
    pub fn take_cancellation(&mut self, stored: &Self) {
        self.stage = stored.stage;
        self.acts.clone_from(&stored.acts);
    }
}

/// The most acts that are kept.
const MAX_ACTS: usize = 20;

/// The version and the length of a file that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVersion<'a> {
    pub etag: &'a str,
    pub bytes: u64,
}

/// Returns the key by which the meanings of a header are remembered: the same columns in any order.
pub fn header_key(facts: &FileFacts) -> String {
    let mut names: Vec<&str> = facts.columns.iter().map(|name| name.trim()).collect();
    names.sort_unstable();
    let mut digest = Sha256::new();
    for name in names {
        digest.update(u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(name.as_bytes());
    }
    let digits: String =
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}.{digits}", facts.kind.as_str())
}
