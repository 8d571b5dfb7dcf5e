//! An HTTP client that never answers sooner than a call to AWS would. The local AWS is on the same
//! machine, and a function's bill is mostly the time it waits.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use tokio::time::Instant;

#[derive(Debug)]
pub struct SlowHttpClient {
    client: SharedHttpClient,
    at_least: Duration,
}

impl SlowHttpClient {
    pub fn new(at_least: Duration) -> Self {
        Self { client: aws_smithy_http_client::Builder::new().build_http(), at_least }
    }
}

impl HttpClient for SlowHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(SlowConnector { connector, at_least: self.at_least })
    }
}

#[derive(Debug)]
struct SlowConnector {
    connector: SharedHttpConnector,
    at_least: Duration,
}

impl HttpConnector for SlowConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, until) = (self.connector.clone(), Instant::now() + self.at_least);
        HttpConnectorFuture::new(async move {
            let answer = connector.call(request).await;
            tokio::time::sleep_until(until).await;
            answer
        })
    }
}
