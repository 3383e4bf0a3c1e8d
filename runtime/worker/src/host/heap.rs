//! Blocks of memory for the running service.

use core::alloc::Layout;
use core::ptr::NonNull;

use mote_sigctx::arch::{Crossing, Pending};

use crate::host::Host;
use crate::host::service_memory::pieces;

impl Host {
    /// A block of the running service's arena; null if it is full.
    #[inline]
    pub fn alloc(&mut self, layout: Layout) -> *mut u8 {
        self.slots.current.arena.alloc(layout)
    }

    /// The same, of zeros. It may be large: when the service is being discarded, and will not see it,
    /// zeroing ends.
    pub fn alloc_zeroed(&mut self, layout: Layout) -> *mut u8 {
        let block = self.alloc(layout);
        if block.is_null() {
            return block;
        }
        for piece in pieces(layout.size()) {
            if Crossing::get().pending() == Pending::Discard {
                break;
            }
            // SAFETY: the block has `layout.size()` bytes, just allocated, and this is a part of it.
            unsafe { block.wrapping_add(piece.start).write_bytes(0, piece.len()) };
        }
        block
    }

    /// Takes back a block that a service releases.
    #[inline]
    pub fn dealloc(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: safe Rust frees what it allocated, once, with its layout. Code that does not is stopped
        // by the heap's own checks at worst, which end this worker only.
        unsafe { self.slots.current.arena.dealloc(block.as_ptr(), layout) };
    }
}
