//! The part of Lambda's runtime API that a function needs: `/next` waits for an event, `/response`
//! takes the answer. The time of each moment is recorded, because a function's life is measured
//! from outside.

use std::{
    sync::mpsc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use axum::body::Bytes;
use http::{HeaderValue, Response, StatusCode, request::Parts};
use http_body_util::Full;
use tokio::sync::{Mutex, mpsc as queue};

/// The time limit of an invocation in milliseconds: generous, for valgrind.
const TIMEOUT_MS: u128 = 120_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeMoment {
    /// The function asks for an event.
    Next,
    Response,
    /// The function reports an error.
    Error,
}

#[derive(Debug, Clone)]
pub struct MomentMark {
    pub moment: RuntimeMoment,
    pub at: Instant,
    /// The body of a response or an error.
    pub body: String,
}

pub struct RuntimeApi {
    marks: mpsc::Sender<MomentMark>,
    events: queue::UnboundedSender<String>,
    waiting: Mutex<queue::UnboundedReceiver<String>>,
}

impl RuntimeApi {
    pub(super) fn new(marks: mpsc::Sender<MomentMark>) -> Self {
        let (events, waiting) = queue::unbounded_channel();
        Self { marks, events, waiting: Mutex::new(waiting) }
    }
    pub(super) fn push_event(&self, event: String) {
        let _ = self.events.send(event);
    }
    fn record_moment(&self, moment: RuntimeMoment, body: &[u8]) {
        let mark = MomentMark {
            moment,
            at: Instant::now(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let _ = self.marks.send(mark);
    }
}

/// Answers a request of the runtime API, or returns `None` for any other request.
pub(super) async fn answer_runtime(
    lambda: &RuntimeApi,
    parts: &Parts,
    body: &[u8],
) -> Option<Response<Full<Bytes>>> {
    let path = parts.uri.path().strip_prefix("/2018-06-01/runtime/")?;
    if path == "invocation/next" {
        lambda.record_moment(RuntimeMoment::Next, body);
        let event = lambda.waiting.lock().await.recv().await.unwrap_or_default();
        return Some(invocation(event));
    }
    lambda.record_moment(
        if path.ends_with("/response") { RuntimeMoment::Response } else { RuntimeMoment::Error },
        body,
    );
    let mut response = Response::new(Full::new(Bytes::from_static(b"{\"status\":\"OK\"}")));
    *response.status_mut() = StatusCode::ACCEPTED;
    Some(response)
}

fn invocation(event: String) -> Response<Full<Bytes>> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut response = Response::new(Full::new(Bytes::from(event)));
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    put("content-type", "application/json".to_owned());
    put("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned());
    put("lambda-runtime-deadline-ms", (since + TIMEOUT_MS).to_string());
    put(
        "lambda-runtime-invoked-function-arn",
        "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned(),
    );
    put(
        "lambda-runtime-trace-id",
        "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
    );
    response
}
