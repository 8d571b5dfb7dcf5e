//! Works on one import: survey, check, then batches with a checkpoint after each, until the file or
//! the time is over.

use std::time::Duration;

use domain::{Timestamp, kernel::id::ImportId};
use import_files::{
    layout::{FileForm, FileLayout, SNIFFED_BYTES},
    parquet_file::{ByteRange, GroupRows, ParquetFile, TAIL_BYTES, footer_range},
    reader::{FilePlace, RecordReader},
    reason::Reason,
    record::Record,
    survey::{FileFacts, Survey, SurveyEnd, survey_rows},
    systems::ColumnMapping,
};
use importing::{
    Importer, RecordOutcome,
    import::{Arrival, FileVersion, Import, ImportStage, header_key},
};
use objects::{ObjectError, ObjectInfo};
use queue::ImportNudge;
use runtime::{HandlerOutcome, clock, clock::Deadline};
use store::{StoreError, conditional::Applied, customer::imports::StoredImport};

use crate::{
    ImportContext,
    message::{FilePlaceInBucket, ImportSubject},
    refused::RefusedTail,
};

/// The piece of a file that is read at once.
const PIECE_BYTES: u64 = 1024 * 1024;
/// The piece of a row group that is read at once.
const RANGE_PIECE_BYTES: u64 = 8 * 1024 * 1024;
/// Rows of a Parquet file by which the order of slashed dates is decided.
const SURVEYED_ROWS: usize = 10_000;
/// Records of one batch: a few seconds of work at most.
const BATCH_RECORDS: usize = 250;
/// The time that must be left to begin a batch.
const MARGIN: Duration = Duration::from_secs(8);
/// The time after which a check, whose batches take milliseconds, tells its progress.
const CHECK_STEP_MS: i64 = 1_000;

/// A reason to stop with a file before its end.
enum Stop {
    Replaced,
    /// Another worker has the file, or an operator has cancelled the import.
    Lost,
    /// All of the file is refused.
    Refused(Reason),
    Retry(String),
    Poison(String),
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

/// The records of a file that are not read yet.
enum FileRecords {
    Text {
        reader: Box<RecordReader>,
        /// The byte of the file from which to go on.
        at: u64,
    },
    Rows {
        file: Box<ParquetFile>,
        group: Option<GroupRows>,
        /// The number of records before the next one.
        records: u64,
    },
}

impl FileRecords {
    fn columns(&self) -> &[String] {
        match self {
            Self::Text { reader, .. } => reader.columns(),
            Self::Rows { file, .. } => file.columns(),
        }
    }

    /// Returns the place after the last record that was returned.
    fn place(&self) -> Result<FilePlace, Reason> {
        match self {
            Self::Text { reader, .. } => Ok(reader.place()),
            Self::Rows { file, records, .. } => file.place(*records),
        }
    }
}

/// An import with the version of its file.
struct OpenImport<'a> {
    context: &'a ImportContext,
    version: ObjectInfo,
    stored: StoredImport<Import>,
}

/// Works on the import that a message is about, from where its last checkpoint stands.
pub async fn import_file(
    context: &ImportContext,
    subject: ImportSubject,
    deadline: Deadline,
) -> HandlerOutcome {
    let opened = match subject {
        ImportSubject::Import(id) => open(context, &id).await,
        ImportSubject::File(FilePlaceInBucket::Upload(id)) => open_upload(context, &id).await,
        ImportSubject::File(FilePlaceInBucket::Dropped { key, kind }) => {
            let import =
                |version: FileVersion<'_>, now| Import::of_dropped_file(kind, &key, version, now);
            open_dropped(context, &key, import).await
        }
        ImportSubject::File(FilePlaceInBucket::Elsewhere) => Ok(None),
    };
    match opened {
        Ok(Some(mut import)) => match import.go_on(deadline).await {
            Ok(()) => HandlerOutcome::Done,
            Err(stop) => import.stop(stop).await,
        },
        Ok(None) => HandlerOutcome::Done,
        Err(Stop::Retry(reason)) => HandlerOutcome::retry(reason),
        Err(Stop::Poison(reason)) => HandlerOutcome::poison(reason),
        Err(Stop::Replaced | Stop::Lost | Stop::Refused(_)) => HandlerOutcome::Done,
    }
}

