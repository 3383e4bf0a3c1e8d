//! The builds of hostile crates by `mote build`: none does what it is for.

use mote_builder::{Built, Event, Limits, Options};
use mote_dispatcher::TOOLCHAIN;

use super::stage::{SECRET, Stage};
use super::table::Crate;
use crate::layer::Layer;

/// What a crate may use that is stopped by its limits: they are there soon.
const TIGHT: Limits = Limits { seconds: 4, memory_mib: 1536 };

/// How a build ended.
pub(crate) struct Ended {
    /// What was built, or why nothing was.
    pub(crate) result: Result<Built, String>,
    /// What the compiler said.
    pub(crate) said: String,
    /// Whether code of the crate ran on this machine.
    pub(crate) is_marked: bool,
}

impl Ended {
    /// Whether the secret went anywhere.
    pub(crate) fn has_leaked(&self) -> bool {
        let image = self.result.as_ref().map_or(&[][..], |built| &built.image);
        let error = self.result.as_ref().err().map_or("", |error| error);
        let texts = [image, error.as_bytes(), self.said.as_bytes()];
        texts.iter().any(|text| text.windows(SECRET.len()).any(|found| found == SECRET.as_bytes()))
    }
}

/// Builds a crate.
pub(crate) fn build(attack: &Crate) -> Ended {
    let stage = Stage::new(attack.name);
    let limits = if attack.layer == Layer::Sandbox { TIGHT } else { Limits::default() };
    let options = Options { limits, is_offline: true, ..Options::new(stage.package(), TOOLCHAIN) };
    let mut said = String::new();
    let result = mote_builder::build(&options, &mut |event| {
        if let Event::Diagnostic { rendered, .. } = event {
            said.push_str(rendered);
        }
    });
    let result = result.map_err(|error| error.to_string());
    Ended { result, said, is_marked: stage.is_marked() }
}
