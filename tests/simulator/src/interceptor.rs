//! Intercepts every AWS call of the functions and holds it until the world decides on it: the gate
//! of the in-memory AWS.
//!
//! A call made outside an invocation (by the world itself, to observe) passes at once.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fake_aws::{AwsCall, CallGate, CallVerdict};
use futures::{FutureExt, channel::oneshot, future};

thread_local! {
    static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Sets the invocation whose code runs on this thread from now on.
pub fn set_current_invocation(invocation: Option<u32>) {
    CURRENT.set(invocation);
}

/// An AWS call that waits for the world's decision.
pub struct PendingCall {
    pub invocation: u32,
    pub call: AwsCall,
    answer: oneshot::Sender<CallVerdict>,
}

impl PendingCall {
    pub fn resolve(self, verdict: CallVerdict) {
        // the caller may have been killed
        let _ = self.answer.send(verdict);
    }
}

/// The waiting calls, in the order in which they were made.
#[derive(Clone, Default)]
pub struct PendingCalls(Arc<Mutex<Vec<PendingCall>>>);

impl PendingCalls {
    fn lock_calls(&self) -> MutexGuard<'_, Vec<PendingCall>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn gate(&self) -> CallGate {
        let waiting = self.clone();
        Arc::new(move |call| {
            let Some(invocation) = CURRENT.get() else {
                return future::ready(CallVerdict::Proceed).boxed();
            };
            let (answer, decided) = oneshot::channel();
            waiting.lock_calls().push(PendingCall { invocation, call, answer });
            // the effect was dropped without a decision: its process is gone
            decided.map(|verdict| verdict.unwrap_or(CallVerdict::Hang)).boxed()
        })
    }

    pub fn len(&self) -> usize {
        self.lock_calls().len()
    }
    /// Returns the invocation of each waiting call.
    pub fn invocations(&self) -> Vec<u32> {
        self.lock_calls().iter().map(|effect| effect.invocation).collect()
    }
    pub fn take(&self, index: usize) -> Option<PendingCall> {
        let mut all = self.lock_calls();
        (index < all.len()).then(|| all.remove(index))
    }
    /// Returns a call to the queue: it goes on waiting.
    pub fn put_back(&self, effect: PendingCall) {
        self.lock_calls().push(effect);
    }
    /// Returns true if this invocation has a waiting call.
    pub fn has_call_of(&self, invocation: u32) -> bool {
        self.lock_calls().iter().any(|effect| effect.invocation == invocation)
    }
    /// Drops all calls of an invocation whose process is gone.
    pub fn drop_calls_of(&self, invocation: u32) {
        self.lock_calls().retain(|effect| effect.invocation != invocation);
    }
}
