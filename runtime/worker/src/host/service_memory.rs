//! Memory that a service points to: looked at once, and then copied.
//!
//! The arguments of host calls come from a service, which may point anywhere. [`Host::service_bytes`]
//! turns them into a value that says that the check was made; all of what services own stays mapped for the
//! life of the worker, and the service stands still during a host call.

use core::ops::Range;
use core::ptr;

use mote_abi::area::{BODY_BYTES, LOG_BYTES};
use mote_abi::windows;
use mote_sigctx::arch::{Crossing, Pending};
use mote_sigctx::unwind::Stack;

use crate::host::Host;
use crate::host::reply::Reply;

/// Fills and copies that the host makes for a service are cut into pieces of this many bytes, and a
/// discard that is pending ends them.
const PIECE_BYTES: usize = 64 << 10;

/// The ranges of `0..bytes`, one piece each.
pub fn pieces(bytes: usize) -> impl Iterator<Item = Range<usize>> {
    (0..bytes).step_by(PIECE_BYTES).map(move |start| start..bytes.min(start + PIECE_BYTES))
}

/// Bytes that the running service may read.
#[derive(Clone, Copy, Debug)]
pub struct ServiceBytes {
    start: *const u8,
    bytes: usize,
}

/// Bytes that it may write.
#[derive(Clone, Copy, Debug)]
pub struct ServiceBuffer {
    start: *mut u8,
    bytes: usize,
}

impl ServiceBytes {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Copies the first of them, as many as `to` has room for; how many.
    #[must_use]
    pub fn copy_to(&self, to: &mut [u8]) -> usize {
        let bytes = self.bytes.min(to.len());
        // SAFETY: the source was found to be the service's, which has no part in host memory.
        unsafe { ptr::copy_nonoverlapping(self.start, to.as_mut_ptr(), bytes) };
        bytes
    }
}

impl ServiceBuffer {
    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Writes `from` at `offset`, as far as there is room.
    pub fn write(&self, offset: usize, from: &[u8]) {
        let bytes = self.bytes.saturating_sub(offset).min(from.len());
        let to = self.start.wrapping_add(offset);
        // SAFETY: the target was found to be the service's, which has no part in host memory.
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to, bytes) };
    }
}

impl Host {
    /// The bytes at `start`, if the running service may read them: they lie on its stack, in the arena,
    /// in the windows, or in its request. No bytes may lie anywhere.
    #[must_use]
    pub fn service_bytes(&self, start: *const u8, bytes: usize) -> Option<ServiceBytes> {
        let address = start as u64;
        let is_services = bytes == 0
            || self.is_own(address, bytes)
            || windows::is_inside_one_window(address, bytes as u64, self.zones)
            || is_inside(
                &(self.body..self.body + self.invoke.request_bytes() as u64),
                address,
                bytes,
            );
        is_services.then_some(ServiceBytes { start, bytes })
    }

    /// The bytes at `start`, if the running service may write them: they lie on its stack, in the arena,
    /// or in a data window.
    #[must_use]
    pub fn service_buffer(&self, start: *mut u8, bytes: usize) -> Option<ServiceBuffer> {
        let address = start as u64;
        let is_services = bytes == 0
            || self.is_own(address, bytes)
            || windows::is_inside_data_window(address, bytes as u64, self.zones);
        is_services.then_some(ServiceBuffer { start, bytes })
    }

    /// Whether they lie on its stack or in its arena.
    fn is_own(&self, address: u64, bytes: usize) -> bool {
        let slot = &self.slots.current;
        let arena = slot.arena.addresses();
        is_inside(&(arena.start as u64..arena.end as u64), address, bytes)
            || is_inside(&slot.stack, address, bytes)
    }

    /// Hands `body` over in the service's name, unless a discard is pending. Its end is dropped if it is
    /// longer than a body may be.
    pub fn reply_with(&mut self, is_error: bool, body: ServiceBytes) {
        if self.hand_out(body) {
            let bytes = body.bytes.min(BODY_BYTES);
            self.reply = Reply { is_given: true, is_error, bytes, ..self.reply };
        }
    }

