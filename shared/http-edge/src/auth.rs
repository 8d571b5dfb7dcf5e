//! Identifies the operator from the claims that the gateway's JWT authorizer has verified and put
//! into the request context. The authorizer checks issuer, audience and expiry but not groups, so
//! each
//! handler requires its role itself.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use http::request::Parts;
use lambda_http::request::RequestContext;

use crate::problem::Problem;

/// Groups of the user pool, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorRole {
    /// Reads campaigns and reports.
    Viewer,
    /// Creates and runs campaigns.
    Marketer,
    /// Issues, extends and re-issues single vouchers, within the tenant's limits.
    Support,
    /// Approves campaigns whose caps exceed a threshold.
    Approver,
    /// Holds all permissions.
    Admin,
}

impl OperatorRole {
    pub const ALL: [OperatorRole; 5] = [
        OperatorRole::Viewer,
        OperatorRole::Support,
        OperatorRole::Marketer,
        OperatorRole::Approver,
        OperatorRole::Admin,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            OperatorRole::Viewer => "viewer",
            OperatorRole::Support => "support",
            OperatorRole::Marketer => "marketer",
            OperatorRole::Approver => "approver",
            OperatorRole::Admin => "admin",
        }
    }
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
    /// Returns true if holding `self` is enough for a handler that requires `wanted`.
    fn implies(self, wanted: OperatorRole) -> bool {
        match self {
            OperatorRole::Admin => true,
            OperatorRole::Marketer => match wanted {
                OperatorRole::Marketer | OperatorRole::Support | OperatorRole::Viewer => true,
                OperatorRole::Approver | OperatorRole::Admin => false,
            },
            OperatorRole::Approver | OperatorRole::Support => {
                wanted == self || wanted == OperatorRole::Viewer
            }
            OperatorRole::Viewer => wanted == OperatorRole::Viewer,
        }
    }
}

/// The signed-in operator. As an extractor it answers 401 if the request has no verified claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The `sub` claim. It is stable and goes into the audit log.
    pub subject: String,
    /// The display name, if the token has one.
    pub name: Option<String>,
    /// The operator's roles. Groups that are not roles are left out.
    pub groups: BTreeSet<OperatorRole>,
}

impl Operator {
    /// Refuses with 403 unless one of the operator's groups is `wanted` or implies it.
    pub fn require_role(&self, wanted: OperatorRole) -> Result<(), Problem> {
        if self.groups.iter().any(|role| role.implies(wanted)) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// Formats the operator for the audit: a readable name, and the subject, which never changes.
    pub fn actor(&self) -> String {
        match &self.name {
            Some(name) if *name != self.subject => format!("{name} ({})", self.subject),
            Some(_) | None => self.subject.clone(),
        }
    }

    fn from_claims(claim: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let subject = claim("sub")
            .filter(|sub| !sub.is_empty())
            .ok_or_else(|| Problem::unauthorized("token_missing"))?;
        let name = ["name", "cognito:username", "username"].into_iter().find_map(&claim);
        let groups = claim("cognito:groups").or_else(|| claim("groups")).unwrap_or_default();
        Ok(Self { subject, name, groups: parse_roles(&groups) })
    }
}

/// Parses the groups claim. The gateway flattens the array of groups to `[a b]`; other issuers and
/// gateways send a JSON array or a comma-separated list.
fn parse_roles(text: &str) -> BTreeSet<OperatorRole> {
    text.split([' ', ',', '[', ']', '"']).filter_map(OperatorRole::parse).collect()
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let jwt = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.authorizer.as_ref().and_then(|it| it.jwt.as_ref())
            }
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
        for form in
            ["[marketer viewer]", r#"["marketer","viewer"]"#, "marketer,viewer", "marketer, viewer"]
        {
            assert_eq!(
                operator(form).groups,
                BTreeSet::from([OperatorRole::Viewer, OperatorRole::Marketer]),
                "{form}"
            );
        }
        assert_eq!(operator("[superadmin admins marketer2]").groups, BTreeSet::new());
    }

    #[test]
    fn admin_may_everything_and_nobody_else_what_is_not_theirs() {
        for (groups, may) in [
            ("[viewer]", &[OperatorRole::Viewer][..]),
            ("[support]", &[OperatorRole::Viewer, OperatorRole::Support]),
            ("[marketer]", &[OperatorRole::Viewer, OperatorRole::Support, OperatorRole::Marketer]),
            ("[approver]", &[OperatorRole::Viewer, OperatorRole::Approver]),
            ("[admin]", &OperatorRole::ALL),
            ("", &[]),
        ] {
            for role in OperatorRole::ALL {
                assert_eq!(
                    operator(groups).require_role(role).is_ok(),
                    may.contains(&role),
                    "{groups} {role:?}"
                );
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
            ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription,
            ApiGatewayV2httpRequestContext,
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
        assert!(operator.require_role(OperatorRole::Approver).is_ok());
    }
}
