//! Runs `emulator --port 4580 --upstream http://127.0.0.1:4566`: reads the command line, listens on
//! 127.0.0.1, and serves until it is killed.
//!
//! Logs JSON lines to stderr. Everything else is in the library.

use anyhow::Context;
use provider_emulator::{ProviderEmulator, server, settings::EmulatorSettings};

/// Number of worker threads. On a two-core machine more threads would only compete with MiniStack
/// and the functions.
const WORKERS: usize = 2;

fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "emulator=info".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let settings = EmulatorSettings::parse(std::env::args().skip(1))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(async {
        let address = ("127.0.0.1", settings.port);
        let listener =
            tokio::net::TcpListener::bind(address).await.with_context(|| format!("port {} is taken", settings.port))?;
        tracing::info!(port = listener.local_addr()?.port(), upstream = %settings.upstream, "listening");
        server::serve(listener, ProviderEmulator::start(settings)).await
    })
}
