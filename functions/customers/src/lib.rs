//! customers: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("customers is not written yet".into())
}
