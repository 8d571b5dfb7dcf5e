//! Runs the programs of docs/api.md as they stand there, against the whole router on a socket of
//! this machine: what a newcomer copies has to work.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Output},
};

use base64::Engine as _;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use testkit::TestTables;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::client::{AppBackend, KEY, SECRET};

/// Returns the block of code in this language from the section about signing.
fn documented(language: &str) -> String {
    let page = std::fs::read_to_string(testkit::repository_root().join("docs/api.md")).unwrap();
    let section = page.split("\n## ").find(|it| it.starts_with("Signing a request")).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = section.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    let block = blocks.next().unwrap_or_else(|| panic!("no {language} in docs/api.md"));
    assert_eq!(blocks.next(), None, "two programs in {language}");
    block.to_owned()
}

async fn run(program: &[&str], code: String, api: SocketAddr, secret: &[u8]) -> Output {
    let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(code).env("API", format!("http://{api}"));
    command.env("KEY_ID", KEY).env("SECRET", format!("whsec_{encoded}"));
    let name = program[0].to_owned();
    let run = move || command.output().unwrap_or_else(|error| panic!("{name}: {error}"));
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[track_caller]
fn output_of(ended: &Output) -> String {
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout.clone()).unwrap()
}

/// Serves the router with hyper itself: `axum::serve` needs features of axum that the functions do
/// without, and a build of the tests would then compile them and all they use a second time.
async fn serve(listener: TcpListener, app: axum::Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let app = app.clone();
        let service = service_fn(move |request| app.clone().oneshot(request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

#[tokio::test]
async fn the_programs_in_the_docs_sign_what_they_send() {
    let api = AppBackend::new(&TestTables::in_memory());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, api.app.clone()));

    let python = ["python3", "-c"];
    let ended = run(&python, documented("python"), address, SECRET).await;
    assert_eq!(output_of(&ended).trim(), "Ana");
    let node = ["node", "--input-type=module", "--eval"];
    let ended = run(&node, documented("js"), address, SECRET).await;
    assert_eq!(output_of(&ended).trim(), "García");
    let shell = ["sh", "-c"];
    let ended = run(&shell, documented("sh"), address, SECRET).await;
    let answer: serde_json::Value = serde_json::from_str(&output_of(&ended)).unwrap();
    assert_eq!(
        (&answer["order_id"], &answer["recorded"]),
        (&json!("ana-1-order-1"), &json!("first"))
    );

    let wrong = b"the secret of somebody else, 32.";
    for (program, language) in [(&python[..], "python"), (&node[..], "js"), (&shell[..], "sh")] {
        let ended = run(program, documented(language), address, wrong).await;
        assert!(!ended.status.success(), "{language} with a wrong secret");
    }
}
