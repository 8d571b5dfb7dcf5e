//! Imports one file: survey, then batches with a checkpoint after each, until the file or the time is
//! over.

use std::time::Duration;

use domain::customer::profile::Zone;
use import_files::{
    customer::ImportTerms,
    layout::{FileLayout, SNIFFED_BYTES},
    reader::RecordReader,
    reason::Reason,
    record::Record,
    refused::{REFUSED_HEADER, refused_line},
    survey::{FileFacts, Survey, SurveyEnd},
    systems::{ColumnMapping, ImportKind},
};
use importing::{Importer, OrderTerms, RecordOutcome};
use objects::{ObjectError, ObjectInfo};
use runtime::{HandlerOutcome, clock, clock::Deadline};
use store::{StoreError, conditional::Applied, customer::imports::StoredImport};

use crate::{
    ImportContext,
    checkpoint::{ImportCheckpoint, ImportStage, import_id},
    message::{ImportNudge, kind_of},
};

/// The piece of a file that is read at once.
const PIECE_BYTES: u64 = 1024 * 1024;
/// Records of one batch: a few seconds of work at most.
const BATCH_RECORDS: usize = 250;
/// The time that must be left to begin a batch.
const MARGIN: Duration = Duration::from_secs(8);
/// The largest file. A survey reads it within the time of one invocation.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The vertical and the merchant of orders, which no recognised file tells.
const IMPORTED: &str = "imported";

/// A reason to stop with a file before its end.
enum Stop {
    Replaced,
    /// Another worker has the file, or a later checkpoint.
    Lost,
    /// All of the file is refused.
    Refused(Reason),
    Retry(String),
}

impl From<ObjectError> for Stop {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Replaced => Self::Replaced,
            ObjectError::Failed(reason) => Self::Retry(reason),
        }
    }
}
impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Retry(error.to_string())
    }
}

/// A file with its import.
struct OpenImport<'a> {
    context: &'a ImportContext,
    id: String,
    version: ObjectInfo,
    stored: StoredImport<ImportCheckpoint>,
}

/// Imports a file from where its last checkpoint stands.
pub async fn import_file(context: &ImportContext, key: &str, deadline: Deadline) -> HandlerOutcome {
    let Some(kind) = kind_of(key) else { return HandlerOutcome::Done };
    match open(context, key).await {
        Ok(Some(mut import)) => match import.go_on(kind, deadline).await {
            Ok(()) => HandlerOutcome::Done,
            Err(stop) => import.stop(stop).await,
        },
        Ok(None) => HandlerOutcome::Done,
        Err(Stop::Retry(reason)) => HandlerOutcome::retry(reason),
        Err(Stop::Replaced | Stop::Lost | Stop::Refused(_)) => HandlerOutcome::Done,
    }
}

/// Finds the import of the object's present version, or begins it. `None` if it is over.
async fn open<'a>(context: &'a ImportContext, key: &str) -> Result<Option<OpenImport<'a>>, Stop> {
    let Some(version) = context.objects.info(key).await? else { return Ok(None) };
    let id = import_id(key, &version.etag);
    let stored = context.store.import_checkpoint(&id).await?;
    let new = || StoredImport {
        checkpoint: ImportCheckpoint::new(key, version.bytes, clock::now()),
        version: 0,
    };
    let stored = stored.unwrap_or_else(new);
    let is_over = stored.checkpoint.stage != ImportStage::Running;
    Ok((!is_over).then_some(OpenImport { context, id, version, stored }))
}

