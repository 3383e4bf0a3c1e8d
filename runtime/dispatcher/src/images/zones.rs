//! The zones of a node as one: an image goes where most room is.

use std::os::fd::OwnedFd;

use mote_abi::imports::ImportTable;
use mote_loader::{Checked, PlaceError, Placed, Zone, ZoneError};

/// All zones, in the order of their numbers; at least one.
#[derive(Debug)]
pub(crate) struct Zones(Vec<Zone>);

/// The windows of one zone for a worker: opened read-only.
#[derive(Debug)]
pub(crate) struct WindowFiles {
    pub(crate) text: OwnedFd,
    pub(crate) rodata: OwnedFd,
}

impl Zones {
    /// Creates `count` zones for workers with these imports.
    pub(crate) fn new(count: usize, imports: &ImportTable) -> Result<Self, ZoneError> {
        (0..count as u8)
            .map(|number| Zone::new(number, *imports))
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

    /// Frees an image's slot.
    pub(crate) fn unplace(&mut self, placed: Placed) {
        self.0[usize::from(placed.zone)].unplace(placed);
    }

    /// Changes whenever that of a zone does; see [`Zone::generation`].
    pub(crate) fn generation(&self) -> u32 {
        self.0.iter().fold(0, |sum, zone| sum.wrapping_add(zone.generation()))
    }

    /// The windows, for workers.
    pub(crate) fn files(&self) -> Result<Vec<WindowFiles>, ZoneError> {
        let files = |zone: &Zone| {
            let (text, rodata) = (zone.open_text_read_only()?, zone.open_rodata_read_only()?);
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
        let zones = Zones::new(3, &ImportTable([1; Import::COUNT])).unwrap();
        assert_eq!(zones.files().unwrap().len(), 3);
        assert_eq!(zones.generation(), 3, "each zone's begins with 1");
    }
}
