//! Tags: lists split at commas, lists of JSON, and lists quoted once more inside their cell.

use domain::customer::profile::MAX_TAGS;

use super::text::on_one_line;
use crate::reason::Reason;

/// The longest tag in bytes.
const MAX_TAG_BYTES: usize = 64;

/// Reads tags: trimmed, without empty ones, each once without regard to case.
pub fn read_tags(cell: &str) -> Result<Vec<String>, Reason> {
    let cell = cell.trim();
    let found = if cell.starts_with('[') {
        let bad = |_| Reason::new("not_json", "the list is no JSON");
        let list: Vec<serde_json::Value> = serde_json::from_str(cell).map_err(bad)?;
        let text =
            |it: serde_json::Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
        list.into_iter().map(text).collect()
    } else {
        split_list(cell)
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in found {
        let tag = on_one_line(tag.trim());
        let lower = tag.to_lowercase();
        if tag.is_empty() || tags.iter().any(|known| known.to_lowercase() == lower) {
            continue;
        }
        if tag.len() > MAX_TAG_BYTES || tag.chars().any(char::is_control) {
            let detail = "a tag has 1 to 64 bytes without control characters";
            return Err(Reason::new("bad_tag", detail));
        }
        tags.push(tag);
    }
    if tags.len() > MAX_TAGS {
        return Err(Reason::new(
            "too_many_tags",
            format!("a customer has at most {MAX_TAGS} tags"),
        ));
    }
    Ok(tags)
}

/// Splits at commas outside quotes. A quote counts only where a tag begins with it.
fn split_list(cell: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = cell;
    loop {
        rest = rest.trim_start();
        let quoted = rest.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        let quoted = quoted.filter(|(_, after)| {
            let after = after.trim_start();
            after.is_empty() || after.starts_with(',')
        });
        let after = match quoted {
            Some((tag, after)) => {
                tags.push(tag.to_owned());
                after.trim_start().strip_prefix(',')
            }
            None => {
                let (tag, after) = rest.split_once(',').map_or((rest, None), |(a, b)| (a, Some(b)));
                tags.push(tag.to_owned());
                after
            }
        };
        match after {
            Some(after) => rest = after,
            None => return tags,
        }
    }
}
