//! Registers devices with SNS: makes an endpoint of a raw token, or finds the one that there is.
//!
//! Guarantees: the endpoint that is returned has this token and takes messages; a repeat returns the
//! same one; a refusal says whether the token or the deployment is at fault. Calls are repeated by
//! the SDK, since a second registration of a token is none.

use aws_sdk_sns::{
    error::{ProvideErrorMetadata, SdkError},
    operation::create_platform_endpoint::CreatePlatformEndpointError,
};
use domain::customer::{
    contact::EndpointArn,
    devices::{DeviceRegistration, PushApplications},
};

#[derive(Debug, Clone)]
pub struct DeviceRegistrar {
    client: aws_sdk_sns::Client,
    applications: PushApplications,
}

/// The reason why a device was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationFailure {
    /// The deployment names no application for the platform.
    #[error("no platform application for {0}")]
    NoApplication(&'static str),
    /// SNS does not take the token.
    #[error("SNS refuses the token")]
    BadToken,
    /// The application, the permission or the answer of SNS is at fault. Another try may succeed
    /// once somebody has looked.
    #[error("SNS registered no device: {0}")]
    Provider(String),
}

impl DeviceRegistrar {
    pub fn new(config: &aws_types::SdkConfig, applications: PushApplications) -> Self {
        Self { client: aws_sdk_sns::Client::new(config), applications }
    }

    /// Returns the endpoint of the token, which takes messages from now on.
    pub async fn register(
        &self,
        device: &DeviceRegistration,
    ) -> Result<EndpointArn, RegistrationFailure> {
        let application = self
            .applications
            .arn(device.platform)
            .ok_or(RegistrationFailure::NoApplication(device.platform.as_str()))?;
        let token = device.token.expose();
        let request = self.client.create_platform_endpoint();
        let created = request.platform_application_arn(application).token(token).send().await;
        let arn = match created {
            Ok(created) => created.endpoint_arn,
            Err(error) => match known_endpoint(&error) {
                Some(arn) => Some(arn),
                None => return Err(classify_failure(&error)),
            },
        };
        let arn = arn.as_deref().map(EndpointArn::parse);
        let Some(Ok(arn)) = arn else {
            return Err(RegistrationFailure::Provider("the answer has no endpoint".to_owned()));
        };
        self.enable(&arn, token).await?;
        Ok(arn)
    }

    /// Enables the endpoint with this token: one that was found dead stays disabled when its token
    /// is registered again.
    async fn enable(&self, arn: &EndpointArn, token: &str) -> Result<(), RegistrationFailure> {
        let request = self.client.set_endpoint_attributes().endpoint_arn(arn.expose());
        let request = request.attributes("Enabled", "true").attributes("Token", token);
        request.send().await.map(|_| ()).map_err(|error| {
            RegistrationFailure::Provider(error.code().unwrap_or("no answer").to_owned())
        })
    }
}

/// Returns the endpoint that has the token already, with other attributes. SNS names it in the text
/// of its refusal and nowhere else.
fn known_endpoint(error: &SdkError<CreatePlatformEndpointError>) -> Option<String> {
    let text = error.as_service_error()?.message()?;
    if !text.contains("already exists with the same Token") {
        return None;
    }
    text.split_whitespace().find(|word| word.starts_with("arn:")).map(str::to_owned)
}

fn classify_failure(error: &SdkError<CreatePlatformEndpointError>) -> RegistrationFailure {
    let code = error.code().unwrap_or("no answer");
    let text = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    match code {
        "InvalidParameter" | "InvalidParameterException" if text.contains("Token") => {
            RegistrationFailure::BadToken
        }
        _ => RegistrationFailure::Provider(code.to_owned()),
    }
}
