//! Works on one export: fills a part, writes it, notes it in the state, until all records are read
//! or the time is over.

use std::time::Duration;

use domain::kernel::id::ExportId;
use export_files::{
    Manifest, PartWriter, WriteError,
    export::{Export, ExportStage, MAX_PARTS},
};
use objects::ObjectError;
use queue::ExportNudge;
use runtime::{HandlerOutcome, clock, clock::Deadline};
use store::{StoreError, conditional::Applied, reporting::exports::StoredExport};

use crate::{ExportContext, pages::RecordReader};

/// The rows of one part.
const PART_ROWS: u64 = 50_000;
/// The size after which a part is closed, so that it fits memory.
const PART_BYTES: usize = 24 * 1024 * 1024;
/// The time that must be left to read one more page.
const PAGE_MARGIN: Duration = Duration::from_secs(15);
const JSON: &str = "application/json";

/// A reason to stop with an export before its end.
pub(crate) enum Stop {
    /// Another worker has the export, or an operator has removed it.
    Lost,
    Retry(String),
    /// It can never be finished.
    Fail {
        code: &'static str,
        detail: String,
    },
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Retry(error.to_string())
    }
}
impl From<ObjectError> for Stop {
    fn from(error: ObjectError) -> Self {
        Self::Retry(error.to_string())
    }
}
impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        Self::Fail { code: "not_written", detail: error.to_string() }
    }
}

/// Goes on with an export from where its last checkpoint stands, or deletes the files of one that
/// was removed.
pub async fn go_on(context: &ExportContext, id: &ExportId, deadline: Deadline) -> HandlerOutcome {
    let stored = match context.store.stored_export::<Export>(id).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return HandlerOutcome::poison("an export that is not known"),
        Err(error) => return HandlerOutcome::retry(error.to_string()),
    };
    let mut open = OpenExport { context, stored };
    let done = match open.stored.export.stage {
        ExportStage::Running => open.run(deadline).await,
        ExportStage::Removed => open.delete_files().await,
        ExportStage::Done | ExportStage::Failed => Ok(()),
    };
    match done {
        Ok(()) => HandlerOutcome::Done,
        Err(stop) => open.stop(stop).await,
    }
}

struct OpenExport<'a> {
    context: &'a ExportContext,
    stored: StoredExport<Export>,
}

impl OpenExport<'_> {
    async fn run(&mut self, deadline: Deadline) -> Result<(), Stop> {
        let mut reader = RecordReader::open(&self.context.store, &self.stored.export).await?;
        loop {
            if deadline.remaining() < PAGE_MARGIN {
                let nudge = ExportNudge { export: self.stored.export.id.clone() };
                let sent = self.context.exports.send(&nudge).await;
                return sent.map_err(|error| Stop::Retry(error.to_string()));
            }
            let is_last = self.write_part(&mut reader, deadline).await?;
            if is_last {
                let now = clock::now();
                let manifest = Manifest::new(&self.stored.export, now).file();
                let manifest = manifest.map_err(|error| Stop::Retry(error.to_string()))?;
                let part = Export::manifest_part(&manifest);
                let key = self.stored.export.key(&part.name);
                self.context.objects.put(&key, manifest.content, JSON).await?;
                self.stored.export.finish(part, now);
            }
            self.save().await?;
            if is_last {
                self.log_end();
                return Ok(());
            }
        }
    }

    /// Writes the next part. Returns true if it is the last one.
    async fn write_part(
        &mut self,
        reader: &mut RecordReader<'_>,
        deadline: Deadline,
    ) -> Result<bool, Stop> {
        let export = &mut self.stored.export;
        if export.parts.len() >= MAX_PARTS {
            let detail = "there are more rows than one export can have: export shorter periods";
            return Err(Stop::Fail { code: "too_many_rows", detail: detail.to_owned() });
        }
        let mut writer = PartWriter::new(export.columns(), export.format)?;
        let mut place = export.place.clone();
        let is_last = loop {
            let page = reader.next_page(place.as_ref()).await?;
            export.read += page.read;
            export.unreadable += page.unreadable;
            for row in page.rows {
                writer.push(row)?;
            }
            place = page.next;
            if place.is_none() {
                break true;
            }
            let is_full = writer.rows() >= PART_ROWS || writer.bytes() >= PART_BYTES;
            if is_full || deadline.remaining() < PAGE_MARGIN {
                break false;
            }
        };
        export.place = place;
        // the first part is written without rows too, so that its columns are told
        if writer.rows() > 0 || (is_last && export.parts.is_empty()) {
            let part = writer.finish()?;
            let noted = export.next_part(&part);
            let (key, media_type) = (export.key(&noted.name), export.format.media_type());
            self.context.objects.put(&key, part.content, media_type).await?;
            export.parts.push(noted);
        }
        Ok(is_last)
    }

    /// Writes the state. If an operator has removed the export meanwhile, its files go, with the
    /// part that was written just now.
    async fn save(&mut self) -> Result<(), Stop> {
        let now = clock::now();
        self.stored.export.updated_at = now;
        let export = &self.stored.export;
        let put = self.context.store.put_export(&export.id, &self.stored, export.created_at, now);
        if put.await? == Applied::Yes {
            self.stored.version += 1;
            return Ok(());
        }
        let id = self.stored.export.id.clone();
        if let Some(other) = self.context.store.stored_export::<Export>(&id).await?
            && other.export.stage == ExportStage::Removed
        {
            self.delete_files().await?;
        }
        Err(Stop::Lost)
    }

    async fn delete_files(&self) -> Result<(), Stop> {
        Ok(self.context.objects.delete_folder(&self.stored.export.folder()).await?)
    }

    async fn stop(&mut self, stop: Stop) -> HandlerOutcome {
        let (code, detail) = match stop {
            Stop::Lost => return HandlerOutcome::Done,
            Stop::Retry(reason) => return HandlerOutcome::retry(reason),
            Stop::Fail { code, detail } => (code, detail),
        };
        self.stored.export.fail(code, &detail, clock::now());
        match self.save().await {
            Err(Stop::Retry(reason)) => HandlerOutcome::retry(reason),
            Ok(()) | Err(Stop::Lost | Stop::Fail { .. }) => {
                self.log_end();
                HandlerOutcome::Done
            }
        }
    }

    fn log_end(&self) {
        let export = &self.stored.export;
        let failure = export.failure.as_ref().map_or("", |failure| &failure.code);
        tracing::info!(
            export = %export.id,
            kind = export.kind.as_str(),
            stage = ?export.stage,
            failure,
            rows = export.rows(),
            parts = export.parts.len(),
            unreadable = export.unreadable,
            "export over"
        );
    }
}
