//! Relocations as they are applied, resolved as far as an unplaced image allows.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use mote_abi::imports::Import;

/// The bytes at `at` become the address `addend` bytes behind the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relative {
    /// Offset in the image's read-only bytes.
    pub(crate) at: u32,
    /// The address as linked: below three windows.
    pub(crate) addend: u32,
}

/// The bytes at `at` become the address of `import`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// Offset in the image's read-only bytes.
    pub(crate) at: u32,
    /// What they are bound to.
    pub(crate) import: Import,
}

/// The relocations of an image, in the order of its tables.
#[derive(Debug, Default)]
pub(crate) struct Relocations {
    /// Those to the image itself.
    pub(crate) relative: Vec<Relative>,
    /// Those to the worker.
    pub(crate) imported: Vec<Imported>,
}

impl Relocations {
    /// Where the first of them is.
    pub(crate) fn first(&self) -> Option<u32> {
        let relative = self.relative.iter().map(|it| it.at);
        relative.chain(self.imported.iter().map(|it| it.at)).min()
    }
}
