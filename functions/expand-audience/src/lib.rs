//! expand-audience: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("expand-audience is not written yet".into())
}
