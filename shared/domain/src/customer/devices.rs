//! The registration of a device by the raw token that its platform gave the app, and the platform
//! applications that know what to do with it; and which endpoints this deployment may push to. Pure.
//!
//! Before it: the app backend, which passes the token on. After it: the endpoint that SNS makes of
//! the token, which becomes a push endpoint of the customer.

use serde::{Deserialize, Serialize};

use super::{
    contact::{BadContact, EndpointArn, redacted},
    profile::PushEndpoint,
};
use crate::kernel::validation::FieldError;

/// The most hexadecimal digits of an APNs token, and the most bytes of one of FCM.
const MAX_APNS_DIGITS: usize = 400;
const MAX_FCM_BYTES: usize = 4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DevicePlatform {
    /// Apple devices.
    Apns,
    /// Apple devices with a development build of the app.
    ApnsSandbox,
    /// Firebase Cloud Messaging: Android devices, and Apple ones whose app registers there.
    Fcm,
}

impl DevicePlatform {
    pub const ALL: [DevicePlatform; 3] = [Self::Apns, Self::ApnsSandbox, Self::Fcm];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apns => "apns",
            Self::ApnsSandbox => "apns_sandbox",
            Self::Fcm => "fcm",
        }
    }

    /// Returns the platform's name in the ARNs of SNS.
    fn name_in_arn(self) -> &'static str {
        match self {
            Self::Apns => "APNS",
            Self::ApnsSandbox => "APNS_SANDBOX",
            Self::Fcm => "GCM",
        }
    }
}

redacted!(
    /// The token that a platform gave the app. Whoever has it can address the device.
    DeviceToken, parse_token, "a token is 1 to 4,096 printable ASCII characters without spaces"
);

/// The body of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceRegistration {
    pub platform: DevicePlatform,
    /// The token as the platform gives it: hexadecimal digits from APNs (`<`, `>` and spaces
    /// of its printed form are not part of it), the registration token from FCM.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 4096, example = "d9f2c0a1b2c3d4e5f60718293a4b5c6d")
    )]
    pub token: DeviceToken,
}

impl DeviceRegistration {
    /// Returns the reason why no device of this platform has this token.
    pub fn token_error(&self) -> Option<&'static str> {
        let token = self.token.expose();
        match self.platform {
            DevicePlatform::Apns | DevicePlatform::ApnsSandbox => {
                let digits = token.bytes().all(|byte| byte.is_ascii_hexdigit());
                let fits = (32..=MAX_APNS_DIGITS).contains(&token.len());
                (!digits || !fits).then_some("a token of APNs is 32 to 400 hexadecimal digits")
            }
            DevicePlatform::Fcm => None,
        }
    }
}

/// The ARNs of the account's platform applications, by platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushApplications(Vec<(DevicePlatform, String)>);

impl PushApplications {
    /// Parses `fcm=arn:...:app/GCM/name,apns=arn:...`, the deployment's parameter. Empty: none.
    pub fn parse(text: &str) -> Result<Self, BadApplications> {
        let mut applications: Vec<(DevicePlatform, String)> = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, arn) =
                entry.split_once('=').ok_or_else(|| BadApplications(entry.to_owned()))?;
            let platform = DevicePlatform::ALL.into_iter().find(|it| it.as_str() == name.trim());
            let platform = platform.ok_or_else(|| BadApplications(entry.to_owned()))?;
            let kind = format!(":app/{}/", platform.name_in_arn());
            let repeated = applications.iter().any(|(known, _)| *known == platform);
            if repeated || !arn.contains(":sns:") || !arn.contains(&kind) {
                return Err(BadApplications(entry.to_owned()));
            }
            applications.push((platform, arn.trim().to_owned()));
        }
        Ok(Self(applications))
    }

    pub fn arn(&self, platform: DevicePlatform) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == platform).map(|(_, arn)| arn.as_str())
    }
}

/// The account and region whose endpoints this deployment may push to, as the beginning that their
/// ARNs have in common. No permission of a deployment reaches beyond it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointHome(Option<String>);

impl EndpointHome {
    /// Takes the deployment's setting, `arn:aws:sns:eu-west-1:111122223333:endpoint/`. Without one every
    /// endpoint is at home.
    pub fn new(prefix: Option<String>) -> Self {
        Self(prefix.filter(|prefix| !prefix.is_empty()))
    }

    pub fn has(&self, arn: &EndpointArn) -> bool {
        self.0.as_deref().is_none_or(|prefix| arn.expose().starts_with(prefix))
    }

