//! Building what clients submit as source.

use std::path::Path;

use mote_builder::{Event, Options, Policy};
use mote_server::package::{BuildRefused, ImageBuilder};

/// Builds as `mote build` does, and keeps what the compiler says for the client.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    /// What of others' code is vetted.
    pub(super) policy: Policy,
}

impl ImageBuilder for Builder {
    fn build(&self, folder: &Path) -> Result<Vec<u8>, BuildRefused> {
        let mut said = String::new();
        let policy = self.policy.clone();
        let options = Options { policy, ..Options::new(folder, mote_dispatcher::TOOLCHAIN) };
        let built = mote_builder::build(&options, &mut |event| {
            if let Event::Diagnostic { rendered, is_error: true } = event {
                said.push_str(rendered);
            }
        });
        match built {
            Ok(built) => Ok(built.image),
            Err(error) => Err(BuildRefused { said: format!("{error}\n{said}") }),
        }
    }
}
