//! Links with variables, as operators write them into messages.
//!
//! A link is the voucher's own, `{{ voucher_link }}`, or an address that may hold `{{ voucher_id }}`
//! after its host. It reads the source and decides; `check` turns a mistake into an error with its
//! pointer. Guarantee: no value of a customer chooses where a link leads, and every value in a link
//! needs no escaping there.

use super::email_blocks::MAX_LINK;
use crate::kernel::web_link::{is_app_link, is_https_url};

/// A voucher id of usual length, in place of the variable.
const SAMPLE_ID: &str = "vch_7K3M9QWE2RTY5N8PADFG";

/// Where a link may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// A page on the web.
    Web,
    /// A page on the web, or a place in an app.
    App,
}

impl LinkKind {
    /// Returns the sentence about what is wrong with the link, if something is.
    pub(super) fn mistake(self, source: &str) -> Option<String> {
        let is_good = match split_variables(source) {
            Some(pieces) => self.accepts(&pieces),
            None => false,
        };
        let kinds = match self {
            Self::Web => "an https address",
            Self::App => "an https address or a link with the app's own scheme",
        };
        (!is_good).then(|| {
            format!(
                "{kinds} of at most {MAX_LINK} bytes, which may have {{{{ voucher_id }}}} after its host, or {{{{ voucher_link }}}} alone"
            )
        })
    }

    fn accepts(self, pieces: &[LinkPiece<'_>]) -> bool {
        if matches!(pieces, [LinkPiece::Variable("voucher_link")]) {
            return true;
        }
        let is_address = |text: &str| match self {
            Self::Web => is_https_url(text, MAX_LINK),
            Self::App => is_app_link(text, MAX_LINK),
        };
        let ids_only = pieces.iter().all(|piece| match piece {
            LinkPiece::Text(_) => true,
            LinkPiece::Variable(name) => *name == "voucher_id",
        });
        let filled: String = pieces.iter().map(LinkPiece::sample).collect();
        ids_only && is_address(&filled) && (pieces.len() == 1 || begins_with_its_host(pieces))
    }
}

/// Returns true if what stands before the first variable has the whole host.
fn begins_with_its_host(pieces: &[LinkPiece<'_>]) -> bool {
    let Some(LinkPiece::Text(first)) = pieces.first() else {
        return false;
    };
    match first.split_once("://") {
        Some(("https", rest)) => rest.contains(['/', '?', '#']),
        // an app has no host that would choose who reads the link
        Some(_) => true,
        None => false,
    }
}

enum LinkPiece<'s> {
    Text(&'s str),
    Variable(&'s str),
}

impl LinkPiece<'_> {
    fn sample(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Variable(_) => SAMPLE_ID,
        }
    }
}

/// Splits the source at its variables, or returns `None` if one is not closed.
fn split_variables(source: &str) -> Option<Vec<LinkPiece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = source.trim();
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        if !before.is_empty() {
            pieces.push(LinkPiece::Text(before));
        }
        pieces.push(LinkPiece::Variable(name.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(LinkPiece::Text(rest));
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_the_operator_says_and_nobody_else() {
        for good in [
            "{{ voucher_link }}",
            " {{voucher_link}} ",
            "https://example.com/offers?v={{ voucher_id }}&from=mail",
            "https://example.com/{{voucher_id}}/{{ voucher_id }}",
            "https://example.com",
        ] {
            assert_eq!(LinkKind::Web.mistake(good), None, "{good}");
            assert_eq!(LinkKind::App.mistake(good), None, "{good}");
        }
        for bad in [
            "",
            "http://example.com/",
            "javascript:alert(1)",
            "{{ voucher_link }}?x=1",
            "https://r.example/?to={{ voucher_link }}",
            "https://example.com/?n={{ first_name | default('x') }}",
            "https://{{ voucher_id }}.example.com/",
            "https://example.com{{ voucher_id }}",
            "https://a.b/{{ voucher_id",
            "https://a.b/{% if first_name %}x{% endif %}",
            "https://a.b/{{ voucher_id | lower }}",
            "{{ voucher_id }}",
            "{{ offer }}",
        ] {
            assert!(LinkKind::Web.mistake(bad).is_some(), "{bad}");
            assert!(LinkKind::App.mistake(bad).is_some(), "{bad}");
        }
        for app in ["marketplace://vouchers/{{ voucher_id }}", "marketplace://{{ voucher_id }}"] {
            assert_eq!(LinkKind::App.mistake(app), None, "{app}");
            assert!(LinkKind::Web.mistake(app).is_some(), "{app}");
        }
        assert!(LinkKind::Web.mistake(&format!("https://a.b/{}", "x".repeat(500))).is_some());
    }
}
