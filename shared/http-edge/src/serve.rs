//! Turns a router into a Lambda function: fallbacks, one log line per request, 500 for a panic, and
//! the request id in every problem. The gateway answers preflights; here OPTIONS gets the same 405
//! as any other method without a route.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderValue, StatusCode, header};
use lambda_http::{RequestExt, request::RequestContext};

use crate::{body::MAX_BODY, problem::Problem, routes::OpenApiRouter};

/// Runs the function until the process ends. Handlers are mounted under their real paths,
/// `/v1/...`.
pub async fn serve(router: OpenApiRouter) -> Result<(), lambda_http::Error> {
    lambda_http::run(build_app(router)).await
}

/// Builds the whole application without Lambda around it. Tests call it directly.
pub fn build_app(router: OpenApiRouter) -> Router {
    router
        .into_router()
        .fallback(async || Problem::not_found("route_unknown"))
        .method_not_allowed_fallback(async || {
            let detail = "this path has no such method";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(middleware::from_fn(observe_request))
}

/// Handles every request, with a known route or not. It logs only the route template, because paths
/// hold customer ids.
async fn observe_request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let request_id = request_id(&request);
    let answered = match is_path_altered(&request) {
        true => Ok(invalid_path().into_response()),
        false => AssertUnwindSafe(next.run(request)).catch_unwind().await,
    };
    let (response, code) = finish_response(
        answered.unwrap_or_else(|_| Problem::internal().into_response()),
        request_id,
    );
    let status = response.status().as_u16();
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    tracing::info!(%method, route, status, ms, code, "request answered");
    response
}

/// Detects a path whose meaning the gateway changed by decoding it. Put into a URL again, the
/// decoded path can be a different one: `a%23b` arrives as `a#b` and would be read as `a`, so an
/// app with such ids would change another customer. None of our paths needs an escape.
fn is_path_altered(request: &Request) -> bool {
    let path = request.raw_http_path();
    !path.is_empty() && (path.contains('%') || path != request.uri().path())
}

fn invalid_path() -> Problem {
    Problem::bad_request("invalid_path", "ids in a path have only characters that need no escape")
}

/// Returns the gateway's request id, which is in its access log too.
fn request_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    }
    .or_else(|| request.headers().get("x-amzn-request-id")?.to_str().ok().map(str::to_owned))
    .or_else(|| {
        request.extensions().get::<lambda_http::Context>().map(|context| context.request_id.clone())
    })
}

/// Finishes a response: adds the request id to problems, turns the framework's plain-text refusals
/// into problems, and forbids caching unless the handler allowed it.
fn finish_response(
    mut response: Response,
    request_id: Option<String>,
) -> (Response, Option<&'static str>) {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => Some(problem),
        None if failed && !is_html_page(&response) => Some(problem_for_status(response.status())),
        None => None,
    };
    let code = problem.as_ref().map(Problem::code);
    if let Some(problem) = problem {
        response = problem.with_request_id(request_id).into_response();
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    (response, code)
}

/// Returns true for an HTML page, which explains the error itself. The framework sends none.
fn is_html_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// Replaces a refusal that the framework wrote as plain text, because that text may quote the
/// request.
fn problem_for_status(status: StatusCode) -> Problem {
    if status.is_server_error() {
        return Problem::internal();
    }
    match status {
        StatusCode::NOT_FOUND => Problem::not_found("route_unknown"),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::payload_too_large(MAX_BODY),
        _ => Problem::new(
            status,
            "bad_request",
            "a part of the request's path or headers is not readable",
        ),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::problem::CONTENT_TYPE;

    #[utoipa::path(get, path = "/v1/fine", responses((status = 200)))]
    async fn fine() -> &'static str {
        "fine"
    }
    #[utoipa::path(get, path = "/v1/panics", responses((status = 200)))]
    async fn panics() -> &'static str {
        panic!("on purpose")
    }
    #[utoipa::path(get, path = "/v1/plain", responses((status = 200)))]
    async fn refuses_in_plain_text() -> (StatusCode, &'static str) {
        (StatusCode::BAD_REQUEST, "Cannot parse `b` as i32")
    }

    async fn answer(method: &str, path: &str) -> (StatusCode, serde_json::Value) {
        let router = OpenApiRouter::new()
            .routes(crate::routes!(fine))
            .routes(crate::routes!(panics))
            .routes(crate::routes!(refuses_in_plain_text));
        let request =
            Request::builder().method(method).uri(path).header("x-amzn-request-id", "r-1");
        let response =
            build_app(router).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        if !status.is_success() {
            assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn every_refusal_is_a_problem_with_the_requests_id() {
        for (method, path, status, code) in [
            ("GET", "/v1/nothing", 404, "route_unknown"),
            ("DELETE", "/v1/fine", 405, "method_not_allowed"),
            ("OPTIONS", "/v1/fine", 405, "method_not_allowed"),
            ("GET", "/v1/panics", 500, "internal"),
            ("GET", "/v1/plain", 400, "bad_request"),
        ] {
            let (answered, body) = answer(method, path).await;
            assert_eq!(answered.as_u16(), status, "{method} {path}");
            assert_eq!(
                (&body["code"], &body["request_id"]),
                (&code.into(), &"r-1".into()),
                "{method} {path}"
            );
        }
    }

    /// Sends a request as `lambda_http` builds it from the path that the gateway has decoded.
    async fn gateway_status(decoded: &str) -> u16 {
        let router = OpenApiRouter::new().routes(crate::routes!(fine));
        let uri = format!("http://localhost{decoded}");
        let request =
            Request::builder().uri(uri).body(Body::empty()).unwrap().with_raw_http_path(decoded);
        build_app(router).oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn a_path_that_the_gateway_changed_by_decoding_is_refused() {
        assert_eq!(gateway_status("/v1/fine").await, 200);
        assert_eq!(gateway_status("/v1/fine?from=path").await, 400, "a question mark in an id");
        assert_eq!(gateway_status("/v1/fin%65").await, 400, "an escape that was escaped");
    }

    #[tokio::test]
    async fn a_good_answer_is_left_alone() {
        assert_eq!(answer("GET", "/v1/fine").await.0, StatusCode::OK);
    }
}
