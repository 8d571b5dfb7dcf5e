//! A server that does nothing, as fast as it can: it stands for DynamoDB, SQS, SNS, SES and Secrets Manager where what is measured is
//! our own work and not theirs, and counts the calls. It answers by target, keeps what was put while it is told to (so that a read
//! finds what it needs) and applies no update. `lambda` is the other side of a function: the runtime API.
//! It runs on a thread of its own, so that its work is in nobody's count.

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

pub use answer::{Provided, SECRET};
pub use lambda::{Mark, Moment};

/// How long a function under valgrind may take to answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether it still runs.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub struct Null {
    pub address: SocketAddr,
    seen: Arc<Seen>,
    marks: std::sync::mpsc::Receiver<Mark>,
}

/// What the server knows, shared with the thread that serves.
pub(crate) struct Seen {
    calls: Mutex<BTreeMap<String, u64>>,
    /// Table and item, as they came over the wire.
    items: Mutex<Vec<(String, Value)>>,
    provided: Mutex<Vec<Provided>>,
    numbers: AtomicU64,
    keeps: AtomicBool,
    /// Vouchers are made over and over, and nobody asks for them again.
    but_vouchers: AtomicBool,
    lambda: lambda::Lambda,
}

impl Null {
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (sender, marks) = std::sync::mpsc::channel();
        let seen = Arc::new(Seen {
            calls: Mutex::default(),
            items: Mutex::default(),
            provided: Mutex::default(),
            numbers: AtomicU64::new(0),
            keeps: AtomicBool::new(false),
            but_vouchers: AtomicBool::new(false),
            lambda: lambda::Lambda::new(sender),
        });
        let shared = Arc::clone(&seen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // It ends with the process.
        std::thread::Builder::new().name("null".to_owned()).spawn(move || runtime.block_on(serve(listener, shared)))?;
        Ok(Self { address, seen, marks })
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on what is put is kept, and answered when it is asked for.
    pub fn keep(&self, keeps: bool) {
        self.seen.keeps.store(keeps, Ordering::Relaxed);
    }

    /// The same, but for vouchers and what points at them.
    pub fn keep_but_vouchers(&self) {
        self.seen.but_vouchers.store(true, Ordering::Relaxed);
        self.keep(true);
    }

    /// Calls so far, by operation.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        lock(&self.seen.calls).clone()
    }

    /// Messages that a provider took since the last time, oldest first.
    pub fn provided(&self) -> Vec<Provided> {
        std::mem::take(&mut lock(&self.seen.provided))
    }

    /// Hands an event to the function that asks next.
    pub fn event(&self, event: &Value) {
        self.seen.lambda.push(event.to_string());
    }

    /// The next moment that the runtime API sees of `function`.
    pub fn mark(&self, function: &mut Child, wanted: Moment) -> anyhow::Result<Mark> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.marks.recv_timeout(LOOK_AGAIN) {
                Ok(mark) if mark.moment == wanted => return Ok(mark),
                Ok(mark) => bail!("the function answered {:?} instead of {wanted:?}: {}", mark.moment, mark.body),
                Err(_) => match function.try_wait()? {
                    Some(status) => bail!("the function ended with {status}"),
                    None if Instant::now() > until => bail!("the function did not answer in {PATIENCE:?}"),
                    None => {}
                },
            }
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: std::net::TcpListener, seen: Arc<Seen>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Small answers must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let seen = Arc::clone(&seen);
        let service = service_fn(move |request: Request<Incoming>| {
            let seen = Arc::clone(&seen);
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map(|it| it.to_bytes()).unwrap_or_default();
                Ok::<_, Infallible>(match lambda::answer(&seen.lambda, &parts, &body).await {
                    Some(response) => response,
                    None => answer::answer(&seen, &parts, &body),
                })
            }
        });
        tokio::spawn(async move {
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
