//! Services whose answers are known: what a worker must still say after an injection.
//!
//! One allocates on the bump heap; one allocates on the general heap and shows whether a data segment
//! starts afresh; one panics, and so needs the unwinder, its tables and the token table.

use indicatif::ProgressBar;
use mote_abi::outcome::{Heap, Outcome};
use mote_abi::torture::CANARIES;
use mote_dispatcher::torture::{Canary, Request};

use crate::bundle::{self, Bundled};
use crate::error::Error;

/// What a canary may allocate, in KiB.
const MEMORY_KIB: u32 = 64;

/// Name, body, heap, outcome, answer.
type Known = (&'static str, &'static [u8], Heap, Outcome, &'static [u8]);

/// What is asked, and what must come of it.
const KNOWN: [Known; CANARIES] = [
    ("hello", b"world", Heap::Bump, Outcome::Ok, b"Hello, world!"),
    ("counter", b"", Heap::General, Outcome::Ok, b"0"),
    (
        "panics",
        b"four",
        Heap::Bump,
        Outcome::Panicked,
        b"a body of 4 bytes was too much (at src/lib.rs:10:5)",
    ),
];

/// The canaries' images.
#[derive(Clone, Debug)]
pub struct Canaries(Vec<Bundled>);

impl Canaries {
    /// Builds them, unless that was done before.
    ///
    /// # Errors
    /// The cache cannot be written, or a service does not build.
    pub fn build() -> Result<Self, Error> {
        let names = KNOWN.map(|(name, ..)| name);
        Ok(Self(bundle::images(&names, &ProgressBar::hidden())?))
    }

    /// As a sweep takes them.
    #[must_use]
    pub fn known(&self) -> mote_dispatcher::torture::Canaries<'_> {
        std::array::from_fn(|number| {
            let (name, body, heap, outcome, answer) = KNOWN[number];
            let image = &self.0[number].image;
            let request = Request { name, image, body, heap, memory_kib: MEMORY_KIB };
            Canary { request, outcome, answer }
        })
    }
}
