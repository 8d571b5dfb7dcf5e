//! Every refusal and failure as RFC 9457 problem+json: a stable `code` for programs, a sentence for
//! people, and the invalid fields. Internal errors are logged and never shown to the client.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use axum::response::{IntoResponse, Response};
use domain::kernel::validation::FieldError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Response as ResponseDocument, Schema},
};

use crate::openapi::REFUSED;

/// The result of a handler.
pub type ApiResult<T = Response> = Result<T, Problem>;

pub const CONTENT_TYPE: &str = "application/problem+json";
/// The `Retry-After` of a 503, in seconds: longer than a throttle lasts, shorter than a person
/// waits.
const RETRY_AFTER_SECONDS: u32 = 2;
/// The most field errors in one response. More do not help the caller, and the limit bounds the
/// response.
const MAX_ERRORS: usize = 50;

/// A refusal or a failure to be sent to the client. [`ProblemDocument`] is its JSON form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    request_id: Option<Box<str>>,
    retry_after: Option<u32>,
}

/// The RFC 9457 problem document.
#[derive(Serialize, ToSchema)]
struct ProblemDocument<'a> {
    /// `/problems/<code>`
    #[serde(rename = "type")]
    kind: String,
    /// The code as words.
    title: String,
    status: u16,
    /// A stable code for programs to decide by.
    code: &'a str,
    /// A sentence for people; it may change.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    detail: &'a str,
    /// The errors of the body, field by field.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false, value_type = Vec<FieldProblem>)]
    errors: &'a [FieldError],
    /// The id to quote when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<&'a str>,
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        ProblemDocument::schema()
    }
}
impl ToSchema for Problem {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ProblemDocument::schemas(schemas);
    }
}
/// Documents every refusal of a route at once: `responses((status = 200, body = X), Problem)`.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<ResponseDocument>> {
        let reference = Ref::from_response_name(REFUSED.name);
        BTreeMap::from([(REFUSED.status.to_owned(), RefOr::Ref(reference))])
    }
}

/// One invalid field.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the JSON schema of domain::kernel::validation::FieldError, which knows no HTTP"
)]
pub struct FieldProblem {
    /// JSON pointer into the request body; empty for the body itself.
    field: String,
    /// A stable code: `required`, `unknown_field`, `too_large`, ...
    code: String,
    detail: String,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            request_id: None,
            retry_after: None,
        }
    }

    /// Builds a 422 `invalid_request`: the body is well-formed, but these fields are invalid.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let count = errors.len();
        let detail = if count == 1 {
            "one field is wrong".to_owned()
        } else {
            format!("{count} fields are wrong")
        };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail);
        problem.errors = errors;
        problem.errors.truncate(MAX_ERRORS);
        problem
    }
    /// Builds a 422 for one field.
    pub fn field(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::validation(vec![FieldError::new(field, code, detail)])
    }
    /// Builds a 400 `malformed_json`: the body is not JSON.
    pub fn malformed_json(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
    }
    /// Builds a 400 for an invalid header, path or query parameter.
    pub fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }
    /// Builds a 401: the caller is not identified.
    pub fn unauthorized(code: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, "the caller could not be identified")
    }
    /// Builds a 403 `forbidden`: the caller is identified but lacks the permission.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "none of your groups may do this")
    }
    pub fn not_found(code: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, "there is no such thing")
    }
    /// Builds a 410: the resource existed and was deleted for good.
    pub fn gone(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::GONE, code, detail)
    }
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }
    /// Builds a 412 `precondition_failed`: another caller changed the item in the meantime.
    pub fn precondition_failed() -> Self {
        let detail = "it was changed meanwhile: read it again and repeat your change";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
    }
    /// Builds a 428 `precondition_required`: the request must name the version it changes.
    pub fn precondition_required() -> Self {
        let detail = "If-Match with the version from ETag is required";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail)
    }
    /// Builds a 413 `payload_too_large`: a body has at most `limit` bytes.
    pub fn payload_too_large(limit: usize) -> Self {
        let detail = format!("a body has at most {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
    }
    /// Builds a 503 `unavailable`: the same request may succeed shortly.
    pub fn unavailable() -> Self {
        let detail = "a part of the service did not answer: repeat the request shortly";
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        problem.retry_after = Some(RETRY_AFTER_SECONDS);
        problem
    }
    /// Builds a 500 `internal`.
    pub fn internal() -> Self {
        let detail = "something went wrong on our side; the request id helps to find it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
    /// Converts an error of a lower layer: logs it with its causes and answers 503 if the same call
    /// may succeed later, else 500.
    pub fn from_failure(error: &(dyn std::error::Error + 'static), retryable: bool) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let chain = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        if retryable {
            tracing::warn!(error = chain, "dependency unavailable");
            Self::unavailable()
        } else {
            tracing::error!(error = chain, "request failed");
            Self::internal()
        }
    }

    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }
    /// Adds a field of the body that the refusal is about.
    pub fn with_error(mut self, error: FieldError) -> Self {
        self.errors.push(error);
        self
    }
    pub fn status(&self) -> StatusCode {
        self.status
    }
    pub fn code(&self) -> &'static str {
        self.code
    }
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }
    fn to_document(&self) -> ProblemDocument<'_> {
        ProblemDocument {
            kind: format!("/problems/{}", self.code),
            title: title_from_code(self.code),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.errors,
            request_id: self.request_id.as_deref(),
        }
    }
    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id.map(String::into_boxed_str);
        self
    }
}

/// Turns a code into a title: `order_conflict` becomes "Order conflict".
fn title_from_code(code: &'static str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}
impl std::error::Error for Problem {}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        if error.code == "malformed_json" {
            Self::malformed_json(error.detail)
        } else {
            Self::validation(vec![error])
        }
    }
}
impl From<Vec<FieldError>> for Problem {
    fn from(mut errors: Vec<FieldError>) -> Self {
        match (errors.len(), errors.pop()) {
            (1, Some(error)) => Self::from(error),
            (_, last) => Self::validation(errors.into_iter().chain(last).collect()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.to_document()).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // `serve` takes the problem out again and rewrites the body with the request id.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_shape_of_the_standard() {
        let problem = Problem::field("/offer/percent", "too_large", "at most 100")
            .with_request_id(Some("r-1".into()));
        let expected = serde_json::json!({
            "type": "/problems/invalid_request", "title": "Invalid request", "status": 422, "code": "invalid_request",
            "detail": "one field is wrong", "request_id": "r-1",
            "errors": [{"field": "/offer/percent", "code": "too_large", "detail": "at most 100"}],
        });
        assert_eq!(serde_json::to_value(problem.to_document()).unwrap(), expected);
    }

    #[test]
    fn a_failure_reveals_nothing_internal() {
        let error = std::io::Error::other("table secret-name is gone");
        for retryable in [true, false] {
            let told =
                serde_json::to_string(&Problem::from_failure(&error, retryable).to_document())
                    .unwrap();
            assert!(!told.contains("secret-name"), "{told}");
        }
    }

    #[test]
    fn an_unavailable_service_says_when_to_come_back() {
        let response = Problem::unavailable().into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
    }
}
