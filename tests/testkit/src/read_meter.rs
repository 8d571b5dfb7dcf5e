//! Counts the read units of a store on the AWS in memory, by DynamoDB's documented rule, from the
//! items of its answers. A filter is not seen: it would hide items that were read.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
            },
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::SdkConfig;
use serde_json::Value;

use crate::documented_units::{item_size, read_units};

/// The read units and the reads since the last `take`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReadCount {
    pub units: f64,
    pub calls: u32,
}

/// Counts what the clients that it makes read.
#[derive(Debug, Clone, Default)]
pub struct ReadMeter(Arc<Mutex<ReadCount>>);

/// The request of the current call.
#[derive(Debug)]
struct CurrentRequest(Value);

impl Storable for CurrentRequest {
    type Storer = StoreReplace<Self>;
}

impl ReadMeter {
    /// Makes a client whose reads are counted.
    pub fn client(&self, config: &SdkConfig) -> Client {
        let metered = aws_sdk_dynamodb::config::Builder::from(config).interceptor(self.clone());
        Client::from_conf(metered.build())
    }

    /// Returns what was read, and begins anew.
    pub fn take(&self) -> ReadCount {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, units: f64) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count.units += units;
        count.calls += 1;
    }
}

/// Returns the units of an answer, or `None` for a call that reads nothing. A key of a batch without
/// an item costs a unit too.
fn units_of(request: &Value, answer: &Value) -> Option<f64> {
    let is_strong = |of: &Value| of.get("ConsistentRead").and_then(Value::as_bool) == Some(true);
    if let Some(tables) = request.get("RequestItems").and_then(Value::as_object) {
        let of_table = |(table, wanted): (&String, &Value)| {
            let found = answer.pointer(&format!("/Responses/{table}")).and_then(Value::as_array);
            let found = found.map(Vec::as_slice).unwrap_or_default();
            let keys = wanted.get("Keys").and_then(Value::as_array).map_or(0, Vec::len);
            let strong = is_strong(wanted);
            let units: f64 = found.iter().map(|item| read_units(item_size(item), strong)).sum();
            units + keys.saturating_sub(found.len()) as f64 * read_units(0, strong)
        };
        return Some(tables.iter().map(of_table).sum());
    }
    if let Some(items) = answer.get("Items").and_then(Value::as_array) {
        return Some(read_units(items.iter().map(item_size).sum(), is_strong(request)));
    }
    let is_get = request.get("Key").is_some() && request.get("UpdateExpression").is_none();
    is_get.then(|| read_units(answer.get("Item").map_or(0, item_size), is_strong(request)))
}

impl Intercept for ReadMeter {
    fn name(&self) -> &'static str {
        "read meter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request().body().bytes().unwrap_or_default();
        let request = serde_json::from_slice(body).unwrap_or_default();
        bag.interceptor_state().store_put(CurrentRequest(request));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response().body().bytes().unwrap_or_default();
        let answer = serde_json::from_slice(answer).unwrap_or_default();
        if let Some(CurrentRequest(request)) = bag.load::<CurrentRequest>()
            && let Some(units) = units_of(request, &answer)
        {
            self.add(units);
        }
        Ok(())
    }
}
