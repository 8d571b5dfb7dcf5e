//! Freezes a process that sends, as Lambda does between invocations, lets its peer give the
//! connection up meanwhile, and checks that the next send goes out on a new connection. The process
//! is this test binary, started again.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and the worker answers on its standard output"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Longer than a connection for sends may be idle.
const FROZEN: Duration = Duration::from_millis(5_500);
const SEND_TIMEOUT: Duration = Duration::from_secs(3);
const IS_WORKER: &str = "FROZEN_WORKER";
const ANSWER: &str = "answer: ";

/// A provider that answers each connection only as long as it is not told to give it up. A
/// connection that was given up stays open and silent, as one whose packets a network drops.
struct Provider {
    address: String,
    connections: Arc<AtomicUsize>,
    /// Connections below this number are silent.
    given_up: Arc<AtomicUsize>,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let given_up = Arc::new(AtomicUsize::new(0));
        let (counted, silent) = (Arc::clone(&connections), Arc::clone(&given_up));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let silent = Arc::clone(&silent);
                std::thread::spawn(move || answer(stream.unwrap(), number, &silent));
            }
        });
        Self { address, connections, given_up }
    }

    fn give_up_all(&self) {
        self.given_up.store(self.connections.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

fn answer(mut stream: TcpStream, number: usize, given_up: &AtomicUsize) {
    let body = "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult>\
                <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>";
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = stream.read(&mut buffer) {
        if read == 0 {
            return;
        }
        if number < given_up.load(Ordering::SeqCst) {
            continue;
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    }
}

/// The process that sends, one message for each line that it is given.
struct Worker {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start(provider: &Provider) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_worker", "--nocapture", "--test-threads=1"])
            .env(IS_WORKER, "1")
            .env("AWS_ENDPOINT_URL", &provider.address)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, orders, answers }
    }

    fn send(&mut self) -> String {
        self.orders.write_all(b"send\n").unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the worker has died");
            if let Some((_, said)) = line.split_once(ANSWER) {
                return said.trim().to_owned();
            }
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn a_send_after_a_freeze_never_rides_on_a_connection_that_slept() {
    let provider = Provider::start();
    let mut worker = Worker::start(&provider);
    assert_eq!(worker.send(), "sent m-1");
    assert_eq!(worker.send(), "sent m-1");
    assert_eq!(provider.connections.load(Ordering::SeqCst), 1, "awake, it keeps its connection");
    worker.signal("-STOP");
    provider.give_up_all();
    std::thread::sleep(FROZEN);
    worker.signal("-CONT");
    assert_eq!(worker.send(), "sent m-1");
    assert_eq!(provider.connections.load(Ordering::SeqCst), 2);
}

/// The worker's side: sends a message for each line on its standard input. It does nothing unless the
/// other test starts it.
#[test]
fn the_worker() {
    if std::env::var(IS_WORKER).is_err() {
        return;
    }
    let work = async {
        let client = aws_sdk_sns::Client::new(&runtime::aws::config_for_sends("sns", SEND_TIMEOUT));
        for _ in std::io::stdin().lines() {
            let sent = client.publish().phone_number("+34600000001").message("hello").send().await;
            match sent {
                Ok(sent) => println!("{ANSWER}sent {}", sent.message_id.unwrap_or_default()),
                Err(error) => println!("{ANSWER}{error:?}"),
            }
        }
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}
