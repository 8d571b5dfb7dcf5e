//! A server that does nothing, as fast as it can. It stands in for DynamoDB, SQS, SNS, End User
//! Messaging, SES and Secrets Manager where our own work is measured and not theirs, and it counts
//! the calls.
//!
//! It answers by target, keeps what was put while it is told to (so that a read finds what it
//! needs) and applies no update. `lambda` is the runtime API, the other side of a function. It runs
//! on a thread of its own, so that its work is in no measurement.

mod answer;
mod lambda;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    process::Child,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::bail;
use http::Request;
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

pub use answer::{KEY_ID, ProviderCall, SECRET};
pub use lambda::{MomentMark, RuntimeMoment};

/// The time within which a function under valgrind must answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// The interval at which the function's process is checked to be still running.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

pub struct NullServer {
    pub address: SocketAddr,
    seen: Arc<NullServerState>,
    marks: std::sync::mpsc::Receiver<MomentMark>,
}

/// The server's state, shared with the thread that serves.
pub(crate) struct NullServerState {
    calls: Mutex<BTreeMap<String, u64>>,
    /// The table and the item of each put, as they came over the wire.
    items: Mutex<Vec<(String, Value)>>,
    provided: Mutex<Vec<ProviderCall>>,
    /// The body of the last request to a provider.
    last_message: Mutex<Option<String>>,
    numbers: AtomicU64,
    keeps: AtomicBool,
    /// Set when vouchers are not kept: they are created over and over and never read again.
    skips_vouchers: AtomicBool,
    lambda: lambda::RuntimeApi,
}

impl NullServer {
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (sender, marks) = std::sync::mpsc::channel();
        let seen = Arc::new(NullServerState {
            calls: Mutex::default(),
            items: Mutex::default(),
            provided: Mutex::default(),
            last_message: Mutex::default(),
            numbers: AtomicU64::new(0),
            keeps: AtomicBool::new(false),
            skips_vouchers: AtomicBool::new(false),
            lambda: lambda::RuntimeApi::new(sender),
        });
        let shared = Arc::clone(&seen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // The thread ends with the process.
        std::thread::Builder::new()
            .name("null".to_owned())
            .spawn(move || runtime.block_on(serve(listener, shared)))?;
        Ok(Self { address, seen, marks })
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts or stops keeping what is put, so that reads find it.
    pub fn keep_items(&self, keeps: bool) {
        self.seen.keeps.store(keeps, Ordering::Relaxed);
    }

    /// Stops keeping vouchers and what refers to them, but goes on keeping everything else.
    pub fn keep_but_vouchers(&self) {
        self.seen.skips_vouchers.store(true, Ordering::Relaxed);
        self.keep_items(true);
    }

    /// Returns the calls so far, by operation.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        lock(&self.seen.calls).clone()
    }

    /// Takes the messages that the providers have accepted since the last call, oldest first.
    pub fn take_provided(&self) -> Vec<ProviderCall> {
        std::mem::take(&mut lock(&self.seen.provided))
    }

    /// Returns the body of the last request to SNS or SES, as it came over the wire.
    pub fn last_message(&self) -> Option<String> {
        lock(&self.seen.last_message).clone()
    }

    /// Hands an event to the function that asks next.
    pub fn push_event(&self, event: &Value) {
        self.seen.lambda.push_event(event.to_string());
    }

    /// Waits for the next moment that the runtime API sees of `function`.
    pub fn wait_for_moment(
        &self,
        function: &mut Child,
        wanted: RuntimeMoment,
    ) -> anyhow::Result<MomentMark> {
        let until = Instant::now() + ANSWER_TIMEOUT;
        loop {
            match self.marks.recv_timeout(CHECK_INTERVAL) {
                Ok(mark) if mark.moment == wanted => return Ok(mark),
                Ok(mark) => bail!(
                    "the function answered {:?} instead of {wanted:?}: {}",
                    mark.moment,
                    mark.body
                ),
                Err(_) => match function.try_wait()? {
                    Some(status) => bail!("the function ended with {status}"),
                    None if Instant::now() > until => {
                        bail!("the function did not answer in {ANSWER_TIMEOUT:?}")
                    }
                    None => {}
                },
            }
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: std::net::TcpListener, seen: Arc<NullServerState>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // Small answers must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let seen = Arc::clone(&seen);
        let service = service_fn(move |request: Request<Incoming>| {
            let seen = Arc::clone(&seen);
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map(|it| it.to_bytes()).unwrap_or_default();
                Ok::<_, Infallible>(
                    match lambda::answer_runtime(&seen.lambda, &parts, &body).await {
                        Some(response) => response,
                        None => answer::answer_call(&seen, &parts, &body),
                    },
                )
            }
        });
        tokio::spawn(async move {
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
