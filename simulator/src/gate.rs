//! Where every call of the functions stops until the world lets it go on: the gate of the in-memory AWS. A call that is made outside
//! of an invocation (by the world itself, looking) passes at once.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, channel::oneshot, future};
use memory_aws::{Call, Gate, Verdict};

thread_local! {
    static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Whose code runs on this thread from here on.
pub fn enter(invocation: Option<u32>) {
    CURRENT.set(invocation);
}

/// A call that waits.
pub struct Effect {
    pub invocation: u32,
    pub call: Call,
    answer: oneshot::Sender<Verdict>,
}

impl Effect {
    pub fn decide(self, verdict: Verdict) {
        // whoever asked may be gone
        let _ = self.answer.send(verdict);
    }
}

/// The calls that wait, in the order in which they were made.
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
            // nobody decides any more: the process is gone
            decided.map(|verdict| verdict.unwrap_or(Verdict::Hang)).boxed()
        })
    }

    pub fn len(&self) -> usize {
        self.all().len()
    }
    /// Who waits, a line for each call.
    pub fn invocations(&self) -> Vec<u32> {
        self.all().iter().map(|effect| effect.invocation).collect()
    }
    pub fn take(&self, index: usize) -> Option<Effect> {
        let mut all = self.all();
        (index < all.len()).then(|| all.remove(index))
    }
    /// The call waits on.
    pub fn put_back(&self, effect: Effect) {
        self.all().push(effect);
    }
    /// Whether this invocation has a call that waits.
    pub fn of(&self, invocation: u32) -> bool {
        self.all().iter().any(|effect| effect.invocation == invocation)
    }
    /// The process is gone, and its calls with it.
    pub fn forget(&self, invocation: u32) {
        self.all().retain(|effect| effect.invocation != invocation);
    }
}
