//! Mailboxes.

use domain::customer::contact::Email;

use super::text::read_text;
use crate::reason::Reason;

/// Reads a mailbox in lower case, so that two spellings of it are one.
pub fn read_email(cell: &str) -> Result<Option<Email>, Reason> {
    let Some(text) = read_text(cell)? else { return Ok(None) };
    let text = text.trim_matches(|it: char| it.is_whitespace() || it == '\u{feff}');
    if text.matches('@').count() > 1 && text.contains([';', ',', ' ', '/']) {
        return Err(Reason::new("two_values", "two addresses in one cell"));
    }
    Email::parse(&text.to_lowercase())
        .map(Some)
        .map_err(|_| Reason::new("not_an_email", "not an e-mail address"))
}
