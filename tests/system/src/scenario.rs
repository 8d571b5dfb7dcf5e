//! One test's own part of the shared stack: a tag that only its customers have, and the clients to
//! act with.

use domain::kernel::channel::Channel;

use crate::{
    LocalStack, OperatorClient, OperatorGroup,
    app::AppBackendClient,
    customer::{CustomerBuilder, ScenarioIdentity},
    ledger::LedgerReader,
    promotion::{PromotionBuilder, promotion},
    provider_emulator::{EmulatedMessage, EmulatorClient},
    queues::QueueClient,
    run_all,
    running_campaign::RunningCampaign,
};

/// The most concurrent requests while customers are stored.
const CONCURRENT_REQUESTS: usize = 8;

pub struct TestScenario {
    pub stack: LocalStack,
    pub identity: ScenarioIdentity,
    pub app: AppBackendClient,
    pub marketer: OperatorClient,
    pub emulator: EmulatorClient,
    pub ledger: LedgerReader,
    pub queues: QueueClient,
}

impl TestScenario {
    pub async fn begin() -> Self {
        let stack = LocalStack::connect();
        let random = uuid::Uuid::new_v4().as_u128();
        let who = ScenarioIdentity {
            tag: format!("t{:012x}", random >> 80),
            digits: format!("{:07}", random % 10_000_000),
        };
        let marketer = stack.sign_in_operator(OperatorGroup::Marketer).await;
        let (app, emulator, ledger, queues) =
            (stack.app(), stack.emulator(), stack.ledger(), stack.queues());
        Self { stack, identity: who, app, marketer, emulator, ledger, queues }
    }
    /// Builds customer `number` of this scenario; it is not stored yet.
    pub fn customer(&self, number: usize) -> CustomerBuilder {
        CustomerBuilder::new(&self.identity, number)
    }
    /// Returns the id of an order of this scenario: an order has one buyer on the whole stack.
    pub fn order_id(&self, name: &str) -> String {
        format!("{}-{name}", self.identity.tag)
    }
    pub async fn put_customers(&self, customers: &[CustomerBuilder]) {
        let puts = customers.iter().map(|customer| async {
            let answer = self.app.put_customer(&customer.id, &customer.body).await;
            assert!(
                answer.status == 200 || answer.status == 201,
                "{}: {}",
                customer.id,
                answer.text
            );
        });
        run_all(CONCURRENT_REQUESTS, puts).await;
    }
    /// Stores customers 0 to `count` (exclusive) with consent on `channels`.
    pub async fn create_customers(
        &self,
        count: usize,
        channels: &[Channel],
    ) -> Vec<CustomerBuilder> {
        let people: Vec<_> =
            (0..count).map(|number| self.customer(number).consenting_to(channels)).collect();
        self.put_customers(&people).await;
        people
    }
    /// Builds a promotion for all customers of this scenario.
    pub fn promotion(&self) -> PromotionBuilder {
        promotion().tag(&self.identity.tag).name(&self.identity.tag)
    }
    /// Creates a draft.
    pub async fn create_draft(&self, promotion: &PromotionBuilder) -> RunningCampaign {
        RunningCampaign::new(self, self.marketer.create_campaign(&promotion.body()).await)
    }
    pub async fn launch_campaign(&self, promotion: &PromotionBuilder) -> RunningCampaign {
        let campaign = self.create_draft(promotion).await;
        campaign.launch().await;
        campaign
    }
    /// Launches a campaign, waits for its completion, and checks its equation against the tables.
    pub async fn run_campaign(&self, promotion: &PromotionBuilder) -> RunningCampaign {
        let campaign = self.launch_campaign(promotion).await;
        campaign.until_completed().await;
        campaign.check_equation().await;
        campaign
    }
    /// Returns every message that a provider accepted for this scenario's customers.
    pub async fn sent_messages(&self) -> Vec<EmulatedMessage> {
        let mut messages = Vec::new();
        for channel in Channel::ALL {
            messages.extend(self.emulator.messages(channel, &self.identity).await);
        }
        messages
    }
    /// Does now what the schedule does every minute.
    pub async fn wake_schedules(&self) {
        self.queues.wake_schedule("watchdog").await;
        self.queues.wake_schedule("release").await;
    }
}
