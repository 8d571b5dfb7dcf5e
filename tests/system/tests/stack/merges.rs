//! Tests two records of one person on the deployed stack: one wallet by either id, a redemption of
//! the other record's voucher, an undo that is refused after it, and an erasure of both.

use serde_json::json;
use system_tests::{Channel, TestScenario, basket};

const CUSTOMERS: &str = "/v1/configuration/voucher-campaign/customers";

#[tokio::test]
async fn two_records_are_one_wallet_until_they_are_separated_or_erased() {
    let test = TestScenario::begin().await;
    let people = test.create_customers(2, &[Channel::Email]).await;
    test.run_campaign(&test.promotion()).await;
    let (new, old) = (people[0].id.clone(), people[1].id.clone());
    let reason = json!({"reason": "the same person"});
    let merge = json!({"from": old, "reason": "the same person"});
    let path = format!("{CUSTOMERS}/{new}/merge");
    let unmerge = format!("{CUSTOMERS}/{old}/unmerge");
    let merged = test.marketer.post(&path, &merge).await.expect_status(200);
    assert_eq!(merged.json["records"], json!([new, old]));
    for id in [&new, &old] {
        assert_eq!(test.app.wallet(id).await.len(), 2, "{id}");
        assert_eq!(test.app.customer(id).await.expect_status(200).json["customer_id"], json!(new));
    }
    // Nobody has used anything: the records are separated, and merged again.
    test.marketer.post(&unmerge, &reason).await.expect_status(200);
    assert_eq!(test.app.wallet(&old).await.len(), 1);
    test.marketer.post(&path, &merge).await.expect_status(200);

    // The voucher of the one record is accepted and redeemed by the id of the other.
    let records = test.ledger.customer_records(&old).await;
    let voucher = records[0].id.to_string();
    test.app.accept(&new, &voucher).await.expect_status(200);
    let order = test.order_id("o-1");
    test.app.redeem(&new, &voucher, &order, &basket(2_000)).await.expect_status(200);
    let again = test.app.redeem(&old, &voucher, &order, &basket(2_000)).await.expect_status(200);
    assert_eq!(again.json["repeat"], true);
    test.app
        .redeem(&old, &voucher, &test.order_id("o-2"), &basket(2_000))
        .await
        .expect_problem(409, "voucher_refused");
    assert_eq!(test.ledger.customer_records(&old).await[0].redemptions, 1);
    test.marketer.post(&unmerge, &reason).await.expect_problem(409, "voucher_used");

    test.app.delete(&format!("/v1/customers/{old}")).await.expect_status(204);
    for id in [&new, &old] {
        test.app.customer(id).await.expect_problem(410, "customer_erased");
    }
}
