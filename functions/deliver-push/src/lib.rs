//! deliver-push: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("deliver-push is not written yet".into())
}
