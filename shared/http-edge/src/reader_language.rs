//! The language of a page for customers, by what the browser prefers.

use domain::kernel::{language::Language, locale::Locale};
use http::{HeaderMap, header};

/// The most languages that are read of a browser's list.
const MAX_ACCEPTED: usize = 20;

/// Returns the language that an `Accept-Language` header prefers of those that the product speaks.
pub fn browser_language(headers: &HeaderMap) -> Option<Language> {
    preferred_language(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?)
}

fn preferred_language(accepted: &str) -> Option<Language> {
    let choices = accepted.split(',').take(MAX_ACCEPTED).filter_map(|choice| {
        let (tag, weight) = choice.split_once(';').unwrap_or((choice, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |it| it.parse().ok())?;
        let language = Language::of(&Locale::parse(tag.trim()).ok()?)?;
        (weight > 0.0).then_some((weight, language))
    });
    // of equal weights the first
    let better = |best: (f32, Language), other: (f32, Language)| {
        if other.0 > best.0 { other } else { best }
    };
    choices.reduce(better).map(|(_, language)| language)
}
