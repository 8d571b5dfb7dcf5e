//! Serves the in-memory AWS at an address of this machine, for a process that must not hold its
//! tables. It runs on a thread of its own.

use std::convert::Infallible;

use anyhow::Context;
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use aws_smithy_types::body::SdkBody;
use axum::body::Bytes;
use fake_aws::FakeAws;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Starts serving and returns the endpoint. The thread ends with the process.
pub fn start_server(memory: &FakeAws) -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let memory = memory.clone();
    std::thread::Builder::new()
        .name("aws".to_owned())
        .spawn(move || runtime.block_on(serve(listener, memory)))?;
    Ok(format!("http://{address}"))
}

async fn serve(listener: std::net::TcpListener, memory: FakeAws) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // Small answers must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let memory = memory.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let memory = memory.clone();
            async move {
                Ok::<_, Infallible>(answer_request(&memory, request).await.unwrap_or_else(
                    |error| {
                        let mut response = Response::new(Full::from(format!("{error:#}")));
                        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                        response
                    },
                ))
            }
        });
        tokio::spawn(async move {
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer_request(
    memory: &FakeAws,
    request: Request<Incoming>,
) -> anyhow::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let body = SdkBody::from(body.collect().await?.to_bytes());
    let response = memory.call(HttpRequest::try_from(Request::from_parts(parts, body))?).await?;
    let (parts, body) = response.try_into_http1x()?.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice).context("a streamed answer")?;
    Ok(Response::from_parts(parts, Full::new(body)))
}
