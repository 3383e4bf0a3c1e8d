//! A zone: windows, slots and generations, and what is done to it: place, copy text, unplace.
//!
//! Called by the dispatcher, which is the only writer. Calls [`place`](crate::place) for the bytes
//! and [`slots`](crate::slots) for the room.
//!
//! **Text of each worker.** The read-only window is one for all workers; each worker has a text window
//! of its own, at the same address, so that breakpoints stop one worker and nobody else. An image's
//! text is copied into a worker's window before that worker is first sent the image
//! ([`Zone::copy_text`]), and no relocation is in it: the copies are equal.
//!
//! **Generation.** A number of each text window that changes whenever bytes that its worker may have
//! executed are overwritten by other code, that is, whenever text is copied where other text was. A
//! processor may hold stale instructions of such bytes, so a worker that is sent a generation other
//! than the last it saw executes a serializing instruction before it enters the service (Intel SDM
//! volume 3, 10.1.3, cross-modifying code). Unplacing alone does not change it: nothing enters an
//! empty slot. It is never 0, and it wraps after 2^32 - 1 reuses.
//!
//! **Breakpoints.** [`Zone::poison`] stores one over the first byte of an instruction while the worker may be
//! executing it, and [`Zone::restore`] stores what belongs there. Each is one byte, so nobody fetches half
//! of it. None may stand in what is unplaced.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use mote_abi::imports::ImportTable;
use mote_abi::windows::WINDOW_BYTES;
use rustix::fd::{BorrowedFd, OwnedFd};

use crate::error::{PlaceError, ZoneError};
use crate::place::{self, Destination};
use crate::plan::Checked;
use crate::slots::{Slot, Slots, Taken};
use crate::stops::{INT3, StopByte};
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
    /// One for each worker, in the order of their numbers.
    texts: Vec<TextWindow>,
    rodata: Window,
    imports: ImportTable,
    slots: Slots,
    populated: u32,
    number: u8,
    id: u32,
}

/// The text window of one worker.
#[derive(Debug)]
struct TextWindow {
    window: Window,
    generation: u32,
    /// How many breakpoints stand in it.
    breakpoints: usize,
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
    /// [`Checked::stack_gap_blocks`].
    pub stack_gap_blocks: u16,
    slot: Slot,
    /// Whether other text may have been where its text goes.
    is_reused: bool,
    text_bytes: u32,
    rodata_bytes: u32,
    of: u32,
}

impl Zone {
    /// Creates the windows of zone `number`, below [`ZONES_MAX`](mote_abi::windows::ZONES_MAX), for
    /// `workers` workers: sparse memfds of 512 MiB, mapped read-write and never executable. Images will
    /// be bound to `imports`, the addresses in a worker.
    ///
    /// # Errors
    /// A window cannot be created: which system call failed, and why.
    pub fn new(number: u8, imports: ImportTable, workers: usize) -> Result<Self, ZoneError> {
        let text =
            |_| Ok(TextWindow { window: Window::new(TEXT_NAME)?, generation: 1, breakpoints: 0 });
        let texts = (0..workers).map(text).collect::<Result<_, ZoneError>>()?;
        let rodata = Window::new(RODATA_NAME)?;
        let id = ZONES.fetch_add(1, Ordering::Relaxed);
        Ok(Self { texts, rodata, imports, slots: Slots::new(), populated: 0, number, id })
    }

    /// Gives `image` a free slot, and writes and relocates its read-only bytes there. Makes no system
    /// call. No worker has its text yet: see [`Zone::copy_text`].
    ///
    /// # Errors
    /// No slot is large enough.
    pub fn place(&mut self, image: &Checked) -> Result<Placed, PlaceError> {
        image.prefetch();
        let layout = image.layout();
        let taken = self.slots.take(layout.slot_bytes, layout.slot_align).ok_or_else(|| {
            PlaceError::Full { bytes: layout.slot_bytes, free_bytes: self.slots.free_bytes() }
        })?;
        Ok(self.fill(image, taken))
    }

    /// Copies the text of `image`, which was placed as `placed`, into the window of `worker`. The worker
    /// may enter it as soon as the request that names it is published (with release ordering). Makes no
    /// system call.
    ///
    /// # Panics
    /// If `placed` comes from another zone, `image` is another one, or there is no such worker.
    pub fn copy_text(&mut self, placed: &Placed, image: &Checked, worker: usize) {
        assert_eq!(placed.of, self.id, "image was placed in another zone");
        let text = &mut self.texts[worker];
        let to = text.window.slot_mut(placed.slot.start, placed.text_bytes);
        to.copy_from_slice(image.text());
        if placed.is_reused {
            text.generation = text.generation.checked_add(1).unwrap_or(1);
        }
    }

    /// Stores a breakpoint over a stop point of the image that was placed as `placed`, in the text that `worker`
    /// has of it, with release ordering.
    ///
    /// # Panics
    /// If the stop point is not in that image's text, or there is no such worker.
    #[inline]
    pub fn poison(&mut self, placed: &Placed, worker: usize, stop: StopByte) {
        self.stop_byte(placed, worker, stop).store(INT3, Ordering::Release);
        self.texts[worker].breakpoints += 1;
    }

