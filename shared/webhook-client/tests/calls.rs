//! Tests of the caller against a real server on this machine that answers well, badly, without an
//! end, or not at all.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::HeaderMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use webhook_client::{AddressPolicy, CallFailure, CallResponse, WebhookClient};

const LIMIT: Duration = Duration::from_millis(500);

/// Starts a server that answers each connection with `answer`, and then sends `flood` without end.
/// Returns its port and the counter of its requests.
async fn server(answer: &'static str, flood: &'static [u8]) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"the body") {
                    let mut buffer = [0; 1_024];
                    let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
                    request.extend_from_slice(buffer.get(..count)?);
                }
                counted.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer.as_bytes()).await.ok()?;
                while !flood.is_empty() {
                    stream.write_all(flood).await.ok()?;
                }
                if answer.is_empty() {
                    // Waits until the caller gives up.
                    let _ = stream.read(&mut [0; 1]).await;
                }
                stream.shutdown().await.ok()
            });
        }
    });
    (port, count)
}

async fn post(url: &str) -> Result<CallResponse, CallFailure> {
    let caller = WebhookClient::new(AddressPolicy::new("127.0.0.1"));
    let target = caller.policy().check_address(url).unwrap();
    caller.post(&target, HeaderMap::new(), b"the body".to_vec(), LIMIT).await
}

#[tokio::test]
async fn whatever_status_comes_back_is_the_answer_and_a_redirect_is_not_followed() {
    for (answer, status) in [
        ("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n", 204),
        ("HTTP/1.1 500 Oh\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno", 500),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 410),
        (
            "HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            302,
        ),
        (
            "HTTP/1.1 307 Again\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            307,
        ),
    ] {
        let (port, requests) = server(answer, b"").await;
        assert_eq!(
            post(&format!("http://127.0.0.1:{port}/hook")).await,
            Ok(CallResponse { status })
        );
        assert_eq!(requests.load(Ordering::SeqCst), 1, "{answer}");
    }
}

#[tokio::test]
async fn silence_costs_the_limit_and_no_more() {
    let (port, requests) = server("", b"").await;
    let began = Instant::now();
    assert_eq!(post(&format!("http://127.0.0.1:{port}/")).await, Err(CallFailure::TimedOut));
    assert!(began.elapsed() < 10 * LIMIT && requests.load(Ordering::SeqCst) == 1);
}

#[tokio::test]
async fn a_body_without_an_end_is_read_to_its_bound() {
    let (port, _) = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", &[b'x'; 65_536]).await;
    assert_eq!(post(&format!("http://127.0.0.1:{port}/")).await, Ok(CallResponse { status: 200 }));
}

#[tokio::test]
async fn a_head_without_an_end_is_a_broken_answer() {
    let (port, _) = server("HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n").await;
    assert_eq!(
        post(&format!("http://127.0.0.1:{port}/")).await,
        Err(CallFailure::ConnectionBroken)
    );
}

#[tokio::test]
async fn nobody_there_and_no_tls_there_are_no_connection() {
    assert_eq!(post("http://127.0.0.1:1/").await, Err(CallFailure::NoConnection));
    let (port, requests) = server("HTTP/1.1 200 OK\r\n\r\n", b"").await;
    let over_tls = post(&format!("https://127.0.0.1:{port}/")).await;
    assert!(
        over_tls == Err(CallFailure::NoConnection) || over_tls == Err(CallFailure::TimedOut),
        "{over_tls:?}"
    );
    assert_eq!(requests.load(Ordering::SeqCst), 0, "nothing is said in the clear");
}
