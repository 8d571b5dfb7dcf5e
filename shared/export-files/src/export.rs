//! The state of one export: what was asked for, how far the worker is, and the parts that are
//! written.
//!
//! Guarantees: an export that is over stays over; a part counts only once the state that names it
//! is stored, and it is named after its content, so a worker that comes late changes no part that
//! counts.

use domain::{
    Timestamp,
    campaign::audience::AudienceRule,
    kernel::id::{CampaignId, CustomerId, ExportId, VoucherId},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use crate::writer::ExportFormat;
use crate::{
    rows::{campaigns, customers, orders, suppressions, vouchers},
    table::Column,
    writer::FinishedPart,
};

/// The folder of all exports in the bucket.
pub const EXPORTS: &str = "exports";
/// The file that lists the parts.
pub const MANIFEST: &str = "manifest.json";
/// The most parts of one export, so that its state stays an item of the store.
pub const MAX_PARTS: usize = 2_000;
/// The time for which its files are kept. The bucket's lifecycle deletes them.
pub const FILES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest purpose, in bytes.
pub const MAX_PURPOSE_BYTES: usize = 500;
/// The characters of a part's checksum that its name has.
const NAME_DIGITS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportKind {
    Vouchers,
    Customers,
    Campaigns,
    Orders,
    Suppressions,
}

impl ExportKind {
    pub const ALL: [Self; 5] =
        [Self::Vouchers, Self::Customers, Self::Campaigns, Self::Orders, Self::Suppressions];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vouchers => "vouchers",
            Self::Customers => "customers",
            Self::Campaigns => "campaigns",
            Self::Orders => "orders",
            Self::Suppressions => "suppressions",
        }
    }
}

/// The records that are wanted; all of the kind without any of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// The first moment of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The moment at which the period is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<AudienceRule>,
}

impl ExportFilter {
    /// Returns true if a record of this time is within the period. One without a time is in no
    /// period.
    pub fn covers(&self, at: Option<Timestamp>) -> bool {
        match at {
            Some(at) => self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to),
            None => self.from.is_none() && self.to.is_none(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportStage {
    Running,
    Done,
    Failed,
    /// An operator has cancelled it or removed its files.
    Removed,
}

/// A file of an export that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPart {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// The place after which the worker goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportPlace {
    /// The last record of a scan: its partition and its sort key.
    Record(String, String),
    /// The last voucher of a shard of a campaign's vouchers; none before the first.
    Shard(u32, Option<(CustomerId, VoucherId)>),
    /// The last campaign of their list.
    Listed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFailure {
    pub code: String,
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Export {
    pub id: ExportId,
    pub kind: ExportKind,
    pub format: ExportFormat,
    pub filter: ExportFilter,
    /// True if names and addresses of customers are wanted.
    pub contacts: bool,
    pub purpose: Option<String>,
    pub stage: ExportStage,
    pub created_at: Timestamp,
    pub created_by: String,
    /// The subject of whoever made it.
    pub owner: String,
    pub updated_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub removed_by: Option<String>,
    pub place: Option<ExportPlace>,
    /// The records that were read so far.
    pub read: u64,
    /// The records that could not be read and are left out; each is in the log.
    pub unreadable: u64,
    pub parts: Vec<ExportPart>,
    pub manifest: Option<ExportPart>,
    pub failure: Option<ExportFailure>,
}

/// The request from which an export is made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExport {
    pub id: ExportId,
    pub kind: ExportKind,
    pub format: ExportFormat,
    pub filter: ExportFilter,
    pub contacts: bool,
    pub purpose: Option<String>,
    pub created_by: String,
    pub owner: String,
}

impl Export {
    pub fn new(new: NewExport, now: Timestamp) -> Self {
        let NewExport { id, kind, format, filter, contacts, purpose, created_by, owner } = new;
        Self {
            id,
            kind,
            format,
            filter,
            contacts,
            purpose,
            stage: ExportStage::Running,
            created_at: now,
            created_by,
            owner,
            updated_at: now,
            finished_at: None,
            removed_by: None,
            place: None,
            read: 0,
            unreadable: 0,
            parts: Vec::new(),
            manifest: None,
            failure: None,
        }
    }

    pub fn columns(&self) -> &'static [Column] {
        match self.kind {
            ExportKind::Vouchers => vouchers::COLUMNS,
            ExportKind::Customers if self.contacts => customers::COLUMNS_WITH_CONTACTS,
            ExportKind::Customers => customers::COLUMNS,
            ExportKind::Campaigns => campaigns::COLUMNS,
            ExportKind::Orders => orders::COLUMNS,
            ExportKind::Suppressions => suppressions::COLUMNS,
        }
    }

    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// Returns the folder of its files.
    pub fn folder(&self) -> String {
        format!("{EXPORTS}/{}/", self.id)
    }
    /// Returns the key of one of its files.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.folder())
    }

    /// Returns the next part as it will count, by its content.
    pub fn next_part(&self, part: &FinishedPart) -> ExportPart {
        let digits: String = part.sha256.chars().take(NAME_DIGITS).collect();
        let number = self.parts.len() + 1;
        let name = format!("part-{number:05}-{digits}.{}", self.format.as_str());
        noted(name, part)
    }

    /// Returns the manifest as it will count.
    pub fn manifest_part(manifest: &FinishedPart) -> ExportPart {
        noted(MANIFEST.to_owned(), manifest)
    }

    /// Ends the export with its manifest.
    pub fn finish(&mut self, manifest: ExportPart, now: Timestamp) {
        if self.stage == ExportStage::Running {
            self.stage = ExportStage::Done;
            self.manifest = Some(manifest);
            self.place = None;
            self.finished_at = Some(now);
        }
    }

    pub fn fail(&mut self, code: &str, detail: &str, now: Timestamp) {
        if self.stage == ExportStage::Running {
            self.stage = ExportStage::Failed;
            self.failure = Some(ExportFailure { code: code.to_owned(), detail: detail.to_owned() });
            self.finished_at = Some(now);
        }
    }

    /// Cancels the export, or removes its files. Returns false if that was done before.
    pub fn remove(&mut self, by: &str) -> bool {
        if self.stage == ExportStage::Removed {
            return false;
        }
        self.stage = ExportStage::Removed;
        self.removed_by = Some(by.to_owned());
        true
    }

    /// Returns the time until which its files can be downloaded.
    pub fn files_until(&self) -> Option<Timestamp> {
        let finished = self.finished_at.filter(|_| self.stage == ExportStage::Done)?;
        finished.checked_add(FILES_KEPT).ok()
    }
}

fn noted(name: String, part: &FinishedPart) -> ExportPart {
    let bytes = u64::try_from(part.content.len()).unwrap_or(u64::MAX);
    ExportPart { name, rows: part.rows, bytes, sha256: part.sha256.clone() }
}
