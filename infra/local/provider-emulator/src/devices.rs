//! Emulates the registration of devices with SNS: an endpoint is made of a token, or found again.
//!
//! The upstream makes endpoints too, but under addresses that no message of SNS goes to. Guarantees:
//! a token has one endpoint per application; an application whose name ends in `off` is disabled,
//! one that ends in `missing` does not exist, and a token that begins with `bad` is none.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;

use crate::sns::{FormFields, error_response, xml_response};
use crate::{ProviderEmulator, lock};

/// The most hexadecimal digits of a token of APNs.
const MAX_APNS_DIGITS: usize = 400;

impl ProviderEmulator {
    /// Answers what belongs to registrations; `None` leaves the request to the upstream.
    pub fn answer_registration(&self, fields: &FormFields) -> Option<Response> {
        match fields.get("Action")? {
            "CreatePlatformEndpoint" => Some(self.create_endpoint(fields)),
            "SetEndpointAttributes" => {
                let arn = fields.get("EndpointArn")?;
                let is_registered = lock(&self.devices).values().any(|known| known == arn);
                is_registered.then(|| success("SetEndpointAttributes", ""))
            }
            _ => None,
        }
    }

    fn create_endpoint(&self, fields: &FormFields) -> Response {
        let application = fields.get("PlatformApplicationArn").unwrap_or_default();
        let token = fields.get("Token").unwrap_or_default();
        let bad = StatusCode::BAD_REQUEST;
        let Some((account, platform, name)) = parse_application(application) else {
            let message = "Invalid parameter: PlatformApplicationArn Reason: no application";
            return error_response(bad, "InvalidParameter", message);
        };
        if name.ends_with("missing") {
            let message = "PlatformApplication does not exist";
            return error_response(StatusCode::NOT_FOUND, "NotFound", message);
        }
        if name.ends_with("off") {
            let message = "Platform application is disabled";
            return error_response(bad, "PlatformApplicationDisabled", message);
        }
        if let Some(reason) = token_error(platform, token) {
            let message = format!("Invalid parameter: Token Reason: {reason}");
            return error_response(bad, "InvalidParameter", &message);
        }
        let key = (application.to_owned(), token.to_owned());
        let arn = lock(&self.devices)
            .entry(key)
            .or_insert_with(|| format!("{account}:endpoint/{platform}/{name}/{}", Uuid::now_v7()))
            .clone();
        success("CreatePlatformEndpoint", &format!("<EndpointArn>{arn}</EndpointArn>"))
    }
}

/// Splits `arn:aws:sns:REGION:ACCOUNT:app/PLATFORM/NAME` into the part before the resource, the
/// platform and the name.
fn parse_application(arn: &str) -> Option<(&str, &str, &str)> {
    let (account, resource) = arn.split_once(":app/")?;
    let (platform, name) = resource.split_once('/')?;
    (account.starts_with("arn:") && !name.is_empty()).then_some((account, platform, name))
}

fn token_error(platform: &str, token: &str) -> Option<&'static str> {
    if token.is_empty() {
        return Some("a device token is required");
    }
    if token.starts_with("bad") {
        return Some("device token is not valid");
    }
    let is_apple = platform.starts_with("APNS");
    let digits = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_apple && (!digits || token.len() > MAX_APNS_DIGITS))
        .then_some("iOS device tokens must be no more than 400 hexadecimal characters")
}

fn success(action: &str, result: &str) -> Response {
    let request = Uuid::now_v7();
    xml_response(
        StatusCode::OK,
        format!(
            "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <{action}Result>{result}</{action}Result>\
             <ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata></{action}Response>"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_read_from_its_arn() {
        let arn = "arn:aws:sns:eu-west-1:000000000000:app/GCM/shop";
        let read = parse_application(arn);
        assert_eq!(read, Some(("arn:aws:sns:eu-west-1:000000000000", "GCM", "shop")));
        for bad in
            ["", "arn:aws:sns:eu-west-1:000000000000:topic", "x:app/GCM/shop", "arn:app/GCM/"]
        {
            assert_eq!(parse_application(bad), None, "{bad}");
        }
    }

    #[test]
    fn tokens_are_judged_as_sns_does() {
        assert_eq!(token_error("GCM", "any:token_of-FCM"), None);
        assert_eq!(token_error("APNS", "a1b2"), None);
        for (platform, bad) in [("GCM", ""), ("GCM", "bad-one"), ("APNS_SANDBOX", "no-digits")] {
            assert!(token_error(platform, bad).is_some(), "{bad}");
        }
    }
}