/// Opens an import to go on with it. `None` if there is nothing to do.
async fn open<'a>(
    context: &'a ImportContext,
    id: &ImportId,
) -> Result<Option<OpenImport<'a>>, Stop> {
    let stored = context.store.stored_import::<Import>(id).await?;
    let Some(stored) = stored else {
        return Err(Stop::Poison("an import that is not known".to_owned()));
    };
    Ok(OpenImport::of(context, stored))
}

/// Opens the import that waited for this upload.
async fn open_upload<'a>(
    context: &'a ImportContext,
    id: &ImportId,
) -> Result<Option<OpenImport<'a>>, Stop> {
    let Some(mut stored) = context.store.stored_import::<Import>(id).await? else {
        tracing::warn!(import = %id, "an upload of an import that is not known");
        return Ok(None);
    };
    let key = stored.import.key.clone();
    let Some(found) = context.objects.info(&key).await? else { return Ok(None) };
    let version = FileVersion { etag: &found.etag, bytes: found.bytes };
    match stored.import.arrive(version, clock::now()) {
        Arrival::Taken => {}
        Arrival::Known => return Ok(OpenImport::of(context, stored)),
        Arrival::Unwanted => {
            tracing::warn!(import = %id, "an upload that came too late");
            return Ok(None);
        }
    }
    let mut opened = OpenImport { context, version: found, stored };
    opened.save().await?;
    Ok(opened.stored.import.stage.is_working().then_some(opened))
}

/// Opens the import of the present version of a dropped file, or begins it.
async fn open_dropped<'a>(
    context: &'a ImportContext,
    key: &str,
    import: impl Fn(FileVersion<'_>, Timestamp) -> Option<Import>,
) -> Result<Option<OpenImport<'a>>, Stop> {
    let Some(found) = context.objects.info(key).await? else { return Ok(None) };
    let version = FileVersion { etag: &found.etag, bytes: found.bytes };
    let Some(new) = import(version, clock::now()) else { return Ok(None) };
    if let Some(stored) = context.store.stored_import::<Import>(&new.id).await? {
        return Ok(OpenImport::of(context, stored));
    }
    let mut opened =
        OpenImport { context, version: found, stored: StoredImport { import: new, version: 0 } };
    opened.save().await?;
    Ok(opened.stored.import.stage.is_working().then_some(opened))
}

impl<'a> OpenImport<'a> {
    /// Opens a stored import, if there is something to do.
    fn of(context: &'a ImportContext, stored: StoredImport<Import>) -> Option<Self> {
        let import = &stored.import;
        let etag = import.etag.clone().filter(|_| import.stage.is_working())?;
        Some(Self { context, version: ObjectInfo { etag, bytes: import.bytes }, stored })
    }

    async fn go_on(&mut self, deadline: Deadline) -> Result<(), Stop> {
        if self.stored.import.facts.is_none() {
            let facts = self.survey().await?;
            let remembered = self.context.store.import_mapping(&header_key(&facts)).await?;
            self.stored.import.take_facts(facts, remembered, clock::now());
            self.save().await?;
        }
        let import = &self.stored.import;
        let Some(facts) = import.facts.clone().filter(|_| import.stage.is_working()) else {
            self.log_end();
            return Ok(());
        };
        if import.stage == ImportStage::Running
            && import.place.is_none()
            && let Some(mapping) = &import.mapping
        {
            let header = header_key(&facts);
            self.context.store.put_import_mapping(&header, mapping, clock::now()).await?;
        }
        self.read_records(&facts, deadline).await
    }

    async fn piece(&self, from: u64) -> Result<Vec<u8>, Stop> {
        let key = &self.stored.import.key;
        Ok(self.context.objects.read_piece(key, &self.version, from, PIECE_BYTES).await?)
    }

