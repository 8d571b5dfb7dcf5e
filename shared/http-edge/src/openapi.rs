//! The parts of the OpenAPI document beside the routes: title, the two security schemes, the
//! problem schema; and the answers of the edge and of the gateway, which are added to every operation
//! once all are there. A test merges every function's router and compares the result with the
//! checked-in document.

mod responses;
mod schemas;

use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        self, ComponentsBuilder, InfoBuilder, OpenApiBuilder,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    problem::{FieldProblem, Problem},
    webhook,
};

pub(crate) use responses::REFUSED;

/// Names of the security schemes, for `security(("jwt" = []))` on a route.
pub const JWT: &str = "jwt";
pub const WEBHOOK_SIGNATURE: &str = "webhookSignature";

#[derive(OpenApi)]
#[openapi(components(schemas(Problem, FieldProblem, GatewayFailure)))]
struct SharedSchemas;

/// The body with which the gateway answers where it does so itself.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the JSON schema of what the gateway sends")]
pub(crate) struct GatewayFailure {
    /// A sentence for people; it may change.
    message: String,
}

/// Returns the document of all these routes.
pub fn build_document(routes: impl IntoIterator<Item = openapi::OpenApi>) -> openapi::OpenApi {
    let mut document = base_document();
    for part in routes {
        document.merge(part);
    }
    responses::complete_responses(&mut document);
    schemas::correct_schemas(&mut document);
    document
}

fn base_document() -> openapi::OpenApi {
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
