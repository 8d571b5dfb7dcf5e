//! The one binary of all functions. Lambda starts `bootstrap` and names the function in `_HANDLER`.
//!
//! There is one build and one upload. Permissions stay separate, since each function runs with its
//! own role.

// The functions' futures are deep: http stacks in layers, each layer a type.
#![recursion_limit = "512"]

use runtime::Error;

// The runtime handles one event at a time: a second thread would only cost start-up time.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::init_tracing();
    let function = runtime::env::required("_HANDLER")?;
    let result = run_function(&function).await;
    if let Err(error) = &result {
        tracing::error!(function, error, "function could not run");
    }
    result
}

async fn run_function(function: &str) -> Result<(), Error> {
    match function {
        "campaigns" => Box::pin(campaigns::run()).await,
        "customers" => Box::pin(customers::run()).await,
        "import" => Box::pin(import::run()).await,
        "export" => Box::pin(export::run()).await,
        "expand-audience" => Box::pin(expand_audience::run()).await,
        "release-dispatches" => Box::pin(release_dispatches::run()).await,
        "deliver-sms" => Box::pin(deliver::sms::run()).await,
        "deliver-email" => Box::pin(deliver::email::run()).await,
        "deliver-push" => Box::pin(deliver::push::run()).await,
        "record-feedback" => Box::pin(record_feedback::run()).await,
        "unsubscribe" => Box::pin(unsubscribe::run()).await,
        "vouchers" => Box::pin(vouchers::run()).await,
        "open-links" => Box::pin(vouchers::links::run()).await,
        "publish-webhook-events" => Box::pin(webhooks::publish::run()).await,
        "deliver-webhooks" => Box::pin(webhooks::deliver::run()).await,
        "webhooks" => Box::pin(webhooks::admin::run()).await,
        "aggregate-reports" => Box::pin(aggregate_reports::run()).await,
        "reports" => Box::pin(reports::run()).await,
        "catalogue" => Box::pin(catalogue::run()).await,
        "operations" => Box::pin(operations::run()).await,
        "scan-autopilot" => Box::pin(scan_autopilot::run()).await,
        "watchdog" => Box::pin(watchdog::run()).await,
        unknown => Err(format!("no function is named {unknown}").into()),
    }
}