    async fn survey(&self) -> Result<FileFacts, Stop> {
        let start = self.piece(0).await?;
        let start = start.get(..start.len().min(SNIFFED_BYTES)).unwrap_or_default();
        let mut layout = FileLayout::sniff(start, None, None).map_err(Stop::Refused)?;
        if layout.form == FileForm::Parquet {
            return self.survey_parquet(layout).await;
        }
        loop {
            let kind = self.stored.import.kind;
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

    async fn survey_parquet(&self, layout: FileLayout) -> Result<FileFacts, Stop> {
        let file = self.open_parquet().await?;
        let mut first = Vec::new();
        if let Some((group, _)) = file.group_after(0) {
            let mut rows = self.read_group(&file, group, 0).await?;
            while first.len() < SURVEYED_ROWS
                && let Some(record) = rows.next_record().map_err(Stop::Refused)?
            {
                first.push(record);
            }
        }
        survey_rows(layout, self.stored.import.kind, &file, &first).map_err(Stop::Refused)
    }

    /// Reads the footer of a file of Parquet.
    async fn open_parquet(&self) -> Result<ParquetFile, Stop> {
        let bytes = self.version.bytes;
        let tail = ByteRange { from: bytes.saturating_sub(TAIL_BYTES), length: TAIL_BYTES };
        let footer = footer_range(bytes, &self.range(tail).await?).map_err(Stop::Refused)?;
        ParquetFile::open(bytes, &self.range(footer).await?).map_err(Stop::Refused)
    }

    async fn read_group(
        &self,
        file: &ParquetFile,
        group: usize,
        skipped: u64,
    ) -> Result<GroupRows, Stop> {
        let range = file.group_range(group).map_err(Stop::Refused)?;
        let bytes = self.range(range).await?;
        file.read_group(group, bytes.into(), skipped).map_err(Stop::Refused)
    }

    /// Reads a range of the file, piece by piece, so that it is in memory once.
    async fn range(&self, range: ByteRange) -> Result<Vec<u8>, Stop> {
        let end = range.from.saturating_add(range.length).min(self.version.bytes);
        let mut bytes = Vec::with_capacity(usize::try_from(range.length).unwrap_or_default());
        let mut at = range.from;
        while at < end {
            let length = (end - at).min(RANGE_PIECE_BYTES);
            let key = &self.stored.import.key;
            let piece = self.context.objects.read_piece(key, &self.version, at, length).await?;
            at += u64::try_from(piece.len()).unwrap_or_default().max(1);
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Opens the file at the last checkpoint.
    async fn open_records(&self, facts: &FileFacts) -> Result<FileRecords, Stop> {
        let place = self.stored.import.place.as_ref();
        if facts.layout.form == FileForm::Parquet {
            let file = self.open_parquet().await?;
            let records = place.map_or(0, |place| place.records);
            return Ok(FileRecords::Rows { file: Box::new(file), group: None, records });
        }
        let reader = match place {
            Some(place) => RecordReader::resume(&facts.layout, place),
            None => RecordReader::new(&facts.layout),
        };
        let at = reader.first_byte();
        Ok(FileRecords::Text { reader: Box::new(reader), at })
    }

    /// Reads the records from the last checkpoint on, and takes them unless it is a check.
    async fn read_records(&mut self, facts: &FileFacts, deadline: Deadline) -> Result<(), Stop> {
        let import = &self.stored.import;
        let is_check = import.stage == ImportStage::Reading;
        let (terms, orders) = (import.terms(), import.order_terms());
        let (tenant, last_order) = (self.context.currency, import.last_order.clone());
        let importer = Importer::new(facts, &terms, &orders, tenant, last_order, clock::now());
        let mut importer = importer.map_err(Stop::Refused)?;
        let mut refused = RefusedTail::read(&self.context.objects, import).await?;
        let mut file = self.open_records(facts).await?;
        loop {
            if deadline.remaining() < MARGIN {
                self.save().await?;
                let nudge = ImportNudge { import: self.stored.import.id.clone() };
                let sent = self.context.imports.send(&nudge).await;
                return sent.map_err(|error| Stop::Retry(error.to_string()));
            }
            let records = self.next_records(&mut file).await?;
            if records.is_empty() {
                self.stored.import.end_pass();
                self.save().await?;
                self.log_end();
                return Ok(());
            }
            let outcomes = if is_check {
                importer.rehearse(&records, file.columns())
            } else {
                let store = &self.context.store;
                importer.take(store, &records, file.columns(), clock::now()).await?
            };
            self.count(&mut refused, &records, &outcomes).await?;
            self.stored.import.place = Some(file.place().map_err(Stop::Refused)?);
            self.stored.import.last_order = importer.last_order();
            let since =
                clock::now().as_millisecond() - self.stored.import.updated_at.as_millisecond();
            if !is_check || since >= CHECK_STEP_MS {
                self.save().await?;
            }
        }
    }

    /// Returns the next records, at most a batch; none at the end of the file.
    async fn next_records(&self, file: &mut FileRecords) -> Result<Vec<Record>, Stop> {
        match file {
            FileRecords::Text { reader, at } => self.next_text_records(reader, at).await,
            FileRecords::Rows { file, group, records } => {
                self.next_rows(file, group, records).await
            }
        }
    }

    async fn next_text_records(
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

    async fn next_rows(
        &self,
        file: &ParquetFile,
        group: &mut Option<GroupRows>,
        read: &mut u64,
    ) -> Result<Vec<Record>, Stop> {
        let mut records = Vec::new();
        while records.len() < BATCH_RECORDS {
            let rows = match group {
                Some(rows) => rows,
                None => {
                    let Some((next, skipped)) = file.group_after(*read) else { break };
                    group.insert(self.read_group(file, next, skipped).await?)
                }
            };
            match rows.next_record().map_err(Stop::Refused)? {
                Some(record) => {
                    *read = record.number;
                    records.push(record);
                }
                None => *group = None,
            }
        }
        Ok(records)
    }

    /// Counts a batch, and writes its refused records beside the file.
    async fn count(
        &mut self,
        refused: &mut RefusedTail,
        records: &[Record],
        outcomes: &[RecordOutcome],
    ) -> Result<(), Stop> {
        for (record, outcome) in records.iter().zip(outcomes) {
            self.stored.import.tally.count(record, outcome);
        }
        let batch = records.iter().zip(outcomes);
        Ok(refused.write(&self.context.objects, &mut self.stored.import, batch).await?)
    }

    /// Writes the state of the import. If an operator has cancelled it meanwhile, the batch that
    /// was taken still counts, and the work ends.
    async fn save(&mut self) -> Result<(), Stop> {
        if self.put().await? == Applied::Yes {
            return Ok(());
        }
        let id = self.stored.import.id.clone();
        let Some(other) = self.context.store.stored_import::<Import>(&id).await? else {
            return Err(Stop::Lost);
        };
        if other.import.stage == ImportStage::Cancelled {
            self.stored.import.take_cancellation(&other.import);
            self.stored.version = other.version;
            self.put().await?;
            self.log_end();
        }
        Err(Stop::Lost)
    }

    async fn put(&mut self) -> Result<Applied, Stop> {
        let now = clock::now();
        self.stored.import.updated_at = now;
        let import = &self.stored.import;
        let put = self.context.store.put_import(&import.id, &self.stored, import.created_at, now);
        let applied = put.await?;
        if applied == Applied::Yes {
            self.stored.version += 1;
        }
        Ok(applied)
    }

    async fn stop(&mut self, stop: Stop) -> HandlerOutcome {
        let reason = match stop {
            Stop::Lost => return HandlerOutcome::Done,
            Stop::Retry(reason) => return HandlerOutcome::retry(reason),
            Stop::Poison(reason) => return HandlerOutcome::poison(reason),
            Stop::Replaced => {
                let detail = "the file was replaced or deleted while it was read";
                Reason::new("replaced", detail)
            }
            Stop::Refused(reason) => reason,
        };
        self.stored.import.fail(reason);
        match self.save().await {
            Err(Stop::Retry(reason)) => HandlerOutcome::retry(reason),
            Ok(()) | Err(Stop::Lost | Stop::Replaced | Stop::Refused(_) | Stop::Poison(_)) => {
                self.log_end();
                HandlerOutcome::Done
            }
        }
    }

    fn log_end(&self) {
        let Import { id, stage, tally, failure, .. } = &self.stored.import;
        let failure = failure.as_ref().map_or("", |reason| &reason.code);
        tracing::info!(
            import = %id,
            ?stage,
            failure,
            taken = tally.taken,
            unchanged = tally.unchanged,
            refused = tally.refused,
            "import over"
        );
    }
}
