//! The functions behind the import table, and the stubs that services really call.
//!
//! Each runs on the host stack with the service standing still. Arguments come from a service, so
//! pointers are checked against what the service owns: a broken one discards the service instead of
//! killing the worker.

use core::ptr;

use mote_abi::area::{BODY_BYTES, LOG_BYTES};
use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, Hooks, Pending, ReturnPath, land};
use mote_sigctx::host_call;
use mote_sigctx::unwind::{Frame, ProbeSite};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::host::{self, Host, Reply};
use crate::invocation::pause;
use crate::preempt::current::CURRENT;
use crate::preempt::raise;
use crate::sys::clock::now_ns;

mod heap;
mod mem;
mod panics;
pub mod service_mem;
pub mod text;

host_call!(creating "mote_import_alloc" => heap::alloc, when pending heap::alloc_late);
host_call!(creating "mote_import_alloc_zeroed" => heap::alloc_zeroed, when pending heap::alloc_zeroed_late);
host_call!(creating "mote_import_token_create" => token_create, when pending token_create_late);
host_call!(quiet "mote_import_dealloc" => heap::dealloc);
host_call!(quiet "mote_import_token_release" => token_release);
host_call!(quiet "mote_import_panicking" => panics::panicking);
host_call!(raising "mote_import_now_ns" => now);
host_call!(raising "mote_import_remaining_us" => remaining_us);
host_call!(raising "mote_import_log" => log);
host_call!(raising "mote_import_random_bytes" => random_bytes);
host_call!(raising "mote_import_checkpoint" => checkpoint);
host_call!(raising "mote_import_respond" => respond);
host_call!(diverging "mote_import_panic" => panics::panic);
host_call!(diverging "mote_import_refused" => panics::refused);
host_call!(diverging "mote_import__Unwind_Resume" => unwind_resume);
// The loader binds a pointer to it in every image; nothing calls it.
host_call!(diverging "mote_import_rust_eh_personality" => unwind_resume);

/// Fills and copies that the host makes for a service are cut into pieces of this many bytes, and a
/// discard that is pending ends them.
const PIECE_BYTES: usize = 64 << 10;

/// What the kernel fills without being interrupted: getrandom(2), "up to 256 bytes".
const RANDOM_PIECE_BYTES: usize = 256;

/// The hooks of the crossing.
pub const HOOKS: Hooks = Hooks { on_pending, on_raise };

unsafe extern "C" {
    fn mote_import__Unwind_Resume() -> !;
    fn mote_import_panicking();
}

/// What images have bound as `_Unwind_Resume`.
pub fn resume_address() -> u64 {
    mote_import__Unwind_Resume as *const () as u64
}

/// What images have bound as what a panic calls first.
pub fn panicking_address() -> u64 {
    mote_import_panicking as *const () as u64
}

/// The host, for the length of one host call.
fn host() -> &'static mut Host {
    // SAFETY: host calls run one at a time, and only while the loop is inside `enter`, where it holds
    // no reference. Every function here drops the reference before it returns or leaves.
    unsafe { host::get() }
}

extern "C" fn token_create() -> u32 {
    host().tokens.create()
}

extern "C" fn token_create_late() -> u32 {
    if must_wait() {
        return token_create();
    }
    raise_pending(ReturnPath::Raising)
}

extern "C" fn token_release(token: u32) {
    if token != 0 {
        host().tokens.release(token);
    }
}

extern "C" fn now() -> u64 {
    now_ns()
}

extern "C" fn remaining_us() -> u64 {
    CURRENT.soft_ns().saturating_sub(now_ns()) / 1000
}

extern "C" fn checkpoint() {}

extern "C" fn log(text: *const u8, bytes: usize) {
    let host = host();
    let room = LOG_BYTES - host.log_bytes;
    let bytes = bytes.min(room.saturating_sub(1));
    check_services(host, text, bytes);
    if room == 0 {
        return;
    }
    let to = host.areas.log(host.sequence).wrapping_add(host.log_bytes);
    // SAFETY: the source is the service's, the target has room for `bytes` and one more; they cannot
    // overlap, because the outbox is not the service's.
    unsafe { ptr::copy_nonoverlapping(text, to, bytes) };
    // SAFETY: the same.
    unsafe { to.wrapping_add(bytes).write(b'\n') };
    host.log_bytes += bytes + 1;
}

