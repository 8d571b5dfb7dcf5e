//! vouchers: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("vouchers is not written yet".into())
}
