//! The beginning of a panic: its text, put into words here because images carry nothing to do it with, and
//! the raise.

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, CrossingResult, Pending, leave};

use super::{bytes_of, captured_frame, check_services, host, reply};
use crate::calls::text::Text;
use crate::preempt::current::CURRENT;
use crate::preempt::raise;

/// The longest text of a panic, in bytes: what is longer is cut.
const PANIC_BYTES: usize = 4096;

pub(super) extern "C" fn panicking() {
    if CURRENT.is_raised() {
        // A destructor panicked during unwinding, or the first panic's message did.
        if !host().reply.is_given {
            reply(host(), true, b"a second panic, before the first had said anything");
        }
        // SAFETY: a host call holds no reference here and owns nothing.
        unsafe { leave(CrossingResult::Discarded) }
    }
    CURRENT.judge(panic_outcome());
    CURRENT.set_raised();
    // Writing the message may allocate.
    Crossing::get().clear_raise();
}

pub(super) extern "C" fn panic(
    message: *const u8,
    bytes: usize,
    file: *const u8,
    file_bytes: usize,
    line: u32,
    column: u32,
) -> ! {
    let [bytes, file_bytes] = [bytes, file_bytes].map(|bytes| bytes.min(PANIC_BYTES));
    check_services(host(), message, bytes);
    check_services(host(), file, file_bytes);
    // SAFETY: `check_services` found the bytes to be the service's, which stands still.
    let message = unsafe { bytes_of(message, bytes) };
    // SAFETY: the same.
    let file = unsafe { bytes_of(file, file_bytes) };
    say(|text| {
        text.bytes(message);
        if line > 0 {
            text.bytes(b" (at ").bytes(file).bytes(b":").number(line.into());
            text.bytes(b":").number(column.into()).bytes(b")");
        }
    })
}

pub(super) extern "C" fn refused(bytes: usize, _align: usize) -> ! {
    panicking();
    say(|text| {
        text.bytes(b"memory allocation of ").number(bytes as u64).bytes(b" bytes failed");
    })
}

/// Hands over a panic's text and starts the raise.
fn say(write: impl FnOnce(&mut Text<'_>)) -> ! {
    let mut room = [0; PANIC_BYTES];
    let mut text = Text::new(&mut room);
    write(&mut text);
    let len = text.len();
    reply(host(), true, &room[..len]);
    // SAFETY: no reference to the host is in use, and no value here has a destructor.
    unsafe { raise::begin(captured_frame()) }
}

/// What a panic that begins now comes from.
fn panic_outcome() -> Outcome {
    match CURRENT.verdict() {
        _ if Crossing::get().pending() > Pending::Pause => Outcome::OverBudget,
        decided @ (Outcome::OverBudget | Outcome::OverMemory) => decided,
        _ => Outcome::Panicked,
    }
}
