//! Building what clients submit as source.

use std::path::Path;

use mote_builder::{Event, Key, Options, Policy};
use mote_server::package::{BuildRefused, ImageBuilder};

/// Builds as `mote build` does, and keeps what the compiler says for the client.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    /// What of others' code is vetted.
    pub(super) policy: Policy,
    /// What signs the images.
    pub(super) key: Option<Key>,
}

impl ImageBuilder for Builder {
    fn build(&self, folder: &Path) -> Result<Vec<u8>, BuildRefused> {
        let mut said = String::new();
        let Self { policy, key } = self.clone();
        let options = Options { policy, key, ..Options::new(folder, mote_dispatcher::TOOLCHAIN) };
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
