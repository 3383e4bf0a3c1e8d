//! What all experiments are given.

use indicatif::ProgressBar;

use crate::bundle::Bundled;
use crate::contenders::peers::Peers;
use crate::contenders::place::Place;
use crate::error::Error;

/// What all experiments share.
pub(crate) struct Setting<'a> {
    /// Whether a fraction of the samples will do.
    pub(crate) is_quick: bool,
    /// How many services the density is measured with, instead of the usual numbers.
    pub(crate) services: Option<usize>,
    /// Who runs where.
    pub(crate) place: &'a Place,
    /// The services that are measured.
    pub(crate) images: Vec<Bundled>,
    /// wasmtime, where it can be measured.
    pub(crate) peers: Option<Peers>,
    /// How far it is.
    pub(crate) bar: &'a ProgressBar,
}

impl Setting<'_> {
    /// The image of a service on board.
    pub(crate) fn image(&self, name: &str) -> Result<&[u8], Error> {
        let found = self.images.iter().find(|bundled| bundled.name == name);
        Ok(&found.ok_or_else(|| Error::NoService { name: name.to_owned() })?.image)
    }

    /// One step of the progress bar begins.
    pub(crate) fn step(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.bar.inc(1);
    }
}
