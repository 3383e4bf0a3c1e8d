//! The words through which an image calls what is not near: its global offset table, mostly.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use mote_abi::image::RODATA_OFFSET;
use mote_abi::imports::Import;

use crate::relocations::Relocations;

/// The words of the read-only segment that calls go through, by ascending address as linked.
#[derive(Debug)]
pub(crate) struct Slots(Vec<(u64, Slot)>);

/// What such a word holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    /// The address of an import.
    Import(Import),
    /// An address of the image, as linked.
    Own(u32),
}

impl Slots {
    /// Those that `relocations` fill.
    pub(crate) fn new(relocations: &Relocations) -> Self {
        let own = relocations.relative.iter().map(|it| (it.at, Slot::Own(it.addend)));
        let imports = relocations.imported.iter().map(|it| (it.at, Slot::Import(it.import)));
        let mut all: Vec<_> =
            own.chain(imports).map(|(at, slot)| (RODATA_OFFSET + u64::from(at), slot)).collect();
        all.sort_unstable_by_key(|(address, _)| *address);
        Self(all)
    }

    /// What the word at `address` holds.
    pub(crate) fn get(&self, address: u64) -> Option<Slot> {
        let index = self.0.binary_search_by_key(&address, |(address, _)| *address).ok()?;
        Some(self.0[index].1)
    }

    /// The addresses of the image that are in some word.
    pub(crate) fn own(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter_map(|(_, slot)| match slot {
            Slot::Own(address) => Some(*address),
            Slot::Import(_) => None,
        })
    }
}