    /// Leaves `body` in the outbox, as much of it as there is room for. False if it was not, because a discard is
    /// pending.
    #[must_use]
    pub fn hand_out(&mut self, body: ServiceBytes) -> bool {
        let to = self.areas.reply(self.sequence);
        let bytes = body.bytes.min(BODY_BYTES);
        self.reply.written_bytes = self.reply.written_bytes.max(bytes);
        for piece in pieces(bytes) {
            if Crossing::get().pending() == Pending::Discard {
                return false;
            }
            let (from, to) = (body.start.wrapping_add(piece.start), to.wrapping_add(piece.start));
            // SAFETY: the source was found to be the service's, or is the host's; the outbox has room for
            // the longest body, and is neither's.
            unsafe { ptr::copy_nonoverlapping(from, to, piece.len()) };
        }
        true
    }

    /// Hands over an error's `text` in the service's stead.
    pub fn reply_error(&mut self, text: &[u8]) {
        self.reply_with(true, ServiceBytes { start: text.as_ptr(), bytes: text.len() });
    }

    /// Adds a line to the invocation's log, as far as there is room.
    pub fn add_to_log(&mut self, line: ServiceBytes) {
        let room = LOG_BYTES - self.log_bytes;
        if room == 0 {
            return;
        }
        let bytes = line.bytes.min(room - 1);
        let to = self.areas.log(self.sequence).wrapping_add(self.log_bytes);
        // SAFETY: the source was found to be the service's, or is the host's; the target has room for
        // `bytes` and one more, and is neither's.
        unsafe { ptr::copy_nonoverlapping(line.start, to, bytes) };
        // SAFETY: the same.
        unsafe { to.wrapping_add(bytes).write(b'\n') };
        self.log_bytes += bytes + 1;
    }

    /// Adds a line of the host's own to the invocation's log.
    pub fn note(&mut self, line: &[u8]) {
        self.add_to_log(ServiceBytes { start: line.as_ptr(), bytes: line.len() });
    }
}

/// The stack of the running service, for the unwinder: words inside it, and nothing else.
#[derive(Debug)]
pub struct ServiceStack(Range<u64>);

impl Host {
    /// The stack of the running service.
    #[must_use]
    pub fn service_stack(&self) -> ServiceStack {
        ServiceStack(self.slots.current.stack.clone())
    }
}

impl Stack for ServiceStack {
    fn read_u64(&self, address: u64) -> Option<u64> {
        if !is_inside(&self.0, address, size_of::<u64>()) {
            return None;
        }
        // SAFETY: the eight bytes lie on the service's stack, which is mapped, and the service does
        // not run now. The address may be unaligned.
        Some(unsafe { (address as *const u64).read_unaligned() })
    }
}

fn is_inside(range: &Range<u64>, address: u64, bytes: usize) -> bool {
    address >= range.start && address <= range.end && range.end - address >= bytes as u64
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn pieces_are_the_whole_without_gaps() {
        for bytes in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let all: Vec<_> = pieces(bytes).collect();
            let ends = all.iter().scan(0, |at, piece| {
                assert_eq!(piece.start, *at);
                *at = piece.end;
                Some(*at)
            });
            assert_eq!(ends.last().unwrap_or(0), bytes);
            assert!(all.iter().all(|piece| piece.len() <= PIECE_BYTES));
        }
    }

    #[test]
    fn range_is_refused_when_it_crosses_an_end_or_wraps() {
        let range = 0x1000..0x2000;
        assert!(is_inside(&range, 0x1000, 0x1000) && is_inside(&range, 0x2000, 0));
        assert!(!is_inside(&range, 0xfff, 1) && !is_inside(&range, 0x1001, 0x1000));
        assert!(!is_inside(&range, 0x1fff, usize::MAX) && !is_inside(&range, u64::MAX, 1));
    }
}
