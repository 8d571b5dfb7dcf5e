//! record-feedback: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("record-feedback is not written yet".into())
}
