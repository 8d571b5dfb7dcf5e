//! The age of the value that a secret has now, which Secrets Manager knows without showing it.

use domain::Timestamp;

use crate::{SecretError, Secrets, error_chain};

/// The label of the version in use.
const IN_USE: &str = "AWSCURRENT";

impl Secrets {
    /// Returns the time at which the value in use of a secret was made. It is not cached.
    pub async fn value_made_at(&self, arn: &str) -> Result<Timestamp, SecretError> {
        let client = self.client.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.config));
        let listed = client.list_secret_version_ids().secret_id(arn).send().await;
        let listed = listed.map_err(|error| SecretError::Unavailable(error_chain(&error)))?;
        let mut versions = listed.versions().iter();
        let in_use = versions.find(|it| it.version_stages().iter().any(|stage| stage == IN_USE));
        let made_at = in_use
            .and_then(|version| version.created_date())
            .and_then(|made_at| Timestamp::from_second(made_at.secs()).ok());
        made_at.ok_or(SecretError::Unusable("no version of it is in use"))
    }
}
