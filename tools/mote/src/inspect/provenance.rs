//! What an image says it was made of, and who signed that.

use mote_abi::image::{Provenance, provenance};
use mote_dispatcher::TrustError;
use serde::Serialize;

/// The note of an image, hashes in hexadecimal.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProvenanceFact {
    pub(crate) source: String,
    pub(crate) policy: String,
    pub(crate) build_seconds: u64,
    pub(crate) build_memory_mib: u64,
    pub(crate) is_sandboxed: bool,
    pub(crate) is_optimised: bool,
}

impl From<Provenance> for ProvenanceFact {
    fn from(found: Provenance) -> Self {
        Self {
            source: hex(&found.source),
            policy: hex(&found.policy),
            build_seconds: found.build_seconds,
            build_memory_mib: found.build_memory_mib,
            is_sandboxed: found.flags & provenance::SANDBOXED != 0,
            is_optimised: found.flags & provenance::OPTIMISED != 0,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl ProvenanceFact {
    /// The lines of it for a person.
    pub(super) fn text(&self) -> String {
        let profile = if self.is_optimised { "release" } else { "debug" };
        let sandbox = if self.is_sandboxed { "in a sandbox" } else { "without a sandbox" };
        format!(
            "source     SHA-256 {}\npolicy     SHA-256 {}\nbuilt      {profile}, {sandbox}, within {} s and {} MiB\n",
            self.source, self.policy, self.build_seconds, self.build_memory_mib
        )
    }
}

/// The signature of an image.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SignatureFact {
    pub(crate) key: String,
    pub(crate) is_valid: bool,
}

impl SignatureFact {
    pub(super) fn of(image: &[u8]) -> Option<Self> {
        match mote_dispatcher::signer(image) {
            Ok(key) => key.map(|key| Self { key: key.to_string(), is_valid: true }),
            Err(TrustError::Wrong { key }) => Some(Self { key: key.to_string(), is_valid: false }),
            Err(_) => None,
        }
    }

    /// The line of it for a person.
    pub(super) fn text(&self) -> String {
        let verdict = if self.is_valid { "" } else { " (wrong)" };
        format!("signed by  {}{verdict}\n", self.key)
    }
}
