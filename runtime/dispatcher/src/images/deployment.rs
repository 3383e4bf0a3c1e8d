//! What is deployed: an image that was verified, and whose service it is.

use mote_loader::signature::PublicKey;
use mote_loader::{Checked, CounterUse, Expected, verify};

use crate::images::error::DeployError;
use crate::images::signer::{TrustError, signer};
use crate::images::toolchain::TOOLCHAIN;
use crate::job::ids::TenantId;

/// A service to be, but its image.
#[derive(Clone, Copy, Debug)]
pub struct Deployment<'a> {
    /// What messages call it.
    pub name: &'a str,
    /// Whose it is.
    pub tenant: TenantId,
}

impl<'a> Deployment<'a> {
    /// A service of the default tenant.
    #[must_use]
    pub fn new(name: &'a str) -> Self {
        Self { name, tenant: TenantId::default() }
    }
}

/// An image that may run on a node. Verifying takes long beside an invocation, so any thread can do it:
/// what is left for the node is to keep the result.
#[derive(Debug)]
pub struct VerifiedImage {
    checked: Checked,
    signer: Option<PublicKey>,
}

impl VerifiedImage {
    /// Parses and checks an image, called `name` in messages, and verifies its signature if it has one.
    ///
    /// # Errors
    /// The bytes are not an image, or not one that may run here, or its signature is wrong.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, DeployError> {
        match verify(bytes, &Expected::of(TOOLCHAIN)) {
            Ok(checked) => {
                let wrong = |error: TrustError| DeployError::not_admitted(name, error.into());
                Ok(Self { checked, signer: signer(bytes).map_err(wrong)? })
            }
            Err(source) => Err(DeployError::Refused { name: name.to_owned(), source }),
        }
    }

    /// The key that signed it, if one did.
    #[must_use]
    pub fn signer(&self) -> Option<PublicKey> {
        self.signer
    }

    /// An instruction of it that reads a counter of the processor, if there is one.
    #[must_use]
    pub fn counter(&self) -> Option<&CounterUse> {
        self.checked.counter()
    }

    pub(crate) fn into_checked(self) -> Checked {
        self.checked
    }
}
