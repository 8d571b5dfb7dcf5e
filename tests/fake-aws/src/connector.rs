//! Implements the HTTP client that the SDK is given: asks the gate, carries out its verdict, and
//! answers. A call is performed in one step under the lock, so concurrent calls run one after the
//! other, in the order in which the gate releases them.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

use crate::{
    FakeAws,
    call::CallVerdict,
    dynamodb, messaging,
    request::{AwsRequest, AwsService},
    response::{self, AwsResponse},
};

impl HttpClient for FakeAws {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let memory = self.clone();
        HttpConnectorFuture::new(async move { memory.handle_request(&request).await })
    }
}

impl FakeAws {
    async fn handle_request(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let unknown =
            |what| ConnectorError::user(format!("not known to the AWS in memory: {what}").into());
        let request = AwsRequest::parse(request).map_err(unknown)?;
        let verdict = match &self.gate {
            None => CallVerdict::Proceed,
            Some(gate) => gate(request.call()).await,
        };
        let answer = match verdict {
            CallVerdict::Proceed => self.perform_request(&request),
            CallVerdict::LoseAnswer => {
                self.perform_request(&request);
                return Err(ConnectorError::io("the answer was lost".into()));
            }
            CallVerdict::LoseRequest => {
                return Err(ConnectorError::io("the request was lost".into()));
            }
            CallVerdict::Hang => {
                self.perform_request(&request);
                return std::future::pending().await;
            }
            CallVerdict::Throttle => response::throttled_response(request.service),
            CallVerdict::Conflict if request.operation == "TransactWriteItems" => {
                response::transaction_conflict(&request)
            }
            CallVerdict::Reject if request.call().sends_message() => {
                response::rejected_response(&request)
            }
            CallVerdict::SenderFault if request.call().sends_message() => {
                response::sender_fault_response(&request)
            }
            CallVerdict::QuotaUsedUp
                if matches!(request.service, AwsService::Ses | AwsService::EndUserMessaging) =>
            {
                response::quota_response(request.service)
            }
            CallVerdict::Conflict
            | CallVerdict::Reject
            | CallVerdict::SenderFault
            | CallVerdict::QuotaUsedUp => response::throttled_response(request.service),
            CallVerdict::ServerError => response::server_error_response(request.service),
        };
        answer.into_response()
    }

    fn perform_request(&self, request: &AwsRequest) -> AwsResponse {
        let mut state = self.state();
        match request.service {
            AwsService::DynamoDb => {
                match dynamodb::perform_operation(&mut state, &request.operation, &request.input) {
                    Ok(output) => AwsResponse::json(&output),
                    Err(fault) => response::dynamodb_refusal(fault),
                }
            }
            AwsService::Sqs => messaging::handle_sqs(&mut state, request),
            AwsService::Sns => messaging::handle_sns(&mut state, request),
            AwsService::Ses => messaging::handle_ses(&mut state, request),
            AwsService::EndUserMessaging => messaging::handle_text(&mut state, request),
            AwsService::SecretsManager => messaging::handle_secrets_manager(&state, request),
        }
    }
}