    /// Stores the byte of a stop point that [`Zone::poison`] stored a breakpoint over, with release ordering.
    ///
    /// # Panics
    /// As [`Zone::poison`]; or if no breakpoint is left.
    #[inline]
    pub fn restore(&mut self, placed: &Placed, worker: usize, stop: StopByte) {
        self.stop_byte(placed, worker, stop).store(stop.byte(), Ordering::Release);
        let standing = &mut self.texts[worker].breakpoints;
        *standing = standing.checked_sub(1).expect("only what was poisoned is restored");
    }

    fn stop_byte(&self, placed: &Placed, worker: usize, stop: StopByte) -> &AtomicU8 {
        let offset = stop.offset();
        assert!(offset < placed.text_bytes, "no text of the image is at {offset:#x}");
        self.texts[worker].window.byte(placed.slot.start + offset)
    }

    /// Frees an image's slot: its text becomes traps in the windows of `copies`, the workers that have it,
    /// and its read-only bytes zeros, so that nothing of one tenant is left for the next. No worker may be
    /// running it, nor be sent it again.
    ///
    /// # Panics
    /// If `placed` comes from another zone, there is no such worker, or breakpoints stand in its text.
    pub fn unplace(&mut self, placed: Placed, copies: impl IntoIterator<Item = usize>) {
        assert_eq!(placed.of, self.id, "image was placed in another zone");
        self.rodata.slot_mut(placed.slot.start, placed.rodata_bytes).fill(0);
        for worker in copies {
            let TextWindow { window: text, breakpoints, .. } = &mut self.texts[worker];
            assert_eq!(*breakpoints, 0, "breakpoints stand in the text of worker {worker}");
            text.slot_mut(placed.slot.start, placed.text_bytes).fill(INT3);
        }
        self.slots.give_back(placed.slot);
    }

    /// Brings the next `bytes` bytes that no image has used yet into memory, in all windows, so that
    /// placing images there takes no page faults. For idle moments and small amounts: the price is the
    /// page faults', 2 to 3 µs for 4 KiB of each window in a virtual machine. What is in memory
    /// already costs nothing.
    pub fn prepare(&mut self, bytes: u32) {
        let used = self.slots.touched() / PAGE_BYTES * PAGE_BYTES;
        let end = used.saturating_add(bytes).min(WINDOW_BYTES as u32);
        let pages = self.populated.max(used)..end.next_multiple_of(PAGE_BYTES);
        if !pages.is_empty() {
            self.texts.iter_mut().for_each(|text| text.window.populate(pages.clone()));
            self.rodata.populate(pages.clone());
            self.populated = pages.end;
        }
    }

    /// What is free in all, in bytes of each window.
    #[must_use]
    pub fn free_bytes(&self) -> u32 {
        self.slots.free_bytes()
    }

    /// The generation of a worker's text window now; see the module's text. Never 0.
    ///
    /// # Panics
    /// If there is no such worker.
    #[must_use]
    pub fn generation(&self, worker: usize) -> u32 {
        self.texts[worker].generation
    }

    /// The memfd of a worker's text window.
    ///
    /// # Panics
    /// If there is no such worker.
    #[must_use]
    pub fn text_fd(&self, worker: usize) -> BorrowedFd<'_> {
        self.texts[worker].window.file()
    }

    /// The memfd of the read-only window.
    #[must_use]
    pub fn rodata_fd(&self) -> BorrowedFd<'_> {
        self.rodata.file()
    }

    /// The text window of a worker, for it: opened read-only, close-on-exec.
    ///
    /// # Errors
    /// `/proc` is not there, or there are too many descriptors.
    ///
    /// # Panics
    /// If there is no such worker.
    pub fn open_text_read_only(&self, worker: usize) -> Result<OwnedFd, ZoneError> {
        self.texts[worker].window.open_read_only(TEXT_NAME)
    }

    /// The read-only window for a worker: opened read-only, close-on-exec.
    ///
    /// # Errors
    /// `/proc` is not there, or there are too many descriptors.
    pub fn open_rodata_read_only(&self) -> Result<OwnedFd, ZoneError> {
        self.rodata.open_read_only(RODATA_NAME)
    }

    fn fill(&mut self, image: &Checked, taken: Taken) -> Placed {
        let (layout, start) = (image.layout(), taken.slot.start);
        let rodata_bytes = image.rodata().len() as u32;
        place::write(
            image,
            &self.imports,
            Destination {
                zone: self.number,
                slot: start,
                rodata: self.rodata.slot_mut(start, rodata_bytes),
            },
        );
        Placed {
            entry: start + layout.entry,
            record: start + layout.record,
            relocated: start + layout.relocated,
            data_bytes: layout.data_bytes,
            stack_gap_blocks: image.stack_gap_blocks(),
            slot: taken.slot,
            is_reused: taken.is_reused,
            text_bytes: image.text().len() as u32,
            rodata_bytes,
            zone: self.number,
            of: self.id,
        }
    }
}