impl OpenImport<'_> {
    async fn go_on(&mut self, kind: ImportKind, deadline: Deadline) -> Result<(), Stop> {
        if self.version.bytes > MAX_FILE_BYTES {
            let detail = "a file has at most 4 GiB: divide it";
            return Err(Stop::Refused(Reason::new("too_large", detail)));
        }
        let facts = match self.stored.checkpoint.facts.clone() {
            Some(facts) => facts,
            None => {
                let facts = self.survey(kind).await?;
                self.stored.checkpoint.facts = Some(facts.clone());
                self.save().await?;
                facts
            }
        };
        self.take_records(&facts, deadline).await
    }

    async fn piece(&self, from: u64) -> Result<Vec<u8>, Stop> {
        let key = &self.stored.checkpoint.key;
        Ok(self.context.objects.read_piece(key, &self.version, from, PIECE_BYTES).await?)
    }

    async fn survey(&self, kind: ImportKind) -> Result<FileFacts, Stop> {
        let start = self.piece(0).await?;
        let start = start.get(..start.len().min(SNIFFED_BYTES)).unwrap_or_default();
        let mut layout = FileLayout::sniff(start, None, None).map_err(Stop::Refused)?;
        loop {
            let mut survey = Survey::new(&layout, kind, ColumnMapping::default());
            let mut at = survey.first_byte();
            while at < self.version.bytes {
                let piece = self.piece(at).await?;
                at += u64::try_from(piece.len()).unwrap_or_default().max(1);
                survey.push(&piece);
            }
            match survey.finish().map_err(Stop::Refused)? {
                SurveyEnd::Done(facts) => return Ok(*facts),
                SurveyEnd::ReadAgain(again) => layout = again,
            }
        }
    }

    async fn take_records(&mut self, facts: &FileFacts, deadline: Deadline) -> Result<(), Stop> {
        let checkpoint = &self.stored.checkpoint;
        let terms = ImportTerms {
            zone: Zone::default(),
            country: None,
            currency: None,
            subscribed_counts: false,
            as_of: checkpoint.started_at,
        };
        let orders = OrderTerms { vertical: IMPORTED.to_owned(), merchant: IMPORTED.to_owned() };
        let (tenant, last_order) = (self.context.currency, checkpoint.last_order.clone());
        let now = clock::now();
        let importer = Importer::new(facts, &terms, &orders, tenant, last_order, now);
        let mut importer = importer.map_err(Stop::Refused)?;
        let mut reader = match &checkpoint.place {
            Some(place) => RecordReader::resume(&facts.layout, place),
            None => RecordReader::new(&facts.layout),
        };
        let mut at = reader.first_byte();
        loop {
            if deadline.remaining() < MARGIN {
                let nudge = ImportNudge { import: self.stored.checkpoint.key.clone() };
                let sent = self.context.imports.send(&nudge).await;
                return sent.map_err(|error| Stop::Retry(error.to_string()));
            }
            let records = self.next_records(&mut reader, &mut at).await?;
            if records.is_empty() {
                self.stored.checkpoint.stage = ImportStage::Done;
                self.save().await?;
                self.log_end();
                return Ok(());
            }
            let taken =
                importer.take(&self.context.store, &records, reader.columns(), clock::now());
            let outcomes = taken.await?;
            self.count(&records, &outcomes).await?;
            self.stored.checkpoint.place = Some(reader.place());
            self.stored.checkpoint.last_order = importer.last_order();
            self.save().await?;
        }
    }

    /// Returns the next records, at most a batch; none at the end of the file.
    async fn next_records(
        &self,
        reader: &mut RecordReader,
        at: &mut u64,
    ) -> Result<Vec<Record>, Stop> {
        let mut records = Vec::new();
        let mut is_finished = false;
        while records.len() < BATCH_RECORDS {
            match reader.next_record() {
                Some(record) => records.push(record),
                None if is_finished => break,
                None if *at >= self.version.bytes => {
                    reader.finish();
                    is_finished = true;
                }
                None => {
                    let piece = self.piece(*at).await?;
                    *at += u64::try_from(piece.len()).unwrap_or_default().max(1);
                    reader.push(&piece);
                }
            }
        }
        Ok(records)
    }

    /// Counts a batch, and writes its refused records beside the file. The name follows from the first
    /// record, so that a repeat of the batch replaces it.
    async fn count(&mut self, records: &[Record], outcomes: &[RecordOutcome]) -> Result<(), Stop> {
        let mut refused = String::new();
        for (record, outcome) in records.iter().zip(outcomes) {
            self.stored.checkpoint.tally.count(record, outcome);
            if let RecordOutcome::Refused(reason) = outcome {
                refused.push_str(&refused_line(record, reason));
            }
        }
        if let Some(first) = records.first().filter(|_| !refused.is_empty()) {
            let name = format!("refused/{}/{:012}.csv", self.id, first.number);
            let body = format!("{REFUSED_HEADER}{refused}").into_bytes();
            self.context.objects.put(&name, body, "text/csv; charset=utf-8").await?;
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<(), Stop> {
        let put = self.context.store.put_import_checkpoint(&self.id, &self.stored, clock::now());
        match put.await? {
            Applied::Yes => {
                self.stored.version += 1;
                Ok(())
            }
            Applied::Conflict => Err(Stop::Lost),
        }
    }

    async fn stop(&mut self, stop: Stop) -> HandlerOutcome {
        let stage = match stop {
            Stop::Lost => return HandlerOutcome::Done,
            Stop::Retry(reason) => return HandlerOutcome::retry(reason),
            Stop::Replaced => ImportStage::Replaced,
            Stop::Refused(reason) => {
                self.stored.checkpoint.refusal = Some(reason);
                ImportStage::Refused
            }
        };
        self.stored.checkpoint.stage = stage;
        match self.save().await {
            Err(Stop::Retry(reason)) => HandlerOutcome::retry(reason),
            Ok(()) | Err(Stop::Lost | Stop::Replaced | Stop::Refused(_)) => {
                self.log_end();
                HandlerOutcome::Done
            }
        }
    }

    fn log_end(&self) {
        let ImportCheckpoint { stage, tally, refusal, .. } = &self.stored.checkpoint;
        let refusal = refusal.as_ref().map_or("", |reason| &reason.code);
        tracing::info!(
            import = self.id,
            ?stage,
            refusal,
            taken = tally.taken,
            unchanged = tally.unchanged,
            refused = tally.refused,
            "import over"
        );
    }
}
