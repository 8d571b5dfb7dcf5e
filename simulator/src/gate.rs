//! Intercepts every AWS call of the functions and holds it until the world decides on it: the gate
//! of the in-memory AWS.
//!
//! A call made outside an invocation (by the world itself, to observe) passes at once.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, channel::oneshot, future};
use memory_aws::{Call, Gate, Verdict};

thread_local! {
    static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Sets the invocation whose code runs on this thread from now on.
pub fn enter(invocation: Option<u32>) {
    CURRENT.set(invocation);
}

/// An AWS call that waits for the world's decision.
pub struct Effect {
    pub invocation: u32,
    pub call: Call,
    answer: oneshot::Sender<Verdict>,
}

impl Effect {
    pub fn decide(self, verdict: Verdict) {
        // the caller may have been killed
        let _ = self.answer.send(verdict);
    }
}

/// The waiting calls, in the order in which they were made.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<Vec<Effect>>>);

impl Waiting {
    fn all(&self) -> MutexGuard<'_, Vec<Effect>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn gate(&self) -> Gate {
        let waiting = self.clone();
        Arc::new(move |call| {
            let Some(invocation) = CURRENT.get() else { return future::ready(Verdict::Proceed).boxed() };
            let (answer, decided) = oneshot::channel();
            waiting.all().push(Effect { invocation, call, answer });
            // the effect was dropped without a decision: its process is gone
            decided.map(|verdict| verdict.unwrap_or(Verdict::Hang)).boxed()
        })
    }

    pub fn len(&self) -> usize {
        self.all().len()
    }
    /// Returns the invocation of each waiting call.
    pub fn invocations(&self) -> Vec<u32> {
        self.all().iter().map(|effect| effect.invocation).collect()
    }
    pub fn take(&self, index: usize) -> Option<Effect> {
        let mut all = self.all();
        (index < all.len()).then(|| all.remove(index))
    }
    /// Returns a call to the queue: it goes on waiting.
    pub fn put_back(&self, effect: Effect) {
        self.all().push(effect);
    }
    /// Returns true if this invocation has a waiting call.
    pub fn of(&self, invocation: u32) -> bool {
        self.all().iter().any(|effect| effect.invocation == invocation)
    }
    /// Drops all calls of an invocation whose process is gone.
    pub fn forget(&self, invocation: u32) {
        self.all().retain(|effect| effect.invocation != invocation);
    }
}
