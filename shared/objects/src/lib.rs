//! The files of imports in S3: reads an object piece by piece, always the same version of it, and
//! writes small ones.
//!
//! Guarantees: a piece comes from the version that was asked for, or not at all; what lies in memory is
//! no more than the piece.

use aws_sdk_s3::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
};

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The object was replaced or deleted since it was first looked at.
    #[error("the object is another one now")]
    Replaced,
    #[error("S3: {0}")]
    Failed(String),
}

/// The version and the size of an object, known before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The version of its content.
    pub etag: String,
    pub bytes: u64,
}

/// The objects of one bucket.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    client: Client,
    bucket: String,
}

impl ObjectStore {
    pub fn new(config: &aws_types::SdkConfig, bucket: impl Into<String>) -> Self {
        // A bucket's name in the path instead of in the host: one host for every bucket, which a
        // local AWS needs.
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket: bucket.into() }
    }

    /// Returns an object's version and size, or `None` if there is none.
    pub async fn info(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectError> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(found) => Ok(Some(ObjectInfo {
                etag: found.e_tag().unwrap_or_default().to_owned(),
                bytes: found.content_length().and_then(|it| u64::try_from(it).ok()).unwrap_or(0),
            })),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Returns at most `length` bytes of one version of an object from a place on.
    pub async fn read_piece(
        &self,
        key: &str,
        version: &ObjectInfo,
        from: u64,
        length: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        let end = from.saturating_add(length).min(version.bytes);
        if from >= end {
            return Ok(Vec::new());
        }
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request.if_match(&version.etag).range(format!("bytes={from}-{}", end - 1));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if matches!(status(&error), Some(404 | 412 | 416)) => {
                return Err(ObjectError::Replaced);
            }
            Err(error) => return Err(failed(error)),
        };
        let body = answer.body.collect().await;
        let body = body.map_err(|error| ObjectError::Failed(error.to_string()))?;
        Ok(body.to_vec())
    }

    /// Writes a small object; one of this name is replaced.
    pub async fn put(&self, key: &str, body: Vec<u8>, kind: &str) -> Result<(), ObjectError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(kind);
        request.body(ByteStream::from(body)).send().await.map_err(failed)?;
        Ok(())
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

fn failed<E>(error: SdkError<E>) -> ObjectError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    ObjectError::Failed(DisplayErrorContext(&error).to_string())
}
