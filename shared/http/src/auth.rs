//! Who the operator is: the claims that the gateway's JWT authorizer has already verified, in the request's context.
//! The authorizer checks issuer, audience and expiry but not groups: each handler asks for its role.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use http::request::Parts;
use lambda_http::request::RequestContext;

use crate::problem::Problem;

/// Groups of the user pool, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads campaigns and reports.
    Viewer,
    /// Makes and runs campaigns.
    Marketer,
    /// Approves what passes a limit.
    Approver,
    /// May do all of it.
    Admin,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Marketer, Role::Approver, Role::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Marketer => "marketer",
            Role::Approver => "approver",
            Role::Admin => "admin",
        }
    }
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
    /// Whether holding `self` is enough where `wanted` is asked for.
    fn implies(self, wanted: Role) -> bool {
        match self {
            Role::Admin => true,
            Role::Marketer | Role::Approver => wanted == self || wanted == Role::Viewer,
            Role::Viewer => wanted == Role::Viewer,
        }
    }
}

/// An extractor: 401 without verified claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// `sub`: stable, for the audit log.
    pub subject: String,
    /// The name to show, if the token has one.
    pub name: Option<String>,
    /// Groups that are not roles are left out.
    pub groups: BTreeSet<Role>,
}

impl Operator {
    /// 403 unless one of the groups is, or implies, `wanted`.
    pub fn require(&self, wanted: Role) -> Result<(), Problem> {
        if self.groups.iter().any(|role| role.implies(wanted)) { Ok(()) } else { Err(Problem::forbidden()) }
    }

    fn from_claims(claim: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let subject =
            claim("sub").filter(|sub| !sub.is_empty()).ok_or_else(|| Problem::unauthorized("token_missing"))?;
        let name = ["name", "cognito:username", "username"].into_iter().find_map(&claim);
        let groups = claim("cognito:groups").or_else(|| claim("groups")).unwrap_or_default();
        Ok(Self { subject, name, groups: roles(&groups) })
    }
}

/// The gateway flattens the array of groups to `[a b]`; other issuers and gateways give a JSON array or a list with commas.
fn roles(text: &str) -> BTreeSet<Role> {
    text.split([' ', ',', '[', ']', '"']).filter_map(Role::parse).collect()
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let jwt = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.authorizer.as_ref().and_then(|it| it.jwt.as_ref()),
            _ => None,
        };
        let jwt = jwt.ok_or_else(|| Problem::unauthorized("token_missing"))?;
        Self::from_claims(|name| jwt.claims.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(groups: &str) -> Operator {
        let groups = groups.to_owned();
        Operator::from_claims(|name| match name {
            "sub" => Some("s-1".into()),
            "cognito:groups" => Some(groups.clone()),
            _ => None,
        })
        .unwrap()
    }

    #[test]
    fn groups_are_read_in_every_form_they_come_in() {
        for form in ["[marketer viewer]", r#"["marketer","viewer"]"#, "marketer,viewer", "marketer, viewer"] {
            assert_eq!(operator(form).groups, BTreeSet::from([Role::Viewer, Role::Marketer]), "{form}");
        }
        assert_eq!(operator("[superadmin admins marketer2]").groups, BTreeSet::new());
    }

    #[test]
    fn admin_may_everything_and_nobody_else_what_is_not_theirs() {
        for (groups, may) in [
            ("[viewer]", &[Role::Viewer][..]),
            ("[marketer]", &[Role::Viewer, Role::Marketer]),
            ("[approver]", &[Role::Viewer, Role::Approver]),
            ("[admin]", &Role::ALL),
            ("", &[]),
        ] {
            for role in Role::ALL {
                assert_eq!(operator(groups).require(role).is_ok(), may.contains(&role), "{groups} {role:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_request_without_verified_claims_is_nobody() {
        let (mut parts, ()) = http::Request::builder().body(()).unwrap().into_parts();
        let refused = Operator::from_request_parts(&mut parts, &()).await.unwrap_err();
        assert_eq!(refused.status().as_u16(), 401);
    }

    #[tokio::test]
    async fn the_claims_come_from_the_gateways_context() {
        use lambda_http::aws_lambda_events::apigw::{
            ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequestContext,
        };
        let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
        jwt.claims.insert("sub".into(), "s-1".into());
        jwt.claims.insert("cognito:groups".into(), "[admin]".into());
        jwt.claims.insert("cognito:username".into(), "ada".into());
        let mut authorizer = ApiGatewayRequestAuthorizer::default();
        authorizer.jwt = Some(jwt);
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.authorizer = Some(authorizer);
        let request = http::Request::builder().extension(RequestContext::ApiGatewayV2(context));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let operator = Operator::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!((operator.subject.as_str(), operator.name.as_deref()), ("s-1", Some("ada")));
        assert!(operator.require(Role::Approver).is_ok());
    }
}
