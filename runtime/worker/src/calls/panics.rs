//! The beginning of a panic: its message, formatted here because images carry nothing to do it with, and
//! the raise. Also `_Unwind_Resume`, with which a landing pad ends.

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, CrossingResult, Pending};

use crate::calls::captured::{checked, frame};
use crate::calls::text::Text;
use crate::host::{Host, lend};
use crate::preempt::current::CURRENT;
use crate::preempt::leave::leave;
use crate::preempt::raise;

/// The longest message of a panic, in bytes: what is longer is cut.
const MESSAGE_BYTES: usize = 4096;

pub(super) extern "C" fn panicking() {
    begin(Outcome::Panicked);
}

/// A panic begins, of which `outcome` is the cause unless the deadline is.
fn begin(outcome: Outcome) {
    if CURRENT.is_raised() {
        // A destructor panicked during unwinding, or the first panic's message did.
        lend(|host| {
            if !host.reply.is_given {
                host.reply_error(b"a second panic, before the first had said anything");
            }
        });
        leave(CrossingResult::Discarded)
    }
    let is_over =
        Crossing::get().pending() > Pending::Pause || CURRENT.verdict() == Outcome::OverBudget;
    CURRENT.judge(if is_over { Outcome::OverBudget } else { outcome });
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
    checked(|host| {
        let message = host.service_bytes(message, bytes.min(MESSAGE_BYTES))?;
        let file = host.service_bytes(file, file_bytes.min(MESSAGE_BYTES))?;
        reply(host, |text| {
            text.fill(|room| message.copy_to(room));
            if line > 0 {
                text.bytes(b" (at ").fill(|room| file.copy_to(room)).bytes(b":");
                text.number(line.into()).bytes(b":").number(column.into()).bytes(b")");
            }
        });
        Some(())
    });
    raise::begin(frame())
}

/// An allocation was refused, and the service does not cope.
pub(super) extern "C" fn refused(bytes: usize, _align: usize) -> ! {
    begin(Outcome::OverMemory);
    lend(|host| {
        reply(host, |text| {
            text.bytes(b"memory allocation of ").number(bytes as u64).bytes(b" bytes failed");
        });
    });
    raise::begin(frame())
}

pub(super) extern "C" fn unwind_resume() -> ! {
    if !CURRENT.is_raised() {
        raise::discard(Outcome::Fault)
    }
    raise::resume(Crossing::get().captured())
}

/// Hands over a panic's message.
fn reply(host: &mut Host, write: impl FnOnce(&mut Text<'_>)) {
    let mut room = [0; MESSAGE_BYTES];
    let mut text = Text::new(&mut room);
    write(&mut text);
    let len = text.len();
    host.reply_error(&room[..len]);
}
