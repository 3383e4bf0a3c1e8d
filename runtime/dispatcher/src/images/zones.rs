//! The zones of a node as one: an image goes where most room is.

use std::os::fd::OwnedFd;

use mote_abi::imports::ImportTable;
use mote_abi::windows::Base;
use mote_loader::{Checked, PlaceError, Placed, StopByte, Zone, ZoneError};

use crate::images::worker_set::WorkerSet;

/// All zones, in the order of their numbers; at least one.
#[derive(Debug)]
pub(crate) struct Zones(Vec<Zone>);

/// The windows of one zone for one worker: opened read-only.
#[derive(Debug)]
pub(crate) struct WindowFiles {
    pub(crate) text: OwnedFd,
    pub(crate) rodata: OwnedFd,
}

impl Zones {
    /// Creates `count` zones that begin at `base` in `workers` workers with these imports.
    pub(crate) fn new(
        count: usize,
        base: Base,
        imports: &ImportTable,
        workers: usize,
    ) -> Result<Self, ZoneError> {
        (0..count as u8)
            .map(|number| Zone::new(number, base, *imports, workers))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Brings the next `bytes` bytes of each window into memory, divided among the zones.
    pub(crate) fn prepare(&mut self, bytes: u32) {
        let each = bytes / self.0.len() as u32;
        self.0.iter_mut().for_each(|zone| zone.prepare(each));
    }

    /// Places `image` in the zone that has most room.
    pub(crate) fn place(&mut self, image: &Checked) -> Result<Placed, PlaceError> {
        let emptiest = self.0.iter_mut().max_by_key(|zone| zone.free_bytes());
        emptiest.expect("a node has a zone").place(image)
    }

    /// Copies the text of a placed image into the window of `worker`.
    pub(crate) fn copy_text(&mut self, placed: &Placed, image: &Checked, worker: usize) {
        self.0[usize::from(placed.zone)].copy_text(placed, image, worker);
    }

    /// Stores a breakpoint over a stop point of a placed image, in the text that `worker` has of it.
    #[inline]
    pub(crate) fn poison(&mut self, placed: &Placed, worker: usize, stop: StopByte) {
        self.0[usize::from(placed.zone)].poison(placed, worker, stop);
    }

    /// Stores the byte that belongs there.
    #[inline]
    pub(crate) fn restore(&mut self, placed: &Placed, worker: usize, stop: StopByte) {
        self.0[usize::from(placed.zone)].restore(placed, worker, stop);
    }

    /// Frees an image's slot; `copies` are the workers that have its text.
    pub(crate) fn unplace(&mut self, placed: Placed, copies: WorkerSet) {
        self.0[usize::from(placed.zone)].unplace(placed, copies.iter());
    }

    /// Changes whenever that of a text window of `worker` does; see [`Zone::generation`].
    pub(crate) fn generation(&self, worker: usize) -> u32 {
        self.0.iter().fold(0, |sum, zone| sum.wrapping_add(zone.generation(worker)))
    }

    /// The windows, for `worker`.
    pub(crate) fn files(&self, worker: usize) -> Result<Vec<WindowFiles>, ZoneError> {
        let files = |zone: &Zone| {
            let text = zone.open_text_read_only(worker)?;
            let rodata = zone.open_rodata_read_only()?;
            Ok(WindowFiles { text, rodata })
        };
        self.0.iter().map(files).collect()
    }
}

#[cfg(test)]
mod tests {
    use mote_abi::imports::Import;

    use super::*;

    #[test]
    fn zones_are_as_many_as_asked_for_and_each_has_files() {
        let zones = Zones::new(3, Base::of_number(0), &ImportTable([1; Import::COUNT]), 2).unwrap();
        assert_eq!(zones.files(1).unwrap().len(), 3);
        assert_eq!(zones.generation(1), 3, "each zone's begins with 1");
    }
}
