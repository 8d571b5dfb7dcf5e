//! The parts of the OpenAPI document beside the routes: title, the two security schemes, the
//! problem schema. A test merges every function's router into it and compares the result with the
//! checked-in document.

use utoipa::{
    OpenApi,
    openapi::{
        self, ComponentsBuilder, InfoBuilder, OpenApiBuilder,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    problem::{FieldProblem, Problem},
    webhook,
};

/// Names of the security schemes, for `security(("jwt" = []))` on a route.
pub const JWT: &str = "jwt";
pub const WEBHOOK_SIGNATURE: &str = "webhookSignature";

#[derive(OpenApi)]
#[openapi(components(schemas(Problem, FieldProblem)))]
struct SharedSchemas;

pub fn base_document() -> openapi::OpenApi {
    let info = InfoBuilder::new()
        .title("Voucher campaigns")
        .description(Some(
            "Personal offers: delivered, accepted, redeemed. Errors are RFC 9457 problem+json with a stable `code`.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let mut jwt = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    jwt.description = Some(
        "An operator's token; the groups viewer, marketer, approver, admin say what it may do."
            .into(),
    );
    let signature = ApiKeyValue::with_description(
        webhook::SIGNATURE,
        "Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.payload`, with the headers webhook-key-id, webhook-id and webhook-timestamp. The payload is the method, a space, the path with its query, a line feed and the body.",
    );
    let components = ComponentsBuilder::new()
        .security_scheme(JWT, SecurityScheme::Http(jwt))
        .security_scheme(WEBHOOK_SIGNATURE, SecurityScheme::ApiKey(ApiKey::Header(signature)))
        .build();
    let mut document = OpenApiBuilder::new().info(info).components(Some(components)).build();
    document.merge(SharedSchemas::openapi());
    document
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_base_names_the_schemes_and_the_problem() {
        let document = serde_json::to_value(super::base_document()).unwrap();
        assert_eq!(document["info"]["title"], "Voucher campaigns");
        assert!(document["components"]["schemas"]["Problem"]["properties"]["code"].is_object());
        assert_eq!(
            document["components"]["securitySchemes"]["webhookSignature"]["name"],
            "webhook-signature"
        );
    }
}
