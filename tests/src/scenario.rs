//! One test's own part of the shared stack: a tag that only its customers have, and the clients to
//! act with.

use domain::channel::Channel;

use crate::{
    Group, Operator, Stack, all,
    app::App,
    carriers::{Carriers, Message},
    customer::{CustomerBuilder, Who},
    ledger::Ledger,
    promotion::{PromotionBuilder, promotion},
    queues::Queues,
    running::Running,
};

/// The most concurrent requests while customers are stored.
const AT_ONCE: usize = 8;

pub struct Scenario {
    pub stack: Stack,
    pub who: Who,
    pub app: App,
    pub marketer: Operator,
    pub carriers: Carriers,
    pub ledger: Ledger,
    pub queues: Queues,
}

impl Scenario {
    pub async fn begin() -> Self {
        let stack = Stack::connect();
        let random = uuid::Uuid::new_v4().as_u128();
        let who = Who { tag: format!("t{:012x}", random >> 80), digits: format!("{:07}", random % 10_000_000) };
        let marketer = stack.operator(Group::Marketer).await;
        let (app, carriers, ledger, queues) = (stack.app(), stack.carriers(), stack.ledger(), stack.queues());
        Self { stack, who, app, marketer, carriers, ledger, queues }
    }
    /// Builds customer `number` of this scenario; it is not stored yet.
    pub fn customer(&self, number: usize) -> CustomerBuilder {
        CustomerBuilder::new(&self.who, number)
    }
    pub async fn put(&self, customers: &[CustomerBuilder]) {
        let puts = customers.iter().map(|customer| async {
            let answer = self.app.put_customer(&customer.id, &customer.body).await;
            assert!(answer.status == 200 || answer.status == 201, "{}: {}", customer.id, answer.text);
        });
        all(AT_ONCE, puts).await;
    }
    /// Stores customers 0 to `count` (exclusive) with consent on `channels`.
    pub async fn people(&self, count: usize, channels: &[Channel]) -> Vec<CustomerBuilder> {
        let people: Vec<_> = (0..count).map(|number| self.customer(number).on(channels)).collect();
        self.put(&people).await;
        people
    }
    /// Builds a promotion for all customers of this scenario.
    pub fn promotion(&self) -> PromotionBuilder {
        promotion().tag(&self.who.tag).name(&self.who.tag)
    }
    /// Creates a draft.
    pub async fn draft(&self, promotion: &PromotionBuilder) -> Running {
        Running::new(self, self.marketer.create(&promotion.body()).await)
    }
    pub async fn launch(&self, promotion: &PromotionBuilder) -> Running {
        let campaign = self.draft(promotion).await;
        campaign.launch().await;
        campaign
    }
    /// Launches a campaign, waits for its completion, and checks its equation against the tables.
    pub async fn run(&self, promotion: &PromotionBuilder) -> Running {
        let campaign = self.launch(promotion).await;
        campaign.until_completed().await;
        campaign.check_equation().await;
        campaign
    }
    /// Returns every message that a provider accepted for this scenario's customers.
    pub async fn messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        for channel in Channel::ALL {
            messages.extend(self.carriers.messages(channel, &self.who).await);
        }
        messages
    }
    /// Does now what the schedule does every minute.
    pub async fn wake_schedules(&self) {
        self.queues.wake("sweep").await;
        self.queues.wake("release").await;
    }
}
