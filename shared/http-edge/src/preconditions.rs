//! `ETag` and `If-Match` carry an item's version, so that two editors cannot overwrite each other
//! (RFC 9110, 13.1.1).

use http::{HeaderMap, HeaderValue, header};

use crate::problem::Problem;

/// Reads the version the caller expects. Refuses with 428 without `If-Match`, and with 400 if it is
/// not one of our ETags.
pub fn if_match(headers: &HeaderMap) -> Result<u64, Problem> {
    if_match_optional(headers)?.ok_or_else(Problem::precondition_required)
}

/// Reads the version the caller expects, on routes where `If-Match` is optional.
pub fn if_match_optional(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let unreadable = || {
        Problem::bad_request("invalid_if_match", "If-Match takes one value of ETag, such as \"3\"")
    };
    let text = value.to_str().map_err(|_| unreadable())?.trim();
    // Proxies may weaken a tag when they compress the body.
    let text = text.strip_prefix("W/").unwrap_or(text);
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    digits.parse().map(Some).map_err(|_| unreadable())
}

/// Formats a version as an ETag: `"3"`.
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(value: &'static str) -> Result<u64, u16> {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(value))]);
        if_match(&headers).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_version_is_read_from_an_etag() {
        assert_eq!(status("\"7\""), Ok(7));
        assert_eq!(status("W/\"7\""), Ok(7));
        assert_eq!(status("7"), Ok(7));
        for nonsense in ["*", "\"a\"", "\"1\", \"2\"", "\"-1\"", "\""] {
            assert_eq!(status(nonsense), Err(400), "{nonsense}");
        }
        assert_eq!(if_match(&HeaderMap::new()).unwrap_err().status().as_u16(), 428);
        assert_eq!(etag(7), "\"7\"");
    }
}
