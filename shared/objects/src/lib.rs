//! The files of imports and exports in S3: reads an object piece by piece, always the same version
//! of it, writes small ones, deletes a folder, and signs addresses by which a browser uploads or
//! downloads one.
//!
//! Guarantees: a piece comes from the version that was asked for, or not at all; what lies in
//! memory is no more than the piece; a signed address is good for one object, one method and a
//! limited time, and one for an upload for a single length.

use std::time::Duration;

use aws_sdk_s3::{
    Client,
    config::RequestChecksumCalculation,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    presigning::{PresignedRequest, PresigningConfig},
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

/// An address by which whoever has it may do one thing with one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAddress {
    pub url: String,
    /// The headers that the request needs beside those that every client sends by itself.
    pub headers: Vec<(String, String)>,
}

impl SignedAddress {
    fn new(request: &PresignedRequest) -> Self {
        let own = request.headers().filter(|(name, _)| !is_set_by_clients(name));
        let headers = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { url: request.uri().to_owned(), headers: headers.collect() }
    }
}

/// Returns true for a header that a browser sets and lets no page set.
fn is_set_by_clients(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("host")
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
        // local AWS needs. On AWS the host names the bucket, so that a page may be let upload to it
        // and to no other. Checksums of a body that is not there yet would be wrong.
        let is_local = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(is_local)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
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

    /// Signs an upload of exactly so many bytes.
    pub async fn sign_upload(
        &self,
        key: &str,
        bytes: u64,
        lasts: Duration,
    ) -> Result<SignedAddress, ObjectError> {
        let length = i64::try_from(bytes).unwrap_or(i64::MAX);
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_length(length);
        let signed = request.presigned(presigning(lasts)?).await.map_err(failed)?;
        Ok(SignedAddress::new(&signed))
    }

    /// Signs a download under a file name of letters, digits, dots and dashes.
    pub async fn sign_download(
        &self,
        key: &str,
        file_name: &str,
        lasts: Duration,
    ) -> Result<SignedAddress, ObjectError> {
        let disposition = format!("attachment; filename=\"{file_name}\"");
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request.response_content_disposition(disposition);
        let signed = request.presigned(presigning(lasts)?).await.map_err(failed)?;
        Ok(SignedAddress::new(&signed))
    }

    /// Writes a small object; one of this name is replaced.
    pub async fn put(&self, key: &str, body: Vec<u8>, kind: &str) -> Result<(), ObjectError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(kind);
        request.body(ByteStream::from(body)).send().await.map_err(failed)?;
        Ok(())
    }

    /// Deletes all objects of a folder, whose name ends with a slash.
    pub async fn delete_folder(&self, folder: &str) -> Result<(), ObjectError> {
        loop {
            let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(folder);
            let page = list.send().await.map_err(failed)?;
            for key in page.contents().iter().filter_map(|object| object.key()) {
                let delete = self.client.delete_object().bucket(&self.bucket).key(key);
                delete.send().await.map_err(failed)?;
            }
            if page.contents().is_empty() || page.is_truncated() != Some(true) {
                return Ok(());
            }
        }
    }
}

fn presigning(lasts: Duration) -> Result<PresigningConfig, ObjectError> {
    PresigningConfig::expires_in(lasts).map_err(|error| ObjectError::Failed(error.to_string()))
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

#[cfg(test)]
mod tests {
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_types::{SdkConfig, region::Region};

    use super::*;

    fn store(endpoint: Option<&str>) -> ObjectStore {
        let keys = Credentials::new("AKID", "secret", Some("session".to_owned()), None, "test");
        let mut config = SdkConfig::builder();
        config.set_behavior_version(Some(aws_sdk_s3::config::BehaviorVersion::latest()));
        config.set_region(Some(Region::new("eu-west-1")));
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(keys)));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        ObjectStore::new(&config.build(), "imports")
    }

    #[tokio::test]
    async fn an_upload_is_signed_for_one_object_one_length_and_one_hour() {
        let lasts = Duration::from_secs(3600);
        let signed = store(None).sign_upload("uploads/imp_1", 12_345, lasts).await.unwrap();
        let (address, query) = signed.url.split_once('?').unwrap();
        assert_eq!(address, "https://imports.s3.eu-west-1.amazonaws.com/uploads/imp_1");
        assert!(query.contains("X-Amz-Expires=3600"), "{query}");
        let signs = |name: &str| {
            let headers = query.split('&').find(|it| it.starts_with("X-Amz-SignedHeaders="));
            headers.is_some_and(|it| {
                it.split(['=', ';']).flat_map(|it| it.split("%3B")).any(|it| it == name)
            })
        };
        assert!(signs("content-length") && signs("host"), "{query}");
        assert!(!query.contains("checksum"), "{query}");
        // what else is signed has to be sent, so that it is told
        for (name, _) in &signed.headers {
            assert!(signs(name), "{name}: {query}");
        }
        let local = store(Some("http://127.0.0.1:4566"));
        let signed = local.sign_upload("uploads/imp_1", 1, lasts).await.unwrap();
        assert!(signed.url.starts_with("http://127.0.0.1:4566/imports/uploads/imp_1?"));
    }

    #[tokio::test]
    async fn a_download_is_saved_under_its_name() {
        let lasts = Duration::from_secs(60);
        let objects = store(None);
        let signed = objects.sign_download("refused/imp_1/run-0001.csv", "refused.csv", lasts);
        let signed = signed.await.unwrap();
        assert!(signed.url.contains("response-content-disposition=attachment%3B"), "{signed:?}");
        assert_eq!(signed.headers, []);
    }
}
