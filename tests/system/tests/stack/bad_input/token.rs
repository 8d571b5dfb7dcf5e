//! Tests operators' tokens: missing, expired, for another audience, forged, and valid ones of the
//! wrong group.
//!
//! The gateway checks everything but the group, so its own answers are asserted. The user pool's
//! key, which only a local stack has in a file, signs what Cognito would not.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};
use system_tests::{ApiAnswer, LocalStack, OperatorClient, OperatorGroup, TestScenario, run_all};

use super::{StoredState, check_gateway, check_problem, documented_routes};

/// Signs tokens as the user pool does.
struct TokenForge {
    own: RsaKeyPair,
    /// The pool's other key, for ID tokens: valid, but not the one of this `kid`.
    other: RsaKeyPair,
    header: Value,
    claims: Value,
}

fn decode_part(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn read_key(stack: &LocalStack, purpose: &str) -> RsaKeyPair {
    let home = PathBuf::from(std::env::var_os("STACK_JSON").unwrap());
    let pool = stack.facts.text("/user_pool_id");
    let path = home.parent().unwrap().join(format!("state/cognito-pool-keys/{pool}-{purpose}.pem"));
    let pem = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&base64::engine::general_purpose::STANDARD.decode(lines).unwrap())
        .unwrap()
}

impl TokenForge {
    fn new(stack: &LocalStack, model: &OperatorClient) -> Self {
        let mut parts = model.token.split('.');
        let (header, claims) =
            (decode_part(parts.next().unwrap()), decode_part(parts.next().unwrap()));
        Self { own: read_key(stack, "access"), other: read_key(stack, "id"), header, claims }
    }
    fn unsigned_token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(header), part(claims))
    }
    fn sign_token(&self, key: &RsaKeyPair, claims: &Value) -> String {
        let text = Self::unsigned_token(&self.header, claims);
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
    /// Signs the model's claims with one claim changed, or removed by `null`.
    fn with_claim(&self, claim: &str, value: Value) -> String {
        self.sign_token(
            &self.own,
            &super::with_member(self.claims.clone(), &format!("/{claim}"), value),
        )
    }
}

async fn get_campaigns(operator: &OperatorClient, token: &str) -> ApiAnswer {
    operator
        .request("GET", "/v1/campaigns")
        .header("authorization", &format!("Bearer {token}"))
        .send()
        .await
}

#[tokio::test]
async fn without_a_token_no_admin_route_does_anything() {
    let test = TestScenario::begin().await;
    let draft = test.create_draft(&test.promotion()).await;
    let before = StoredState::read(&test).await;
    let admin: Vec<_> = documented_routes(&test.stack, &draft.id, "c-x")
        .await
        .into_iter()
        .filter(|route| route.security == "jwt")
        .collect();
    assert!(admin.len() >= 17, "{} admin routes", admin.len());
    run_all(
        8,
        admin.iter().map(|route| async {
            let request = || test.marketer.request(&route.method, &route.path).json(&json!({}));
            check_gateway(
                &request().without_header("authorization").send().await,
                401,
                "Unauthorized",
            );
            check_gateway(
                &request().header("authorization", "Bearer nonsense").send().await,
                401,
                "Unauthorized",
            );
        }),
    )
    .await;
    assert_eq!(StoredState::read(&test).await, before);
}

#[tokio::test]
async fn a_token_that_is_expired_or_for_someone_else_is_refused() {
    let test = TestScenario::begin().await;
    let forge = TokenForge::new(&test.stack, &test.marketer);
    let now = jiff::Timestamp::now().as_second();
    get_campaigns(&test.marketer, &forge.with_claim("exp", json!(now + 600)))
        .await
        .expect_status(200);
    let issuer = forge.claims["iss"].as_str().unwrap();
    let refused = [
        ("expired a second ago", forge.with_claim("exp", json!(now - 1))),
        ("expired long ago", forge.with_claim("exp", json!(0))),
        ("another client's", forge.with_claim("client_id", json!("another-client"))),
        ("for no audience", forge.with_claim("client_id", Value::Null)),
        ("another pool's", forge.with_claim("iss", json!(format!("{issuer}x")))),
        ("of no issuer", forge.with_claim("iss", Value::Null)),
        ("not valid yet", forge.with_claim("nbf", json!(now + 600))),
    ];
    for (what, token) in refused {
        let answer = get_campaigns(&test.marketer, &token).await;
        assert_eq!(answer.status, 401, "a token {what}: {}", answer.text);
        check_gateway(&answer, 401, "Unauthorized");
    }
}

