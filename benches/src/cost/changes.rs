//! Reads the changes of the vouchers from the local AWS's stream. Its API is called by hand,
//! because the project has no other use for its SDK.

use anyhow::{Context, ensure};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

/// The most records of one read.
const PAGE: u64 = 1_000;

pub struct VoucherStream {
    endpoint: String,
    arn: String,
    http: Client<HttpConnector, Full<axum::body::Bytes>>,
}

impl VoucherStream {
    /// Enables the stream of `table`.
    pub async fn enable(
        dynamodb: &aws_sdk_dynamodb::Client,
        table: &str,
        endpoint: String,
    ) -> anyhow::Result<Self> {
        let both = aws_sdk_dynamodb::types::StreamViewType::NewAndOldImages;
        let wanted = aws_sdk_dynamodb::types::StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(both)
            .build()?;
        dynamodb.update_table().table_name(table).stream_specification(wanted).send().await?;
        let described = dynamodb.describe_table().table_name(table).send().await?;
        let arn = described
            .table
            .and_then(|table| table.latest_stream_arn)
            .context("the table has no stream")?;
        Ok(Self { endpoint, arn, http: Client::builder(TokioExecutor::new()).build_http() })
    }

    /// Returns all records so far, in order, as a function gets them.
    pub async fn records(&self) -> anyhow::Result<Vec<Value>> {
        let described = self.call_streams("DescribeStream", json!({"StreamArn": self.arn})).await?;
        let shards = described.pointer("/StreamDescription/Shards").and_then(Value::as_array);
        let mut records = Vec::new();
        for shard in shards.into_iter().flatten() {
            let from = json!({"StreamArn": self.arn, "ShardId": shard.get("ShardId"), "ShardIteratorType": "TRIM_HORIZON"});
            let mut iterator =
                self.call_streams("GetShardIterator", from).await?.get("ShardIterator").cloned();
            while let Some(at) = iterator.filter(|it| !it.is_null()) {
                let page = self
                    .call_streams("GetRecords", json!({"ShardIterator": at, "Limit": PAGE}))
                    .await?;
                let found =
                    page.get("Records").and_then(Value::as_array).cloned().unwrap_or_default();
                if found.is_empty() {
                    break;
                }
                records.extend(found);
                iterator = page.get("NextShardIterator").cloned();
            }
        }
        Ok(records)
    }

    async fn call_streams(&self, operation: &str, body: Value) -> anyhow::Result<Value> {
        // the local AWS knows the caller `test` and does not check its signature
        let scope = "Credential=test/20260101/us-east-1/dynamodb/aws4_request";
        let request = Request::post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
            )
            .body(Full::from(body.to_string()))?;
        let answer = self.http.request(request).await?;
        let (status, body) = (answer.status(), answer.into_body().collect().await?.to_bytes());
        ensure!(
            status == 200,
            "{operation} was answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(serde_json::from_slice(&body)?)
    }
}
