//! The one binary of all functions: Lambda starts `bootstrap` and names the function in `_HANDLER`.
//! One upload and one build; permissions stay apart, since each function runs with its own role.

use runtime::Error;

// One event at a time: a second thread would only cost start-up.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::init_tracing();
    let function = runtime::env::required("_HANDLER")?;
    let ended = run(&function).await;
    if let Err(error) = &ended {
        tracing::error!(function, error, "the function could not run");
    }
    ended
}

async fn run(function: &str) -> Result<(), Error> {
    match function {
        "campaigns" => campaigns::run().await,
        "customers" => customers::run().await,
        "expand-audience" => expand_audience::run().await,
        "release-dispatches" => release_dispatches::run().await,
        "deliver-sms" => deliver_sms::run().await,
        "deliver-email" => deliver_email::run().await,
        "deliver-push" => deliver_push::run().await,
        "record-feedback" => record_feedback::run().await,
        "vouchers" => vouchers::run().await,
        "aggregate-reports" => aggregate_reports::run().await,
        "reports" => reports::run().await,
        "sweep" => sweep::run().await,
        unknown => Err(format!("no function is named {unknown}").into()),
    }
}
