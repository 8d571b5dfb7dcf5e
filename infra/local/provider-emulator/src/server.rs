//! Accepts connections, routes requests, and cuts a connection without an answer when a fault asks
//! for it.
//!
//! Serves hyper directly instead of `axum::serve`: an error from the service closes the socket
//! before a byte is written.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tower::ServiceExt;

use crate::{ProviderEmulator, control, inbox, ses, sns};

/// The most bytes of a request body. SES accepts messages of up to 40 MB (base64 included), SNS far
/// less.
const MAX_BODY_BYTES: usize = 40 * 1024 * 1024;

/// The pause after a failed accept (no file descriptors left), which keeps the loop from spinning.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(50);

pub fn router(emulator: Arc<ProviderEmulator>) -> Router {
    Router::new()
        .route("/", get(inbox::page).post(sns::handle_query))
        .route("/_emulator/health", get(control::health))
        .route("/_emulator/config", get(control::config).post(control::configure))
        .route(
            "/_emulator/faults",
            get(control::faults).post(control::add_fault).delete(control::clear_faults),
        )
        .route("/_emulator/faults/{id}", delete(control::remove_fault))
        .route("/_emulator/messages", get(control::messages).delete(control::clear_messages))
        .route("/_emulator/messages/{id}", get(control::message))
        .route("/_emulator/messages/{id}/html", get(inbox::email_body))
        .route("/_emulator/inbox.css", get(inbox::style))
        .route("/_emulator/inbox.js", get(inbox::script))
        .route("/_emulator/reset", post(control::reset))
        .route("/_emulator/stats", get(control::stats))
        .route("/_emulator/replies", post(control::reply))
        .route("/_emulator/{*rest}", axum::routing::any(control::unknown))
        .route("/v2/email/outbound-emails", post(ses::send_email))
        .route("/v2/email/outbound-bulk-emails", post(ses::send_bulk_email))
        .fallback(sns::pass_through)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(emulator)
}

/// A marker in a response's extensions: nothing of the response is sent and the connection is
/// closed.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionCut;

pub fn cut_response() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(ConnectionCut);
    response
}

pub async fn serve(
    listener: tokio::net::TcpListener,
    emulator: Arc<ProviderEmulator>,
) -> anyhow::Result<()> {
    let router = router(emulator);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "could not accept connection");
                tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
                continue;
            }
        };
        // Small answers must not wait for a delayed ACK.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let router = router.clone();
                async move {
                    let answer: Result<Response, Infallible> =
                        router.oneshot(request.map(Body::new)).await;
                    match answer {
                        Ok(response) if response.extensions().get::<ConnectionCut>().is_some() => {
                            Err("cut by a fault")
                        }
                        Ok(response) => Ok(response),
                        Err(never) => match never {},
                    }
                }
            });
            // An error here means that the client went away or that a fault cut the connection.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
