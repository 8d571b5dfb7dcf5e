//! Request bodies: limited in size, JSON but for tables and pictures. A refusal of JSON names the
//! path of the first invalid node.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use domain::kernel::validation;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The largest accepted body, in bytes. A campaign with messages in many locales takes about a
/// tenth of it.
pub const MAX_BODY: usize = 256 * 1024;

/// Parses a JSON body. Refuses with 400 `malformed_json` if it is not JSON, and with 422 and the
/// field if it is not a `T`.
pub fn parse_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    Ok(validation::parse_json(bytes)?)
}

/// Reads a whole body, up to [`MAX_BODY`].
pub async fn read_body(body: axum::body::Body) -> Result<Bytes, Problem> {
    read_limited(body, MAX_BODY).await
}

/// Reads a JSON body that may be left out: an empty one, or `null`, counts as the default.
pub async fn read_optional<T: DeserializeOwned + Default>(
    body: axum::body::Body,
) -> Result<T, Problem> {
    let bytes = read_body(body).await?;
    if bytes.is_empty() {
        return Ok(T::default());
    }
    Ok(parse_body::<Option<T>>(&bytes)?.unwrap_or_default())
}

async fn read_limited(body: axum::body::Body, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::payload_too_large(most)),
        Err(_) => Err(Problem::bad_request("body_unreadable", "the body could not be read")),
    }
}

/// Extracts a JSON body, on routes that are not signed.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        Ok(Self(parse_body(&read_body(request.into_body()).await?)?))
    }
}

/// A body that has not been read yet. `read_json` reads it once the handler has checked the
/// caller's role.
#[derive(Debug)]
pub struct UnreadBody(axum::body::Body);

impl<S: Sync> FromRequest<S> for UnreadBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        Ok(Self(request.into_body()))
    }
}

impl UnreadBody {
    /// Reads a text in UTF-8, without the mark that some programs put in front of one.
    pub async fn read_text(self) -> Result<String, Problem> {
        let bytes = read_body(self.0).await?;
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Problem::bad_request("body_unreadable", "the body is not UTF-8"))?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
    }

    /// Reads a file of at most `most` bytes.
    pub async fn read_file(self, most: usize) -> Result<Bytes, Problem> {
        read_limited(self.0, most).await
    }

    pub async fn read_json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        parse_body(&read_body(self.0).await?)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Thing {
        name: String,
        sizes: Vec<u8>,
    }

    #[track_caller]
    fn check(body: &str, status: u16, field: &str, code: &str) {
        let problem = parse_body::<Thing>(body.as_bytes()).unwrap_err();
        let first = problem.errors().first();
        let (at, why) =
            first.map_or(("", problem.code()), |error| (error.field.as_str(), error.code));
        assert_eq!((problem.status().as_u16(), at, why), (status, field, code), "{body}");
    }

    #[test]
    fn a_bad_body_is_refused_with_its_place() {
        check("", 400, "", "malformed_json");
        check("{", 400, "", "malformed_json");
        check(r#"{"name":"a","sizes":[]} x"#, 400, "", "malformed_json");
        check(r#"{"name":"a","sizes":[1,-2]}"#, 422, "/sizes/1", "invalid");
        check(r#"{"name":1,"sizes":[]}"#, 422, "/name", "invalid");
        check(r#"{"name":"a"}"#, 422, "", "required");
        check(r#"{"name":"a","sizes":[],"more":1}"#, 422, "/more", "unknown_field");
    }
}
