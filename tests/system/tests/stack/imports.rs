//! Tests imports on the running stack: a file that is dropped into the bucket ends in customers, each
//! record that cannot be taken is told with its reason, and a no that is known stays.

use serde_json::json;
use system_tests::{ApiAnswer, LONG, LocalStack, until};

/// The header of a client of S3, from which the local AWS takes the account.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20261130/us-east-1/s3/aws4_request, \
                             SignedHeaders=host, Signature=0";

/// The bucket of imports, as a pipeline sees it.
struct ImportsBucket {
    stack: LocalStack,
}

impl ImportsBucket {
    async fn request(&self, method: &str, path: &str, body: &str) -> ApiAnswer {
        let facts = &self.stack.facts;
        let url =
            format!("{}/{}{path}", facts.text("/endpoint_url"), facts.text("/imports_bucket"));
        let request = self.stack.wire.request(method, &url).header("authorization", AUTHORIZATION);
        request.body(body).send().await
    }

    async fn drop_file(&self, key: &str, body: &str) {
        self.request("PUT", &format!("/{key}"), body).await.expect_status(200);
    }

    /// Returns the refused records of all imports.
    async fn refused(&self) -> String {
        let listed = self.request("GET", "?list-type=2&prefix=refused/", "").await;
        let listed = listed.expect_status(200).text;
        let mut lines = String::new();
        for key in listed.split("<Key>").skip(1).filter_map(|it| it.split_once("</Key>")) {
            lines += &self.request("GET", &format!("/{}", key.0), "").await.expect_status(200).text;
        }
        lines
    }
}

#[tokio::test]
async fn a_dropped_file_ends_in_customers_and_each_refused_record_is_told() {
    let bucket = ImportsBucket { stack: LocalStack::connect() };
    let app = bucket.stack.app();
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let id = |name: &str| format!("imp-{unique}-{name}");
    let (ana, leo) = (id("ana"), id("leo"));
    // Leo has said no, and later than the file says yes.
    let contacts = json!({"email": format!("leo-{unique}@example.com")});
    let known = json!({"contacts": contacts});
    app.put_customer(&leo, &known).await.expect_status(201);
    app.set_consent(&leo, "email", "denied").await.expect_status(200);
    let file = format!(
        "customer_id;email;first_name;email_opt_in;email_opt_in_at\r\n\
         {ana};Ana-{unique}@Example.com;Ana;yes;2025-11-20 18:40:00 UTC\r\n\
         {leo};leo-{unique}@example.com;Leo;yes;2025-11-20 18:40:00 UTC\r\n\
         ;;nobody-{unique};yes;2025-11-20 18:40:00 UTC\r\n"
    );
    let told = |lines: &str| lines.matches("\n3,4,").count();
    let before = told(&bucket.refused().await);
    bucket.drop_file(&format!("customers/{unique}/crm%20export.csv"), &file).await;
    let answer =
        until("a customer of the file", LONG, || app.customer(&ana), |answer| answer.status == 200);
    let customer = answer.await.json;
    let email = customer["contacts"]["email"].as_str().unwrap_or_default();
    assert_eq!(email.to_lowercase(), format!("ana-{unique}@example.com"), "{customer}");
    assert_eq!(customer["consents"]["email"]["state"], "granted", "{customer}");
    let refused = until(
        "the refused record",
        LONG,
        || bucket.refused(),
        |lines: &String| told(lines) > before,
    );
    let refused = refused.await;
    assert!(!refused.contains(&unique), "no cell of a record is repeated: {refused}");
    let leo = app.customer(&leo).await.expect_status(200).json;
    assert_eq!(leo["consents"]["email"]["state"], "denied", "{leo}");
    assert_eq!(leo["profile"]["first_name"], "Leo", "what else the file tells is taken: {leo}");
}