    /// Returns an error for each of the endpoints that is not at home, with the JSON pointer of its ARN.
    /// `parent` is that of the list.
    pub fn list_errors(&self, parent: &str, endpoints: &[PushEndpoint]) -> Vec<FieldError> {
        let errors = endpoints.iter().enumerate();
        errors
            .filter_map(|(index, it)| self.arn_error(&format!("{parent}/{index}/arn"), &it.arn))
            .collect()
    }

    /// Returns the error at `pointer` if the endpoint is not at home.
    pub fn arn_error(&self, pointer: &str, arn: &EndpointArn) -> Option<FieldError> {
        let prefix = self.0.as_deref().filter(|_| !self.has(arn))?;
        let detail =
            format!("an endpoint of this deployment's account and region begins with {prefix}");
        Some(FieldError::new(pointer, "other_account", detail))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not platform=arn, with apns, apns_sandbox or fcm, each once, and the ARN of an SNS \
     platform application of that platform"
)]
pub struct BadApplications(String);

fn parse_token(text: &str) -> Option<String> {
    let fits = (1..=MAX_FCM_BYTES).contains(&text.len());
    (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FCM: &str = "arn:aws:sns:eu-west-1:111122223333:app/GCM/shop";
    const APNS: &str = "arn:aws:sns:eu-west-1:111122223333:app/APNS/shop";

    fn registration(platform: &str, token: &str) -> Result<DeviceRegistration, serde_json::Error> {
        serde_json::from_value(json!({"platform": platform, "token": token}))
    }

    #[test]
    fn a_token_is_of_its_platform() {
        let error = |platform, token: &str| registration(platform, token).unwrap().token_error();
        let digits = "0123456789abcdefABCDEF0123456789";
        for platform in ["apns", "apns_sandbox"] {
            assert_eq!(error(platform, digits), None);
            assert_eq!(error(platform, &"a".repeat(400)), None);
            for bad in ["f00d", "fcm:token-with-letters-that-are-no-digits", &"a".repeat(401)] {
                assert!(error(platform, bad).is_some(), "{bad}");
            }
        }
        assert_eq!(error("fcm", "dGhlIHRva2Vu:APA91bH-x_y"), None);
    }

    #[test]
    fn a_token_has_no_spaces_and_an_end_and_no_log_shows_it() {
        for bad in ["", "with space", "<f00d>\n", "tökén", &"a".repeat(MAX_FCM_BYTES + 1)] {
            assert!(registration("fcm", bad).is_err(), "{bad:?}");
        }
        assert!(registration("wns", "token").is_err());
        let printed = format!("{:?}", registration("fcm", "secret-token").unwrap());
        assert!(!printed.contains("secret-token"), "{printed}");
    }

    #[test]
    fn an_endpoint_of_another_account_or_region_is_not_at_home() {
        let home = EndpointHome::new(Some("arn:aws:sns:eu-west-1:111122223333:endpoint/".into()));
        let endpoint = |arn: &str| -> PushEndpoint {
            serde_json::from_value(json!({"endpoint_id": "phone", "arn": arn})).unwrap()
        };
        let ours = endpoint("arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/shop/1");
        let account = endpoint("arn:aws:sns:eu-west-1:999999999999:endpoint/GCM/shop/1");
        let region = endpoint("arn:aws:sns:eu-west-2:111122223333:endpoint/GCM/shop/1");
        let partition = endpoint("arn:aws-cn:sns:eu-west-1:111122223333:endpoint/GCM/shop/1");
        assert!(home.has(&ours.arn));
        for foreign in [&account, &region, &partition] {
            assert!(!home.has(&foreign.arn));
        }
        let errors = home.list_errors("/push_endpoints", &[ours, account, region]);
        let found: Vec<_> = errors.iter().map(|it| (it.field.as_str(), it.code)).collect();
        let expected = ["/push_endpoints/1/arn", "/push_endpoints/2/arn"];
        assert_eq!(found, expected.map(|field| (field, "other_account")));
        for none in [None, Some(String::new())] {
            assert!(EndpointHome::new(none).has(&partition.arn), "no setting, no check");
        }
    }

    #[test]
    fn applications_are_named_by_their_platform() {
        let both = PushApplications::parse(&format!("fcm={FCM}, apns={APNS}")).unwrap();
        assert_eq!(both.arn(DevicePlatform::Fcm), Some(FCM));
        assert_eq!(both.arn(DevicePlatform::Apns), Some(APNS));
        assert_eq!(both.arn(DevicePlatform::ApnsSandbox), None);
        assert_eq!(PushApplications::parse(""), Ok(PushApplications::default()));
        for bad in [
            FCM,
            &format!("wns={FCM}"),
            &format!("apns={FCM}"),
            &format!("fcm={FCM},fcm={FCM}"),
            "fcm=shop",
        ] {
            assert!(PushApplications::parse(bad).is_err(), "{bad}");
        }
    }
}
