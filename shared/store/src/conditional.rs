//! The result of a conditional write, for every write of the store whose condition can fail.
//!
//! A failed condition is an answer and not an error: the item is no longer what the writer had
//! read, because another worker, an operator or a provider event came first.

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Yes,
    /// The item has changed since it was read, and nothing was written. The caller reads it again
    /// or leaves it to whoever changed it.
    Conflict,
}
