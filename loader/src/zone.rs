//! A zone: windows, slots and generation, and the two things done to it, place and unplace.
//!
//! Called by the dispatcher, which is the only writer. Calls [`place`](crate::place) for the bytes
//! and [`slots`](crate::slots) for the room.
//!
//! **Generation.** A number of the whole zone that changes whenever bytes that a worker may have
//! executed are overwritten by other code, that is, whenever an image is placed where another one
//! was. A processor may hold stale instructions of such bytes, so a worker that is sent a generation
//! other than the last it saw executes a serializing instruction before it enters the service (Intel
//! SDM volume 3, 10.1.3, cross-modifying code). Unplacing alone does not change it: nothing enters an
//! empty slot. It is never 0, and it wraps after 2^32 - 1 reuses.
#![forbid(unsafe_code)]

use core::sync::atomic::{AtomicU32, Ordering};

use mote_abi::imports::ImportTable;
use mote_abi::windows::WINDOW_BYTES;
use rustix::fd::{BorrowedFd, OwnedFd};

use crate::error::{PlaceError, ZoneError};
use crate::place::{self, Destination};
use crate::plan::Checked;
use crate::slots::{Slot, Slots};
use crate::window::Window;

/// Name of the text window's memfd.
const TEXT_NAME: &str = "mote-text";

/// Name of the read-only window's memfd.
const RODATA_NAME: &str = "mote-rodata";

/// What the kernel brings into memory at once.
const PAGE_BYTES: u32 = 4096;

/// Tells zones of one process apart.
static ZONES: AtomicU32 = AtomicU32::new(0);

/// The windows of a node, and which image lies where.
#[derive(Debug)]
pub struct Zone {
    text: Window,
    rodata: Window,
    imports: ImportTable,
    slots: Slots,
    generation: u32,
    populated: u32,
    number: u8,
    id: u32,
}

/// An image in its slot: what a request must say of it. Give it back to [`Zone::unplace`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the slot stays taken until this is given to `Zone::unplace`"]
pub struct Placed {
    /// The zone's number.
    pub zone: u8,
    /// Offset of the entry in the text window, in bytes.
    pub entry: u32,
    /// Offset of the image's record in the read-only window, in bytes.
    pub record: u32,
    /// Offset in the read-only window of the first word that was relocated, in bytes: the global
    /// offset table begins there, through which a service calls.
    pub relocated: u32,
    /// Bytes of the data segment in memory.
    pub data_bytes: u32,
    slot: Slot,
    text_bytes: u32,
    rodata_bytes: u32,
    of: u32,
}

impl Zone {
    /// Creates the windows of zone `number`, below [`ZONES_MAX`](mote_abi::windows::ZONES_MAX): two sparse memfds of 512 MiB, mapped read-write and never executable.
    /// Images will be bound to `imports`, the addresses in a worker.
    ///
    /// # Errors
    /// A window cannot be created: which system call failed, and why.
    pub fn new(number: u8, imports: ImportTable) -> Result<Self, ZoneError> {
        let text = Window::new(TEXT_NAME)?;
        let rodata = Window::new(RODATA_NAME)?;
        let id = ZONES.fetch_add(1, Ordering::Relaxed);
        let slots = Slots::new();
        Ok(Self { text, rodata, imports, slots, generation: 1, populated: 0, number, id })
    }

    /// Copies `image` into a free slot and relocates it. Makes no system call. The image may be
    /// entered as soon as the request that names it is published (with release ordering).
    ///
    /// # Errors
    /// No slot is large enough.
    pub fn place(&mut self, image: &Checked) -> Result<Placed, PlaceError> {
        image.fetch();
        let layout = image.layout();
        let taken = self.slots.take(layout.slot_bytes, layout.slot_align).ok_or_else(|| {
            PlaceError::Full { bytes: layout.slot_bytes, free_bytes: self.slots.free_bytes() }
        })?;
        if taken.is_reused {
            self.generation = self.generation.checked_add(1).unwrap_or(1);
        }
        Ok(self.fill(image, taken.slot))
    }

    /// Frees an image's slot: its text becomes traps and its read-only bytes zeros, so that nothing
    /// of one tenant is left for the next. No worker may be running it, nor be sent it again.
    ///
    /// # Panics
    /// If `placed` comes from another zone.
    pub fn unplace(&mut self, placed: Placed) {
        assert_eq!(placed.of, self.id, "image was placed in another zone");
        place::scrub(
            self.text.slot_mut(placed.slot.start, placed.text_bytes),
            self.rodata.slot_mut(placed.slot.start, placed.rodata_bytes),
        );
        self.slots.give_back(placed.slot);
    }

    /// Brings the next `bytes` bytes that no image has used yet into memory, in both windows, so that
    /// placing images there takes no page faults. For idle moments and small amounts: the price is the
    /// page faults', 2 to 3 µs for 4 KiB of each window in a virtual machine. What is in memory
    /// already costs nothing.
    pub fn prepare(&mut self, bytes: u32) {
        let used = self.slots.touched() / PAGE_BYTES * PAGE_BYTES;
        let end = used.saturating_add(bytes).min(WINDOW_BYTES as u32);
        let pages = self.populated.max(used)..end.next_multiple_of(PAGE_BYTES);
        if !pages.is_empty() {
            self.text.populate(pages.clone());
            self.rodata.populate(pages.clone());
            self.populated = pages.end;
        }
    }

    /// What is free in all, in bytes of each window.
    #[must_use]
    pub fn free_bytes(&self) -> u32 {
        self.slots.free_bytes()
    }

    /// The generation now; see the module's text. Never 0.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The memfd of the text window.
    #[must_use]
    pub fn text_fd(&self) -> BorrowedFd<'_> {
        self.text.file()
    }

    /// The memfd of the read-only window.
    #[must_use]
    pub fn rodata_fd(&self) -> BorrowedFd<'_> {
        self.rodata.file()
    }

    /// The text window for a worker: opened read-only, close-on-exec.
    ///
    /// # Errors
    /// `/proc` is not there, or there are too many descriptors.
    pub fn open_text_read_only(&self) -> Result<OwnedFd, ZoneError> {
        self.text.open_read_only(TEXT_NAME)
    }

    /// The read-only window for a worker: opened read-only, close-on-exec.
    ///
    /// # Errors
    /// `/proc` is not there, or there are too many descriptors.
    pub fn open_rodata_read_only(&self) -> Result<OwnedFd, ZoneError> {
        self.rodata.open_read_only(RODATA_NAME)
    }

    fn fill(&mut self, image: &Checked, slot: Slot) -> Placed {
        let layout = image.layout();
        let (text_bytes, rodata_bytes) = (image.text().len() as u32, image.rodata().len() as u32);
        place::write(
            image,
            &self.imports,
            Destination {
                zone: self.number,
                slot: slot.start,
                text: self.text.slot_mut(slot.start, text_bytes),
                rodata: self.rodata.slot_mut(slot.start, rodata_bytes),
            },
        );
        Placed {
            entry: slot.start + layout.entry,
            record: slot.start + layout.record,
            relocated: slot.start + layout.relocated,
            data_bytes: layout.data_bytes,
            slot,
            text_bytes,
            rodata_bytes,
            zone: self.number,
            of: self.id,
        }
    }
}
