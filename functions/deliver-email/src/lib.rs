//! deliver-email: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("deliver-email is not written yet".into())
}
