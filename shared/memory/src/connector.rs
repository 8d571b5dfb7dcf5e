//! The HTTP client that the SDK is given: asks the gate, does what it says, answers. A call is done in one step under the lock, so calls
//! on their way at once are done one after the other, in the order in which the gate lets them go.

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

use crate::{
    Memory,
    answer::{self, Answer},
    call::Verdict,
    dynamodb, messages,
    request::{Request, Service},
};

impl HttpClient for Memory {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Memory {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let memory = self.clone();
        HttpConnectorFuture::new(async move { memory.answer(&request).await })
    }
}

impl Memory {
    async fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let unknown = |what| ConnectorError::user(format!("not known to the AWS in memory: {what}").into());
        let request = Request::parse(request).map_err(unknown)?;
        let verdict = match &self.gate {
            None => Verdict::Proceed,
            Some(gate) => gate(request.call()).await,
        };
        let answer = match verdict {
            Verdict::Proceed => self.perform(&request),
            Verdict::LoseAnswer => {
                self.perform(&request);
                return Err(ConnectorError::io("the answer was lost".into()));
            }
            Verdict::LoseRequest => return Err(ConnectorError::io("the request was lost".into())),
            Verdict::Hang => {
                self.perform(&request);
                return std::future::pending().await;
            }
            Verdict::Throttle => answer::throttled(request.service),
            Verdict::Conflict if request.operation == "TransactWriteItems" => answer::conflicted(&request),
            Verdict::Reject if matches!(request.service, Service::Sns | Service::Ses) => answer::rejected(&request),
            Verdict::Conflict | Verdict::Reject => answer::throttled(request.service),
            Verdict::ServerError => answer::broken(request.service),
        };
        answer.into_response()
    }

    fn perform(&self, request: &Request) -> Answer {
        let mut state = self.state();
        match request.service {
            Service::DynamoDb => match dynamodb::perform(&mut state, &request.operation, &request.input) {
                Ok(output) => Answer::json(&output),
                Err(fault) => answer::refused(fault),
            },
            Service::Sqs => messages::sqs(&mut state, request),
            Service::Sns => messages::sns(&mut state, request),
            Service::Ses => messages::ses(&mut state, request),
            Service::SecretsManager => messages::secret(&state, request),
        }
    }
}