extern "C" fn random_bytes(to: *mut u8, bytes: usize) {
    let host = host();
    check_services(host, to, bytes);
    for start in (0..bytes).step_by(RANDOM_PIECE_BYTES) {
        if Crossing::get().pending() > Pending::Pause {
            host.is_cut_short = true;
            return;
        }
        let piece = RANDOM_PIECE_BYTES.min(bytes - start);
        // SAFETY: the bytes are the service's, which stands still.
        let piece = unsafe { core::slice::from_raw_parts_mut(to.wrapping_add(start), piece) };
        if getrandom(&mut *piece, GetRandomFlags::empty()).is_err() {
            // SAFETY: a host call holds no reference here and owns nothing.
            unsafe { raise::discard(Outcome::Fault) }
        }
    }
}

extern "C" fn respond(is_error: u32, bytes: *const u8, len: usize) {
    let host = host();
    check_services(host, bytes, len);
    if len > BODY_BYTES {
        let refusal: &[u8] = match is_error {
            0 => b"the response is longer than 1048576 bytes",
            _ => b"the error's text is longer than 1048576 bytes",
        };
        return reply(host, true, refusal);
    }
    // SAFETY: `check_services` found the bytes to be the service's.
    reply(host, is_error != 0, unsafe { bytes_of(bytes, len) });
}

extern "C" fn unwind_resume() -> ! {
    if !CURRENT.is_raised() {
        // SAFETY: a host call holds no reference here and owns nothing.
        unsafe { raise::discard(Outcome::Fault) }
    }
    // SAFETY: as above.
    unsafe { raise::resume(Crossing::get().captured()) }
}

extern "C" fn on_pending(way: ReturnPath) -> ! {
    if way == ReturnPath::Raising && must_wait() {
        // SAFETY: the registers are those that the service has after the call that it returns from.
        unsafe { land(&Crossing::get().captured()) }
    }
    raise_pending(way)
}

/// Whether the service goes on although a raise is pending, because the raise would not get through.
/// One whose call was cut short does not go on.
fn must_wait() -> bool {
    let host = host();
    Crossing::get().pending() == Pending::RaiseAtCall
        && !host.is_cut_short
        && !raise::can_unwind(host, captured_frame(), ProbeSite::Known)
}

/// Does what is pending.
fn raise_pending(way: ReturnPath) -> ! {
    let pending = Crossing::get().pending();
    if pending == Pending::Discard || way == ReturnPath::Landing {
        // SAFETY: the crossing calls this on the host stack, with nothing on it.
        unsafe { raise::discard(Outcome::OverBudget) }
    }
    if pending == Pending::Pause {
        // SAFETY: as above; the registers are captured, and the host call is over.
        unsafe { pause::leave() }
    }
    CURRENT.judge(Outcome::OverBudget);
    let registers = match way {
        // SAFETY: a service is being resumed, so its frame is kept, and the kernel did not take it.
        ReturnPath::Resuming => unsafe { (*CURRENT.frame()).registers() },
        _ => Crossing::get().captured(),
    };
    let frame = Frame { registers, is_exact: pending == Pending::RaiseHere };
    // SAFETY: as above.
    unsafe { raise::begin(frame) }
}

/// The service's frame at the return address of its call.
fn captured_frame() -> Frame {
    Frame { registers: Crossing::get().captured(), is_exact: false }
}

extern "C" fn on_raise() -> ! {
    // SAFETY: the fake frame calls this on the host stack, with nothing on it.
    unsafe { raise::begin(captured_frame()) }
}

/// Copies `body` into the outbox, in pieces.
fn reply(host: &mut Host, is_error: bool, body: &[u8]) {
    let to = host.areas.reply(host.sequence);
    for (piece, start) in body.chunks(PIECE_BYTES).zip((0..).step_by(PIECE_BYTES)) {
        if Crossing::get().pending() == Pending::Discard {
            return;
        }
        // SAFETY: `body` is no longer than the outbox's room for it, and does not lie there.
        unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), to.wrapping_add(start), piece.len()) };
    }
    host.reply = Reply { is_given: true, is_error, bytes: body.len() };
}

/// The bytes that a service points to; none where it may point anywhere because there are none.
///
/// # Safety
/// The bytes are the service's, and it stands still while they are used.
unsafe fn bytes_of<'a>(at: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: passed on to the caller; memory of services is mapped and never null.
    unsafe { core::slice::from_raw_parts(at, len) }
}

/// Discards the service if the bytes are not its own.
fn check_services(host: &Host, at: *const u8, bytes: usize) {
    if bytes > 0 && !host.is_services(at as u64, bytes) {
        // SAFETY: the caller owns nothing, and uses its reference no more.
        unsafe { raise::discard(Outcome::Fault) }
    }
}
