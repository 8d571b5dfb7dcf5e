//! Documents the answers that a handler does not name: the refusals and failures that the edge and
//! the gateway give to every request of a kind, and a sentence for each answer.
//!
//! Reads an operation's security, parameters and body, and adds to its responses. A response that
//! the handler documents itself is kept. The operations come from the functions' routers.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Header, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder,
        path::{Operation, Parameter, ParameterIn},
        security::SecurityRequirement,
    },
};

use super::{GatewayFailure, JWT, WEBHOOK_SIGNATURE};
use crate::problem::{CONTENT_TYPE, Problem};

/// A response that many operations give: its status or range of statuses, its name among the
/// components, its sentence, and the format of its body.
pub(crate) struct SharedResponse {
    pub(crate) status: &'static str,
    pub(crate) name: &'static str,
    description: &'static str,
    format: FailureFormat,
}

enum FailureFormat {
    /// Functions answer with a problem.
    Problem,
    /// The gateway answers itself, with a message.
    Message,
    /// The gateway refuses almost all of these requests, and the function the others.
    MessageOrProblem,
}

const MALFORMED: SharedResponse = problem(
    "400",
    "Malformed",
    "The request cannot be parsed: its path, its query, a header, or a body that is not JSON.",
);
const SIGNATURE_REFUSED: SharedResponse = problem(
    "401",
    "SignatureRefused",
    "The signature is missing, was made too long ago, or does not fit the request.",
);
const TOKEN_REFUSED: SharedResponse = SharedResponse {
    status: "401",
    name: "TokenRefused",
    description: "The token is missing, has expired, or is of another issuer.",
    format: FailureFormat::MessageOrProblem,
};
const FORBIDDEN: SharedResponse =
    problem("403", "Forbidden", "None of the operator's groups may do this.");
const NOT_FOUND: SharedResponse =
    problem("404", "NotFound", "The resource that the path names does not exist.");
const VERSION_CHANGED: SharedResponse = problem(
    "412",
    "VersionChanged",
    "Another request made a change: the version in If-Match is not the present one.",
);
const BODY_TOO_LARGE: SharedResponse =
    problem("413", "BodyTooLarge", "The body is larger than 256 KB.");
const INVALID: SharedResponse =
    problem("422", "Invalid", "The content of the request is invalid: `errors` names the fields.");
const VERSION_REQUIRED: SharedResponse =
    problem("428", "VersionRequired", "The request has no If-Match.");
const TOO_MANY_REQUESTS: SharedResponse = message(
    "429",
    "TooManyRequests",
    "The gateway's limit of requests is reached: repeat the request more slowly.",
);
/// The range for which each handler's refusals of its own stand.
pub(crate) const REFUSED: SharedResponse =
    problem("4XX", "Refused", "The request was refused: `code` says why.");
const FAILED: SharedResponse =
    problem("500", "Failed", "The function failed: `request_id` finds the cause in its log.");
const UNAVAILABLE: SharedResponse = problem(
    "503",
    "Unavailable",
    "A dependency did not answer: the same request may succeed in a moment.",
);
const GATEWAY_FAILED: SharedResponse = message(
    "5XX",
    "GatewayFailed",
    "The gateway got no answer in time, or none that it understands. The request may have taken \
     effect.",
);

const SHARED_RESPONSES: [&SharedResponse; 14] = [
    &MALFORMED,
    &SIGNATURE_REFUSED,
    &TOKEN_REFUSED,
    &FORBIDDEN,
    &NOT_FOUND,
    &VERSION_CHANGED,
    &BODY_TOO_LARGE,
    &INVALID,
    &VERSION_REQUIRED,
    &TOO_MANY_REQUESTS,
    &REFUSED,
    &FAILED,
    &UNAVAILABLE,
    &GATEWAY_FAILED,
];

const fn problem(
    status: &'static str,
    name: &'static str,
    description: &'static str,
) -> SharedResponse {
    SharedResponse { status, name, description, format: FailureFormat::Problem }
}

const fn message(
    status: &'static str,
    name: &'static str,
    description: &'static str,
) -> SharedResponse {
    SharedResponse { status, name, description, format: FailureFormat::Message }
}

/// Adds the shared responses to the components, and to each operation those that it can give.
pub(super) fn complete_responses(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for shared in SHARED_RESPONSES {
        components.responses.insert(shared.name.to_owned(), build_response(shared).into());
    }
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        describe_responses(operation);
        for shared in possible_responses(operation) {
            let reference = RefOr::Ref(Ref::from_response_name(shared.name));
            operation.responses.responses.entry(shared.status.to_owned()).or_insert(reference);
        }
    }
}

fn build_response(shared: &SharedResponse) -> Response {
    let mut response = ResponseBuilder::new().description(shared.description);
    if !matches!(shared.format, FailureFormat::Problem) {
        response = response.content("application/json", content_of::<GatewayFailure>());
    }
    if !matches!(shared.format, FailureFormat::Message) {
        response = response.content(CONTENT_TYPE, content_of::<Problem>());
    }
    if shared.name == UNAVAILABLE.name {
        let mut seconds = Header::new(u32::schema());
        seconds.description = Some("Seconds after which the request can be repeated.".to_owned());
        response = response.header("Retry-After", seconds);
    }
    response.build()
}

fn content_of<T: ToSchema>() -> Content {
    Content::new(Some(Ref::from_schema_name(T::name())))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
        .into_iter()
        .flatten()
}

/// Gives each answer that the handler documents a sentence, and each of its problems the type of
/// a problem.
fn describe_responses(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            default_description(status).clone_into(&mut response.description);
        }
        if !status.starts_with('2')
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(CONTENT_TYPE.to_owned(), content);
        }
    }
}

fn default_description(status: &str) -> &'static str {
    match status {
        "200" => "The result is in the body.",
        "201" => "The resource was created, and is in the body.",
        "202" => "The request was accepted, and the work goes on after this answer.",
        "204" => "The change is made; there is no body.",
        _ => "The request was refused.",
    }
}

/// Returns the shared responses that this operation can give.
fn possible_responses(operation: &Operation) -> Vec<&'static SharedResponse> {
    let parameters = || {
        operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
    };
    let by_token = requires(operation, JWT);
    let has_body = operation.request_body.is_some();
    let version = parameters().find(|it| it.name.eq_ignore_ascii_case("If-Match"));
    let idempotent = parameters().any(|it| it.name.eq_ignore_ascii_case("Idempotency-Key"));
    let in_path = |it: &Parameter| it.parameter_in == ParameterIn::Path;
    let conditions = [
        (has_body || parameters().next().is_some(), &MALFORMED),
        (requires(operation, WEBHOOK_SIGNATURE), &SIGNATURE_REFUSED),
        (by_token, &TOKEN_REFUSED),
        (by_token, &FORBIDDEN),
        (parameters().any(in_path), &NOT_FOUND),
        (version.is_some(), &VERSION_CHANGED),
        (has_body, &BODY_TOO_LARGE),
        (has_body || idempotent, &INVALID),
        (version.is_some_and(|it| it.required == Required::True), &VERSION_REQUIRED),
        (true, &TOO_MANY_REQUESTS),
        (true, &FAILED),
        (true, &UNAVAILABLE),
        (true, &GATEWAY_FAILED),
    ];
    conditions.into_iter().filter_map(|(possible, shared)| possible.then_some(shared)).collect()
}

fn requires(operation: &Operation, scheme: &str) -> bool {
    let wanted = SecurityRequirement::new(scheme, Vec::<String>::new());
    operation.security.iter().flatten().any(|requirement| *requirement == wanted)
}
