//! aggregate-reports: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("aggregate-reports is not written yet".into())
}
