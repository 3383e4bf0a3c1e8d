//! What a service can ask of its context: the clock, its log, random bytes, its response.

use mote_abi::area::{BODY_BYTES, LOG_BYTES};
use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, Pending};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::calls::captured::checked;
use crate::calls::text::Text;
use crate::host::scrub::forget;
use crate::host::service_memory::ServiceBuffer;
use crate::host::{Host, lend};
use crate::preempt::current::CURRENT;
use crate::preempt::raise;
use crate::sys::clock::{now_ns, service_now_ns};

/// What the kernel fills without being interrupted: getrandom(2), "up to 256 bytes".
const RANDOM_PIECE_BYTES: usize = 256;

pub(super) extern "C" fn now() -> u64 {
    service_now_ns()
}

pub(super) extern "C" fn remaining_us() -> u64 {
    CURRENT.soft_ns().saturating_sub(now_ns()) / 1000
}

pub(super) extern "C" fn variables() -> u64 {
    lend(|host| host.variables())
}

pub(super) extern "C" fn checkpoint() {}

pub(super) extern "C" fn log(text: *const u8, bytes: usize) {
    checked(|host| {
        let line = host.service_bytes(text, bytes.min(LOG_BYTES))?;
        host.add_to_log(line);
        Some(())
    });
}

pub(super) extern "C" fn random_bytes(to: *mut u8, bytes: usize) {
    let is_filled = checked(|host| {
        let buffer = host.service_buffer(to, bytes)?;
        Some(fill(host, buffer))
    });
    if !is_filled {
        raise::discard(Outcome::Fault)
    }
}

/// Fills `buffer`, unless something is pending that ends the service. False if the kernel has none.
fn fill(host: &mut Host, buffer: ServiceBuffer) -> bool {
    let mut piece = [0; RANDOM_PIECE_BYTES];
    for start in (0..buffer.len()).step_by(RANDOM_PIECE_BYTES) {
        if Crossing::get().pending() > Pending::Pause {
            host.is_cut_short = true;
            return true;
        }
        if getrandom(&mut piece, GetRandomFlags::empty()).is_err() {
            return false;
        }
        buffer.write(start, &piece);
    }
    forget(&mut piece);
    true
}

pub(super) extern "C" fn respond(is_error: u32, bytes: *const u8, len: usize) {
    checked(|host| {
        let body = host.service_bytes(bytes, len)?;
        if len > BODY_BYTES {
            refuse(host, is_error != 0, len);
        } else {
            host.reply_with(is_error != 0, body);
        }
        Some(())
    });
}

/// Says in the service's stead that what it hands over is too long.
fn refuse(host: &mut Host, is_error: bool, len: usize) {
    let mut room = [0; 128];
    let mut text = Text::new(&mut room);
    let what: &[u8] = if is_error { b"the error's text" } else { b"the response" };
    text.bytes(what).bytes(b" has ").number(len as u64).bytes(b" bytes; the limit is ");
    text.number(BODY_BYTES as u64);
    let len = text.len();
    host.reply_error(&room[..len]);
}
