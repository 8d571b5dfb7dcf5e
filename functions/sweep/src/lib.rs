//! sweep: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("sweep is not written yet".into())
}
