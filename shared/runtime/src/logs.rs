//! JSON logs on standard output, one object per line, at the level of `RUST_LOG` (default `info`).
//!
//! A panic is logged with its place and without its message, because the message may quote personal
//! data.

use std::str::FromStr;

use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Sets up the logs. Call it once, first in the process; a second call changes nothing.
pub fn init_tracing() {
    let filter = std::env::var("RUST_LOG").ok().and_then(|text| Targets::from_str(&text).ok());
    // `Targets` is used because `EnvFilter` compiles regular expressions at start-up.
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_span_list(false);
    if tracing_subscriber::registry().with(lines.with_filter(filter)).try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "handler panicked");
        }));
    }
}
