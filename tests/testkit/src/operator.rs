//! Builds the context of an operator's request as the gateway passes it on, with the claims of the
//! operator's token already verified.

use lambda_http::{
    aws_lambda_events::apigw::{
        ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription,
        ApiGatewayV2httpRequestContext,
    },
    request::RequestContext,
};

/// Builds the request context of a signed-in operator. `groups` is written as Cognito writes it:
/// `[viewer]`, `[marketer approver]`.
pub fn signed_in_context(subject: &str, name: Option<&str>, groups: &str) -> RequestContext {
    let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
    jwt.claims.insert("sub".into(), subject.into());
    jwt.claims.insert("cognito:groups".into(), groups.into());
    if let Some(name) = name {
        jwt.claims.insert("cognito:username".into(), name.into());
    }
    let mut authorizer = ApiGatewayRequestAuthorizer::default();
    authorizer.jwt = Some(jwt);
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.authorizer = Some(authorizer);
    RequestContext::ApiGatewayV2(context)
}
