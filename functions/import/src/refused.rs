//! The refused records of a pass over a file, as files of CSV beside it. Each has at most about
//! [`FILE_BYTES`], so that it fits memory, and is a table of its own.
//!
//! Guarantees: what is written counts from the checkpoint on that tells its length, so a batch that is
//! repeated replaces its own lines.

use import_files::{
    record::Record,
    refused::{REFUSED_HEADER, refused_line},
};
use importing::{RecordOutcome, import::Import};
use objects::{ObjectError, ObjectStore};

/// The length after which another file begins.
const FILE_BYTES: usize = 1024 * 1024;
const CSV: &str = "text/csv; charset=utf-8";

/// The last file of refused records, as far as it counts.
#[derive(Debug, Default)]
pub struct RefusedTail(Vec<u8>);

impl RefusedTail {
    /// Reads the last file, for an import that goes on.
    pub async fn read(objects: &ObjectStore, import: &Import) -> Result<Self, ObjectError> {
        let known = import.refused_files;
        if known.count == 0 {
            return Ok(Self::default());
        }
        let key = import.refused_key(known.count);
        // one that was deleted by its age is followed by another file
        let Some(info) = objects.info(&key).await? else { return Ok(Self::default()) };
        Ok(Self(objects.read_piece(&key, &info, 0, known.last_bytes).await?))
    }

    /// Writes the refused records of a batch, and notes in the import what counts.
    pub async fn write(
        &mut self,
        objects: &ObjectStore,
        import: &mut Import,
        batch: impl Iterator<Item = (&Record, &RecordOutcome)>,
    ) -> Result<(), ObjectError> {
        let lines: String = batch
            .filter_map(|(record, outcome)| match outcome {
                RecordOutcome::Refused(reason) => Some(refused_line(record, reason)),
                RecordOutcome::Taken { .. } | RecordOutcome::Unchanged { .. } => None,
            })
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        if self.0.is_empty() || self.0.len() >= FILE_BYTES {
            self.0 = REFUSED_HEADER.into();
            import.refused_files.count += 1;
        }
        self.0.extend_from_slice(lines.as_bytes());
        let key = import.refused_key(import.refused_files.count);
        objects.put(&key, self.0.clone(), CSV).await?;
        import.refused_files.last_bytes = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}
