//! An operator of the console: signed in by Cognito, calling the admin API with a token.

use serde_json::{Value, json};

use crate::{
    http_client::{ApiAnswer, ApiRequest, HttpClient},
    stack::LocalStack,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorGroup {
    Viewer,
    Support,
    Marketer,
    Approver,
    Admin,
}

impl OperatorGroup {
    pub const ALL: [OperatorGroup; 5] = [
        OperatorGroup::Viewer,
        OperatorGroup::Support,
        OperatorGroup::Marketer,
        OperatorGroup::Approver,
        OperatorGroup::Admin,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            OperatorGroup::Viewer => "viewer",
            OperatorGroup::Support => "support",
            OperatorGroup::Marketer => "marketer",
            OperatorGroup::Approver => "approver",
            OperatorGroup::Admin => "admin",
        }
    }
}

#[derive(Clone)]
pub struct OperatorClient {
    wire: HttpClient,
    base: String,
    /// The access token that goes behind `Bearer `.
    pub token: String,
}

impl OperatorClient {
    pub(crate) async fn sign_in(stack: &LocalStack, group: OperatorGroup) -> Self {
        let user = format!("/groups_users/{}", group.as_str());
        let request = json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": stack.facts.text("/client_id"),
            "AuthParameters": {
                "USERNAME": stack.facts.text(&format!("{user}/username")),
                "PASSWORD": stack.facts.text(&format!("{user}/password")),
            },
        });
        let sign_in = stack
            .wire
            .request("POST", stack.facts.text("/endpoint_url"))
            .json(&request)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth");
        let answer = sign_in.send().await.expect_status(200);
        let token = answer.json["AuthenticationResult"]["AccessToken"].as_str();
        let token = token
            .unwrap_or_else(|| panic!("{} got no token: {}", group.as_str(), answer.text))
            .to_owned();
        Self { wire: stack.wire.clone(), base: stack.facts.api_url().to_owned(), token }
    }

    /// Builds a request with the token; `path` begins with `/v1`.
    pub fn request(&self, method: &str, path: &str) -> ApiRequest {
        let request = self.wire.request(method, &format!("{}{path}", self.base));
        request.header("authorization", &format!("Bearer {}", self.token))
    }
    pub async fn get(&self, path: &str) -> ApiAnswer {
        self.request("GET", path).send().await
    }
    pub async fn post(&self, path: &str, body: &Value) -> ApiAnswer {
        self.request("POST", path).json(body).send().await
    }
    pub async fn put(&self, path: &str, version: u64, body: &Value) -> ApiAnswer {
        self.request("PUT", path)
            .header("if-match", &format!("\"{version}\""))
            .json(body)
            .send()
            .await
    }
    pub async fn patch(&self, path: &str, version: u64, body: &Value) -> ApiAnswer {
        self.request("PATCH", path)
            .header("if-match", &format!("\"{version}\""))
            .json(body)
            .send()
            .await
    }
    /// Returns all items of a list, fetched page by page.
    pub async fn list_all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let from = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(&format!("{path}{joint}limit=100{from}")).await.expect_status(200);
            items.extend(page.json["items"].as_array().expect("a list has items").iter().cloned());
            cursor = page.json["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return items;
            }
        }
    }

    /// Creates a draft and returns its id.
    pub async fn create_campaign(&self, definition: &Value) -> String {
        let created = self.post_campaign(definition).await.expect_status(201);
        created.json["id"].as_str().expect("a campaign has an id").to_owned()
    }
    pub async fn post_campaign(&self, definition: &Value) -> ApiAnswer {
        let key = uuid::Uuid::new_v4().to_string();
        self.request("POST", "/v1/campaigns")
            .json(definition)
            .header("idempotency-key", &key)
            .send()
            .await
    }
    pub async fn campaign(&self, id: &str) -> Value {
        self.get(&format!("/v1/campaigns/{id}")).await.expect_status(200).json
    }
    pub async fn launch(&self, id: &str) -> ApiAnswer {
        self.change_state(id, "launch").await
    }
    pub async fn pause(&self, id: &str) -> ApiAnswer {
        self.change_state(id, "pause").await
    }
    pub async fn resume(&self, id: &str) -> ApiAnswer {
        self.change_state(id, "resume").await
    }
    /// Cancels a campaign; `revoke` is `none`, `unaccepted` or `all`.
    pub async fn cancel(&self, id: &str, revoke: &str) -> ApiAnswer {
        self.post(&format!("/v1/campaigns/{id}/cancel"), &json!({"revoke": revoke})).await
    }
    /// Returns the records of a campaign: vouchers, held-out customers, skips and failures.
    pub async fn vouchers(&self, id: &str) -> Vec<Value> {
        self.list_all(&format!("/v1/campaigns/{id}/vouchers")).await
    }
    async fn change_state(&self, id: &str, action: &str) -> ApiAnswer {
        self.request("POST", &format!("/v1/campaigns/{id}/{action}")).send().await
    }
}
