//! The checkpoint of an import: all that is needed to go on with a file.

use domain::Timestamp;
use import_files::{reader::FilePlace, reason::Reason, survey::FileFacts};
use importing::ImportTally;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStage {
    Running,
    Done,
    /// All of the file is refused.
    Refused,
    /// The file was replaced or deleted while it was read.
    Replaced,
}

/// The state of an import after one of its batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportCheckpoint {
    pub key: String,
    pub bytes: u64,
    pub stage: ImportStage,
    pub started_at: Timestamp,
    /// The reason why all of the file is refused.
    pub refusal: Option<Reason>,
    /// The facts that the survey has found, once it is over.
    pub facts: Option<FileFacts>,
    /// The place of the next record, once there was one.
    pub place: Option<FilePlace>,
    pub last_order: Option<String>,
    pub tally: ImportTally,
}

impl ImportCheckpoint {
    pub fn new(key: &str, bytes: u64, started_at: Timestamp) -> Self {
        Self {
            key: key.to_owned(),
            bytes,
            stage: ImportStage::Running,
            started_at,
            refusal: None,
            facts: None,
            place: None,
            last_order: None,
            tally: ImportTally::default(),
        }
    }
}

/// Returns the id of the import of one version of an object: the same bytes under the same name are
/// the same import.
pub fn import_id(key: &str, etag: &str) -> String {
    let digest = Sha256::digest(format!("{key}\n{etag}").as_bytes());
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