#[tokio::test]
async fn a_token_that_the_pool_did_not_sign_is_refused() {
    let test = TestScenario::begin().await;
    let forge = TokenForge::new(&test.stack, &test.marketer);
    let own = &test.marketer.token;
    let (text, signature) = own.rsplit_once('.').unwrap();
    let admin = super::with_member(forge.claims.clone(), "/cognito:groups", json!(["admin"]));
    let none = json!({"alg": "none", "kid": forge.header["kid"]});
    let refused = [
        ("of another key", forge.sign_token(&forge.other, &forge.claims)),
        (
            "with other claims than were signed",
            format!("{}.{signature}", TokenForge::unsigned_token(&forge.header, &admin)),
        ),
        (
            "that says it needs no signature",
            format!("{}.", TokenForge::unsigned_token(&none, &admin)),
        ),
        ("without its signature", format!("{text}.")),
        ("cut short", own[..own.len() - 8].to_owned()),
        ("in two parts", text.to_owned()),
    ];
    get_campaigns(&test.marketer, own).await.expect_status(200);
    for (what, token) in refused {
        let answer = get_campaigns(&test.marketer, &token).await;
        assert_eq!(answer.status, 401, "a token {what}: {}", answer.text);
        check_gateway(&answer, 401, "Unauthorized");
    }
}

#[tokio::test]
async fn a_good_token_in_the_wrong_group_changes_nothing() {
    let test = TestScenario::begin().await;
    let draft = test.create_draft(&test.promotion()).await;
    let before = StoredState::read(&test).await;
    let history = test.ledger.query_items("control", "campaign_id", &draft.id).await.len();
    let all_routes = documented_routes(&test.stack, &draft.id, "c-x").await;
    // every group may read, which includes previews of audiences and messages, searches, replays,
    // quotes, and exports without contacts
    let previews = ["/v1/audience-previews", "/v1/message-previews"];
    let looks = |path: &str| {
        previews.contains(&path)
            || path.starts_with("/v1/exports")
            || ["/replay", "/customers/search", "/suppressions/search", "/quote"]
                .iter()
                .any(|it| path.ends_with(it))
    };
    let changing = |route: &&super::DocumentedRoute| {
        route.security == "jwt" && route.method != "GET" && !looks(&route.path)
    };
    let changing: Vec<_> = all_routes.iter().filter(changing).collect();
    assert!(changing.len() >= 10, "{} routes that change something", changing.len());
    for group in [OperatorGroup::Viewer, OperatorGroup::Approver] {
        let operator = test.stack.sign_in_operator(group).await;
        operator.get("/v1/campaigns").await.expect_status(200);
        run_all(
            8,
            // an approver may approve, and rehearse what is approved
            changing
                .iter()
                .filter(|it| {
                    let rehearses = it.path.starts_with("/v1/rehearsals");
                    let approves = it.path.ends_with("/approve") || rehearses;
                    !(group == OperatorGroup::Approver && approves)
                })
                .map(|route| async {
                    let request =
                        operator.request(&route.method, &route.path).header("if-match", "\"1\"");
                    check_problem(
                        request.json(&test.promotion().body()).send().await,
                        403,
                        "forbidden",
                    );
                }),
        )
        .await;
    }
    assert_eq!(StoredState::read(&test).await, before);
    assert_eq!(test.ledger.query_items("control", "campaign_id", &draft.id).await.len(), history);
}

#[tokio::test]
async fn a_good_token_of_no_group_of_ours_may_not_even_look() {
    let test = TestScenario::begin().await;
    let draft = test.create_draft(&test.promotion()).await;
    let forge = TokenForge::new(&test.stack, &test.marketer);
    let admin: Vec<_> = documented_routes(&test.stack, &draft.id, "c-x")
        .await
        .into_iter()
        .filter(|route| route.security == "jwt")
        .collect();
    for groups in [Value::Null, json!([]), json!(["superadmin", "viewers", "Admin"])] {
        let token = forge.with_claim("cognito:groups", groups);
        run_all(
            8,
            admin.iter().map(|route| async {
                let request = test
                    .marketer
                    .request(&route.method, &route.path)
                    .header("authorization", &format!("Bearer {token}"));
                let body = match route.path.as_str() {
                    "/v1/audience-previews" => {
                        json!({"audience": {"everyone": {}}, "channels": {"mode": "all", "ladder": ["sms"]}})
                    }
                    _ => test.promotion().body(),
                };
                check_problem(request.header("if-match", "\"1\"").json(&body).send().await, 403, "forbidden");
            }),
        )
        .await;
    }
}

#[tokio::test]
async fn a_route_that_does_not_exist_is_the_gateways_to_refuse() {
    let test = TestScenario::begin().await;
    for (method, path) in [
        ("GET", "/v1/nothing"),
        ("GET", "/"),
        ("POST", "/v1/campaigns/cmp_1/explode"),
        ("DELETE", "/v1/orders"),
        ("PATCH", "/v1/customers/c-1/vouchers"),
        ("GET", "/v2/campaigns"),
    ] {
        check_gateway(&test.marketer.request(method, path).send().await, 404, "Not Found");
    }
}
