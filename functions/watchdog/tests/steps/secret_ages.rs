//! Tests of the age of secrets: the oldest value in use counts, and a secret that cannot be read
//! hides no other.

use domain::Timestamp;
use fake_aws::FakeAws;
use secrets::Secrets;
use testkit::builders::{add_milliseconds, noon};
use watchdog::SecretAges;

const DAY: i64 = 24 * 3_600_000;

fn days_ago(days: i64) -> Timestamp {
    add_milliseconds(noon(), -days * DAY)
}

#[tokio::test]
async fn the_oldest_value_in_use_counts() {
    let memory = FakeAws::new(testkit::table_schemas());
    for (name, days) in [("arn:links", 40), ("arn:signing", 400), ("arn:cursor", 3)] {
        memory.set_secret_made_at(name, days_ago(days).as_second());
    }
    let oldest = async |arns: &str| {
        SecretAges::new(Secrets::new(&memory.config()), arns).oldest_days(noon()).await
    };
    assert_eq!(oldest("arn:links,arn:cursor").await, Some(40));
    assert_eq!(oldest("arn:links, arn:signing, arn:cursor").await, Some(400));
    assert_eq!(oldest("arn:gone,arn:cursor").await, Some(3), "the other one is still known");
    assert_eq!(oldest("arn:gone").await, None);
    assert_eq!(oldest("").await, None, "a deployment that names none");
    memory.set_secret_made_at("arn:signing", noon().as_second());
    assert_eq!(oldest("arn:links,arn:signing").await, Some(40), "it was rotated");
}
