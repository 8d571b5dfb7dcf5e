//! deliver-sms: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("deliver-sms is not written yet".into())
}
