//! release-dispatches: not written yet.

pub async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("release-dispatches is not written yet".into())
}
