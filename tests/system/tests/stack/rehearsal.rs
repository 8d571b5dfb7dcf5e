//! Tests that a launch does what its rehearsal has said: who is selected, held out, skipped and for
//! which reason, and which channel each gets.

use std::collections::BTreeMap;

use domain::voucher::record::{Voucher, VoucherStatus};
use serde_json::{Value, json};
use system_tests::{Channel, CustomerBuilder, LONG, TestScenario, until};

const HOLDOUT_PERCENT: u32 = 20;

/// Customers on each channel, some who said no, and some who were never asked.
fn people(test: &TestScenario) -> Vec<CustomerBuilder> {
    let on = |number: usize, channels: &[Channel]| test.customer(number).consenting_to(channels);
    let mut people: Vec<_> = (0..12).map(|number| on(number, &[Channel::Push])).collect();
    people.extend((12..24).map(|number| on(number, &[Channel::Email, Channel::Sms])));
    people.extend((24..32).map(|number| on(number, &[Channel::Sms])));
    people.extend((32..36).map(|number| test.customer(number)));
    let no = |customer, channel| CustomerBuilder::denying(customer, channel);
    people.extend((36..40).map(|number| Channel::ALL.into_iter().fold(test.customer(number), no)));
    people
}

async fn until_complete(test: &TestScenario, id: &str) -> Value {
    let path = format!("/v1/rehearsals/{id}");
    let look = || async { test.marketer.get(&path).await.expect_status(200).json };
    until(format!("{id}: its end"), LONG, look, |view| view["state"] != "running").await
}

fn count_by<'a>(
    records: &'a [Voucher],
    key: impl Fn(&'a Voucher) -> Option<&'a str>,
) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for name in records.iter().filter_map(key) {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_launch_does_exactly_what_its_rehearsal_said() {
    let test = TestScenario::begin().await;
    test.put_customers(&people(&test)).await;
    let draft = test.create_draft(&test.promotion().holdout(HOLDOUT_PERCENT)).await;
    let asked = test.marketer.post("/v1/rehearsals", &json!({"campaign_id": draft.id})).await;
    let asked = asked.expect_status(202).json;
    assert!(asked["estimate"]["selected"]["customers"].is_u64(), "{asked:#}");
    let said = until_complete(&test, asked["id"].as_str().unwrap()).await;
    assert_eq!(said["state"], "complete", "{said:#}");
    let counted = &said["counted"];
    assert_eq!((counted["selected"].as_u64(), counted["known"].as_u64()), (Some(40), Some(0)));
    assert_eq!(test.ledger.records(&draft.id).await.len(), 0, "a rehearsal issues nothing");

    draft.launch().await;
    draft.until_completed().await;
    let tally = draft.check_equation().await;
    let records = test.ledger.records(&draft.id).await;
    assert_eq!(counted["vouchers"], tally.issued, "{said:#}");
    assert_eq!(counted["held_out"], tally.ghost, "{said:#}");
    let skipped = count_by(&records, |record| record.skip.map(|reason| reason.code()));
    assert_eq!(counted["skipped"], json!(skipped));
    let first = |record: &Voucher| {
        let first = record.attempts.values().min_by_key(|attempt| attempt.number)?;
        (record.status != VoucherStatus::Ghost).then_some(first.channel)
    };
    let mut channels = BTreeMap::<&str, u64>::new();
    for channel in records.iter().filter_map(first) {
        *channels.entry(channel.as_str()).or_default() += 1;
    }
    assert_eq!(counted["channels"], json!(channels));
    assert_eq!(counted["exposure"]["amount"], tally.issued * 500);

    let path = format!("/v1/campaigns/{}/prediction", draft.id);
    let prediction = test.marketer.get(&path).await.expect_status(200).json;
    assert_eq!(prediction["predicted"]["rehearsal_id"], said["id"]);
    for line in prediction["lines"].as_array().unwrap() {
        // other tests store customers meanwhile, whom this campaign does not select
        if line["number"] != "scanned" {
            assert_eq!(line["difference"], 0, "{prediction:#}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_rehearsed_is_refused_with_its_field() {
    let test = TestScenario::begin().await;
    let refused = async |body: Value, status: u16| {
        test.marketer.post("/v1/rehearsals", &body).await.expect_status(status).json
    };
    for body in [json!({}), json!({"live": true, "campaign_id": "cmp_1"})] {
        assert_eq!(refused(body, 422).await["errors"][0]["code"], "exactly_one");
    }
    refused(json!({"campaign_id": "cmp_unknown"}), 404).await;
    let broken = refused(json!({"definition": {"kind": "promotion", "name": ""}}), 422).await;
    let field = broken["errors"][0]["field"].as_str().unwrap();
    assert!(field.starts_with("/definition"), "{broken:#}");
    let campaign = test.launch_campaign(&test.promotion()).await;
    let launched = refused(json!({"campaign_id": campaign.id}), 409).await;
    assert_eq!(launched["code"], "not_allowed_in_state", "{launched:#}");
    let live = test.marketer.post("/v1/rehearsals", &json!({"live": true})).await;
    let live = live.expect_status(202).json;
    let path = format!("/v1/rehearsals/{}/cancel", live["id"].as_str().unwrap());
    let stopped = test.marketer.post(&path, &json!(null)).await;
    assert!(matches!(stopped.status, 200 | 409), "{}", stopped.text);
}
