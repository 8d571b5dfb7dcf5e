//! Says where the store gets the secret by which addresses are known. The store itself reads no secrets;
//! each function hands in how its own is read, at the first change that needs it.

use std::{fmt, pin::Pin, sync::Arc};

use domain::customer::address::{AddressHasher, NoAddressHasher};

use crate::error::{Result, StoreError};

pub type AddressHasherFuture =
    Pin<Box<dyn Future<Output = std::result::Result<AddressHasher, NoAddressHasher>> + Send>>;

/// The source of the secret.
#[derive(Clone, Default)]
pub enum AddressKeySource {
    /// The function changes no addresses. A change that needs the secret is refused.
    #[default]
    Missing,
    Given(AddressHasher),
    Read(Arc<dyn Fn() -> AddressHasherFuture + Send + Sync>),
}

impl AddressKeySource {
    /// Reads the secret by `read` whenever it is needed; `read` keeps what it has read.
    pub fn reading<F>(read: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::result::Result<AddressHasher, NoAddressHasher>> + Send + 'static,
    {
        Self::Read(Arc::new(move || Box::pin(read())))
    }

    pub(crate) async fn hasher(&self) -> Result<AddressHasher> {
        match self {
            Self::Missing => {
                Err(StoreError::Refused("this function has no secret for addresses".to_owned()))
            }
            Self::Given(hasher) => Ok(hasher.clone()),
            Self::Read(read) => read().await.map_err(|error| {
                if error.retryable {
                    StoreError::Unavailable(error.to_string())
                } else {
                    StoreError::Refused(error.to_string())
                }
            }),
        }
    }
}

impl From<AddressHasher> for AddressKeySource {
    fn from(hasher: AddressHasher) -> Self {
        Self::Given(hasher)
    }
}

impl fmt::Debug for AddressKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::Given(_) => "Given",
            Self::Read(_) => "Read",
        })
    }
}
