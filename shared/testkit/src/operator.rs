//! A request of an operator as the gateway hands it over, with the claims of their token already checked.

use lambda_http::{
    aws_lambda_events::apigw::{
        ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequestContext,
    },
    request::RequestContext,
};

/// `groups` as Cognito writes them: `[viewer]`, `[marketer approver]`.
pub fn signed_in(subject: &str, name: Option<&str>, groups: &str) -> RequestContext {
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
