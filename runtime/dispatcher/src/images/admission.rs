//! Which images a node takes, of those that would run.

use mote_loader::signature::PublicKey;

use crate::config::{NodeConfig, Sharing};
use crate::images::deployment::VerifiedImage;
use crate::images::error::AdmissionError;
use crate::images::signer;

/// What a node asks of images.
#[derive(Debug)]
pub(crate) struct Admission {
    trusted_keys: Vec<PublicKey>,
    may_read_counters: bool,
}

impl Admission {
    pub(crate) fn new(config: &NodeConfig) -> Self {
        let may_read_counters = config.sharing == Sharing::Node;
        Self { trusted_keys: config.trusted_keys.clone(), may_read_counters }
    }

    /// Refuses `image` if the node does not take it.
    pub(crate) fn check(&self, image: &VerifiedImage) -> Result<(), AdmissionError> {
        signer::check(image.signer(), &self.trusted_keys)?;
        match image.counter() {
            Some(counter) if !self.may_read_counters => {
                Err(AdmissionError::Counter(counter.clone()))
            }
            _ => Ok(()),
        }
    }
}
