//! Takes a list of suppressions: a CSV file with a header line, at most [`MAX_LINES`] lines. Each
//! line is taken, changes nothing, or is refused with its reason; a refused line stops no other,
//! and the file can be sent again.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    customer::{
        address::{Address, AddressKey},
        address_state::NewSuppression,
        profile::SuppressionReason,
    },
    kernel::{audit_kind::AuditKind, channel::Channel},
};
use futures::{StreamExt, TryStreamExt, stream};
use http_edge::{
    ApiResult, Operator, OperatorRole, Problem, UnreadBody,
    csv::{CsvLine, parse_table},
};
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, record_act, store_problem};

/// The most lines of one file: what is written in a few seconds.
const MAX_LINES: usize = 1_000;
/// Lines that are written at once.
const CONCURRENT_LINES: usize = 16;
const IMPORT_SOURCE: &str = "import";
const COLUMNS: [&str; 8] = ["address", "key", "channel", "reason", "at", "source", "by", "note"];

#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionImport {
    /// Lines that suppressed an address or a further reason of it.
    pub taken: usize,
    /// Lines that changed nothing: the address has said so already, or something later has lifted
    /// it.
    pub unchanged: usize,
    pub refused: usize,
    /// Every line that was refused, with its reason.
    pub refusals: Vec<RefusedLine>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedLine {
    /// The number of the line in the file, from 1.
    pub line: usize,
    pub column: &'static str,
    /// `required`, `invalid`, `unknown_value`, `in_the_future` or `conflict`.
    pub code: &'static str,
    pub detail: String,
}

/// The columns of the file, by their place.
struct Header(Vec<&'static str>);

/// A line that may be written.
struct ImportLine {
    number: usize,
    address: NamedAddress,
    no: NewSuppression,
}

enum NamedAddress {
    Clear(Address),
    Key(AddressKey, Channel),
}

/// Imports a list of suppressions.
///
/// The first line names the columns: `address` (an e-mail address, a phone number or the ARN of a
/// device) or `key` with `channel`, and optionally `reason` (`opted_out` if not given), `at` (now
/// if not given), `source` and `note`. A file of the list can be imported as it is.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/suppressions/import", tag = "operations",
    operation_id = "import_suppressions", security(("jwt" = [])),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = SuppressionImport), Problem)
)]
pub async fn import(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<SuppressionImport>> {
    operator.require_role(OperatorRole::Marketer)?;
    let text = body.read_text().await?;
    let table = parse_table(&text).map_err(|line| {
        Problem::bad_request("malformed_csv", format!("the quote on line {line} is never closed"))
    })?;
    let Some((first, lines)) = table.split_first() else {
        return Err(Problem::bad_request("malformed_csv", "the first line names the columns"));
    };
    let header = Header::parse(first)?;
    if lines.len() > MAX_LINES {
        let detail = format!("at most {MAX_LINES} lines in one file, without the header");
        return Err(Problem::bad_request("too_many_lines", detail));
    }
    let (by, now) = (actor_name(&operator), clock::now());
    let (mut wanted, mut refusals) = (Vec::new(), Vec::new());
    for line in lines {
        match header.read_line(line, &by, now) {
            Ok(line) => wanted.push(line),
            Err(refused) => refusals.push(refused),
        }
    }
    let noted = format!("{} lines", lines.len());
    let act = ("file", "import", noted.as_str());
    record_act(&context.store, &operator, AuditKind::Suppression, act).await?;
    let results: Vec<Result<bool, RefusedLine>> = stream::iter(wanted)
        .map(|line| write_line(&context, line))
        .buffer_unordered(CONCURRENT_LINES)
        .try_collect()
        .await?;
    let (mut taken, mut unchanged) = (0, 0);
    for result in results {
        match result {
            Ok(true) => taken += 1,
            Ok(false) => unchanged += 1,
            Err(refused) => refusals.push(refused),
        }
    }
    refusals.sort_by_key(|refused| refused.line);
    tracing::info!(by, taken, unchanged, refused = refusals.len(), "suppressions imported");
    Ok(Json(SuppressionImport { taken, unchanged, refused: refusals.len(), refusals }))
}

/// Returns true if the line has changed what is in force. A key tells no channel, so that of a line
/// is compared with what is known of the address.
async fn write_line(
    context: &OperationsContext,
    line: ImportLine,
) -> ApiResult<Result<bool, RefusedLine>> {
    let (key, channel) = match line.address {
        NamedAddress::Clear(address) => {
            (context.store.address_key(&address).await.map_err(store_problem)?, address.channel())
        }
        NamedAddress::Key(key, channel) => {
            let known = context.store.known_channel(&key).await.map_err(store_problem)?;
            if let Some(known) = known.filter(|known| *known != channel) {
                let detail = format!("it is the key of an address on {known}");
                let (column, code) = ("channel", "conflict");
                return Ok(Err(RefusedLine { line: line.number, column, code, detail }));
            }
            (key, channel)
        }
    };
    let change =
        context.store.suppress_address(&key, channel, &line.no).await.map_err(store_problem)?;
    let in_force = change.state.in_force().any(|(reason, _)| reason == line.no.reason);
    Ok(Ok(change.changed && in_force))
}

impl Header {
    fn parse(line: &CsvLine) -> ApiResult<Self> {
        let known = |cell: &String| {
            let name = cell.to_ascii_lowercase();
            COLUMNS.into_iter().find(|column| *column == name).ok_or_else(|| {
                // What stands in place of a name may be an address, so it is not quoted.
                let detail = format!("the first line names the columns: {}", COLUMNS.join(", "));
                Problem::bad_request("malformed_csv", detail)
            })
        };
        let columns = line.cells.iter().map(known).collect::<ApiResult<Vec<_>>>()?;
        let names_address = columns.contains(&"address") || columns.contains(&"key");
        let repeats = columns
            .iter()
            .enumerate()
            .any(|(at, it)| columns.iter().take(at).any(|other| other == it));
        if !names_address || repeats {
            let detail = "the first line names the columns, each once, with address or key";
            return Err(Problem::bad_request("malformed_csv", detail));
        }
        Ok(Self(columns))
    }

    fn cell<'a>(&self, line: &'a CsvLine, column: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|name| *name == column)?;
        line.cells.get(place).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    fn read_line(
        &self,
        line: &CsvLine,
        by: &str,
        now: Timestamp,
    ) -> Result<ImportLine, RefusedLine> {
        let refuse = |column, code, detail: &str| {
            Err(RefusedLine { line: line.number, column, code, detail: detail.to_owned() })
        };
        if line.cells.len() > self.0.len() {
            return refuse("note", "invalid", "the line has more cells than the header");
        }
        let channel = self.cell(line, "channel");
        let named = channel.map(Channel::parse);
        if named == Some(None) {
            return refuse("channel", "unknown_value", "sms, email or push");
        }
        let address = match (self.cell(line, "address"), self.cell(line, "key"), named.flatten()) {
            (Some(_), Some(_), _) => {
                return refuse("key", "conflict", "either an address or its key");
            }
            (None, None, _) => return refuse("address", "required", "an address or its key"),
            (None, Some(_), None) => {
                return refuse("channel", "required", "a key needs its channel");
            }
            (None, Some(key), Some(channel)) => match AddressKey::parse(key) {
                Ok(key) => NamedAddress::Key(key, channel),
                Err(bad) => return refuse("key", "invalid", &bad.to_string()),
            },
            (Some(text), None, channel) => {
                match Address::parse(channel.unwrap_or_else(|| guess_channel(text)), text) {
                    Ok(address) => NamedAddress::Clear(address),
                    Err(bad) => return refuse("address", "invalid", &bad.to_string()),
                }
            }
        };
        let reason = self.cell(line, "reason").unwrap_or("opted_out");
        let Some(reason) = SuppressionReason::parse(reason) else {
            return refuse(
                "reason",
                "unknown_value",
                "opted_out, complained, blocked, bounced, invalid, failing or erased",
            );
        };
        let at = match self.cell(line, "at").map(str::parse::<Timestamp>) {
            None => now,
            Some(Ok(at)) if at <= now => at,
            Some(Ok(_)) => {
                return refuse("at", "in_the_future", "a no cannot be said in the future");
            }
            Some(Err(_)) => return refuse("at", "invalid", "a time such as 2026-11-22T12:00:00Z"),
        };
        let source = self.cell(line, "source").unwrap_or(IMPORT_SOURCE).to_owned();
        let note = self.cell(line, "note").map(str::to_owned);
        let no = NewSuppression { reason, at, source, by: Some(by.to_owned()), note };
        Ok(ImportLine { number: line.number, address, no })
    }
}

