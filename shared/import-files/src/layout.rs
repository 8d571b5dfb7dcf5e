//! The form of a file, from its first bytes: encoding, lines of JSON or a table, delimiter.
//!
//! The name of a file decides nothing, since files have wrong extensions. Archives, spreadsheets
//! and other forms that are no text are refused by what they begin with.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

use crate::{parquet_file::MAGIC, reason::Reason};

/// The number of bytes that are enough to tell a file's form.
pub const SNIFFED_BYTES: usize = 64 * 1024;

/// The first bytes of files that are no text, with their names.
const NO_TEXT: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "a zip archive or a spreadsheet (xlsx): save the sheet as CSV"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "compressed by gzip: send it unpacked"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (xls): save the sheet as CSV"),
    (b"%PDF", "a PDF document"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: send it unpacked"),
];

/// The form of the records in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    Csv {
        delimiter: u8,
        /// True if the first line is `sep=` and belongs to no record.
        sep_line: bool,
    },
    JsonLines,
    /// Rows of columns with types, which [`parquet_file`](crate::parquet_file) reads.
    Parquet,
}

/// The encoding of a file by its name in the web's standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileEncoding(pub(crate) &'static Encoding);

impl FileEncoding {
    pub const UTF_8: Self = Self(UTF_8);
    pub const WINDOWS_1252: Self = Self(WINDOWS_1252);

    /// Finds an encoding by a label such as `utf-8`, `latin1` or `shift_jis`. Encodings in which a
    /// comma's byte may be half a letter are not among them.
    pub fn parse(label: &str) -> Result<Self, Reason> {
        let found = Encoding::for_label(label.as_bytes());
        let found = found.filter(|it| it.is_ascii_compatible() || is_utf16(it));
        found.map(Self).ok_or_else(|| Reason::new("unknown_encoding", "no encoding of this name"))
    }
    pub fn name(self) -> &'static str {
        self.0.name()
    }
    pub(crate) fn is_utf16(self) -> bool {
        is_utf16(self.0)
    }
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

impl TryFrom<String> for FileEncoding {
    type Error = String;
    fn try_from(label: String) -> Result<Self, String> {
        Self::parse(&label).map_err(|reason| reason.detail.into_owned())
    }
}
impl From<FileEncoding> for String {
    fn from(encoding: FileEncoding) -> String {
        encoding.name().to_owned()
    }
}

/// Everything that has to be known of a file before its first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLayout {
    pub encoding: FileEncoding,
    /// True if the encoding is told by a mark or by whoever sends the file, and not assumed.
    pub encoding_is_sure: bool,
    /// The number of bytes of the byte order mark.
    pub mark: u8,
    pub form: FileForm,
}

impl FileLayout {
    /// Tells the form of a file by its first bytes, [`SNIFFED_BYTES`] or all of them. Encoding and
    /// delimiter are guessed unless they are told.
    pub fn sniff(
        start: &[u8],
        encoding: Option<FileEncoding>,
        delimiter: Option<u8>,
    ) -> Result<Self, Reason> {
        if start.is_empty() {
            return Err(Reason::new("empty_file", "the file is empty"));
        }
        if let Some((_, what)) = NO_TEXT.iter().find(|(magic, _)| start.starts_with(magic)) {
            return Err(Reason::new("not_text", *what));
        }
        if start.starts_with(MAGIC) {
            let encoding = FileEncoding::UTF_8;
            let form = FileForm::Parquet;
            return Ok(Self { encoding, encoding_is_sure: true, mark: 0, form });
        }
        let marked = Encoding::for_bom(start);
        let mark = marked.map_or(0, |(_, length)| length);
        let body = start.get(mark..).unwrap_or_default();
        let found = marked.map(|(found, _)| FileEncoding(found)).or(encoding);
        let sure = found.is_some();
        let found = found.unwrap_or_else(|| guess_encoding(body));
        let (text, _) = found.0.decode_without_bom_handling(body);
        let form = sniff_form(&text, delimiter)?;
        let mark = u8::try_from(mark).unwrap_or_default();
        Ok(Self { encoding: found, encoding_is_sure: sure, mark, form })
    }
}

/// Guesses the encoding of a text without a mark: UTF-16 by its zero bytes, else UTF-8 until the
/// survey of the whole file has found bytes that are none.
fn guess_encoding(body: &[u8]) -> FileEncoding {
    let sample = body.get(..body.len().min(512)).unwrap_or_default();
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|it| **it == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = sample.len() * 2 / 5;
    match () {
        () if sample.len() >= 8 && odd > most && even == 0 => FileEncoding(UTF_16LE),
        () if sample.len() >= 8 && even > most && odd == 0 => FileEncoding(UTF_16BE),
        () => FileEncoding::UTF_8,
    }
}

fn sniff_form(text: &str, delimiter: Option<u8>) -> Result<FileForm, Reason> {
    let body = text.trim_start();
    if body.is_empty() {
        return Err(Reason::new("empty_file", "the file has nothing but white space"));
    }
    if body.starts_with('{') {
        return Ok(FileForm::JsonLines);
    }
    let array = body.strip_prefix('[').map(str::trim_start);
    if array.is_some_and(|rest| rest.starts_with(['{', ']'])) {
        return Err(Reason::new("json_array", "one JSON array: send one object a line"));
    }
    if body.starts_with('<') {
        return Err(Reason::new("not_text", "a page or an XML document, no table"));
    }
    let named = text.get(..4).filter(|it| it.eq_ignore_ascii_case("sep="));
    if named.is_some() {
        let named = text.as_bytes().get(4).copied().filter(|it| it.is_ascii() && *it != b'\n');
        let named = named.filter(|it| *it != b'\r' && *it != b'"');
        let named =
            named.ok_or_else(|| Reason::new("bad_delimiter", "`sep=` names no delimiter"))?;
        return Ok(FileForm::Csv { delimiter: named, sep_line: true });
    }
    let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(text));
    Ok(FileForm::Csv { delimiter, sep_line: false })
}

/// Guesses the delimiter by the header: the character that stands in it most often outside quotes.
fn guess_delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if !quoted => {
                counts.iter_mut().filter(|(it, _)| *it == byte).for_each(|(_, n)| *n += 1);
            }
            _ => {}
        }
    }
    let mut best = (b',', 0);
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}
