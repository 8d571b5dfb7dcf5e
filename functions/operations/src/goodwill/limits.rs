//! Reads what the signed-in operator may give away: the tenant's policy for the widest of their
//! roles. Writes nothing.

use domain::{
    Date,
    voucher::goodwill::{GoodwillLimits, GoodwillPolicy, OperatorLimits},
};
use http_edge::{ApiResult, Operator, OperatorRole};
use store::{campaign::campaigns::settings::SettingName, delivery::goodwill::OperatorCount};

use super::store_problem;
use crate::OperationsContext;

pub(super) struct OperatorAllowance {
    /// Absent for administrators.
    pub limits: Option<OperatorLimits>,
}

impl OperatorAllowance {
    pub async fn read(context: &OperationsContext, operator: &Operator) -> ApiResult<Self> {
        let setting = context.store.setting::<GoodwillPolicy>(SettingName::Goodwill).await;
        let policy = setting.map_err(store_problem)?.value;
        let limits = role_limits(&policy, operator).map(|limits| OperatorLimits {
            limits,
            customer_vouchers: policy.customer_vouchers,
            tenant_currency: context.currency,
        });
        Ok(Self { limits })
    }

    pub fn count<'a>(&self, operator: &'a Operator, day: Date) -> OperatorCount<'a> {
        let most = self.limits.as_ref().map(|it| it.limits.vouchers_per_day);
        OperatorCount { operator: &operator.subject, day, most }
    }
}

fn role_limits(policy: &GoodwillPolicy, operator: &Operator) -> Option<GoodwillLimits> {
    if operator.groups.contains(&OperatorRole::Admin) {
        None
    } else if operator.groups.contains(&OperatorRole::Marketer) {
        Some(policy.marketer)
    } else {
        Some(policy.support)
    }
}
