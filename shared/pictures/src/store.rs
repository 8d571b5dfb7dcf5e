//! The pictures' bucket, and the only code that speaks S3. Writes each picture under the name of its
//! content, once. After it: CloudFront, which serves the bucket, and the programs that show pictures.
//!
//! Guarantee: a stored picture is never written over, and it is served with the content type that
//! was found in its bytes.

use std::sync::OnceLock;

use aws_sdk_s3::{
    Client, config,
    error::{ProvideErrorMetadata, SdkError},
    operation::put_object::PutObjectError,
    primitives::ByteStream,
};
use aws_smithy_types::error::display::DisplayErrorContext;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::picture::Picture;

/// The age for which caches may keep a picture: a year, which is as long as caches keep anything.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";
/// The codes with which S3 answers that there is such an object already.
const THERE_ALREADY: &str = "PreconditionFailed";
/// The code with which S3 answers while another request writes the same object.
const CONFLICT: &str = "ConditionalRequestConflict";
const SERVER_FAULTS: u16 = 500;

/// The bucket did not take a picture.
#[derive(Debug, thiserror::Error)]
#[error("the bucket of pictures did not answer as expected: {reason}")]
pub struct PictureStoreError {
    reason: String,
    retryable: bool,
}

impl PictureStoreError {
    /// Returns true if the same call may succeed later.
    pub fn retryable(&self) -> bool {
        self.retryable
    }
}

/// Tells a picture that is new from one that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepResult {
    First,
    Repeat,
}

/// The bucket that holds pictures, and the address at which the world reads them.
pub struct PictureStore {
    config: aws_types::SdkConfig,
    // Created at first use: a client costs a fifth of a function's start-up, and few requests are
    // uploads.
    client: OnceLock<Client>,
    bucket: String,
    /// The address in front of keys, without a slash at its end.
    base: String,
}

impl PictureStore {
    /// Takes the bucket's name and the address at which its content is served.
    pub fn new(config: &aws_types::SdkConfig, bucket: impl Into<String>, base: &str) -> Self {
        Self {
            config: config.clone(),
            client: OnceLock::new(),
            bucket: bucket.into(),
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    /// Returns the address of a picture.
    pub fn url(&self, picture: &Picture) -> String {
        format!("{}/{}", self.base, picture.key())
    }

    /// Stores the picture unless it is there already.
    pub async fn keep(&self, picture: &Picture) -> Result<KeepResult, PictureStoreError> {
        let put = self.client().put_object().bucket(&self.bucket).key(picture.key());
        let put = put
            .if_none_match("*")
            .content_type(picture.format.content_type())
            .cache_control(CACHE_CONTROL)
            .checksum_sha256(STANDARD.encode(picture.digest))
            .body(ByteStream::from(picture.bytes.clone()));
        match put.send().await {
            Ok(_) => Ok(KeepResult::First),
            Err(error) if error.code() == Some(THERE_ALREADY) => Ok(KeepResult::Repeat),
            Err(error) => Err(to_store_error(&error)),
        }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            // An endpoint of one's own has no host name for each bucket.
            let own_endpoint = self.config.endpoint_url().map(|_| true);
            let mut builder = config::Builder::from(&self.config);
            builder.set_force_path_style(own_endpoint);
            Client::from_conf(builder.build())
        })
    }
}

fn to_store_error(error: &SdkError<PutObjectError>) -> PictureStoreError {
    let is_server_fault =
        error.raw_response().is_none_or(|response| response.status().as_u16() >= SERVER_FAULTS);
    PictureStoreError {
        reason: DisplayErrorContext(error).to_string(),
        retryable: is_server_fault || error.code() == Some(CONFLICT),
    }
}