fn guess_channel(address: &str) -> Channel {
    if address.contains('@') {
        Channel::Email
    } else if address.starts_with("arn:") {
        Channel::Push
    } else {
        Channel::Sms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusals(file: &str) -> Vec<(usize, &'static str, &'static str)> {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let table = parse_table(file).unwrap();
        let header = Header::parse(&table[0]).unwrap();
        let read = table.iter().skip(1).filter_map(|line| header.read_line(line, "ada", now).err());
        read.map(|refused| (refused.line, refused.column, refused.code)).collect()
    }

    #[test]
    fn each_line_is_taken_or_refused_with_its_reason() {
        let file = "address,channel,reason,at\n\
            ana@example.com,,,\n\
            +34600000001,sms,complained,2026-01-01T00:00:00Z\n\
            mailto:a@x.com,,,\n\
            ,,,\n\
            ,sms,,\n\
            ana@example.com,fax,,\n\
            ana@example.com,sms,,\n\
            ana@example.com,,angry,\n\
            ana@example.com,,,yesterday\n\
            ana@example.com,,,2027-01-01T00:00:00Z\n\
            ana@example.com,,,,more\n";
        assert_eq!(
            refusals(file),
            [
                (4, "address", "invalid"),
                (6, "address", "required"),
                (7, "channel", "unknown_value"),
                (8, "address", "invalid"),
                (9, "reason", "unknown_value"),
                (10, "at", "invalid"),
                (11, "at", "in_the_future"),
                (12, "note", "invalid"),
            ]
        );
        let key = "0123456789abcdef0123456789abcdef";
        let file = format!("key,channel\n{key},email\n{key},\nxyz,email\n");
        assert_eq!(refusals(&file), [(3, "channel", "required"), (4, "key", "invalid")]);
    }

    #[test]
    fn a_header_names_known_columns_once() {
        for bad in ["reason", "address,colour", "address,address"] {
            assert!(Header::parse(&parse_table(bad).unwrap()[0]).is_err(), "{bad}");
        }
    }
}
