//! Calls to upstreams, as services make them: the invocation is suspended at the call, and goes on with the replies.

use mote_abi::area::BODY_BYTES;
use mote_abi::upstream::CallError;
use mote_sigctx::arch::{ControlWords, Crossing, Pending};
use mote_sigctx::registers::Registers;

use crate::calls::captured::checked;
use crate::host::Host;
use crate::host::host_call::HostCall;
use crate::preempt::current::CURRENT;
use crate::preempt::leave;

pub(super) extern "C" fn call(calls: *const u8, bytes: usize) -> ! {
    let begun = checked(|host| begin(host, calls, bytes));
    match begun {
        Ok(()) => leave::suspend(),
        Err(why) => leave::answer(&refused(why)),
    }
}

/// Leaves the calls in the outbox, and notes where the service waits; or says why it need not wait. `None` if
/// they are not the service's own.
fn begin(host: &mut Host, calls: *const u8, bytes: usize) -> Option<Result<(), CallError>> {
    let calls = host.service_bytes(calls, bytes)?;
    if let Err(why) = check(host, bytes) {
        return Some(Err(why));
    }
    if !host.hand_out(calls) {
        // A discard is pending, which the way back meets.
        return Some(Err(CallError::Timeout));
    }
    let (registers, control_words) = (Crossing::get().captured(), ControlWords::now());
    host.call = Some(HostCall { registers, control_words, bytes });
    Some(Ok(()))
}

/// Whether the running invocation may wait now, for calls of so many bytes.
fn check(host: &Host, bytes: usize) -> Result<(), CallError> {
    // One that is being unwound cannot be left, and one that has answered has nothing to wait for.
    let is_over = CURRENT.is_raised() || Crossing::get().pending() > Pending::Pause;
    if is_over {
        Err(CallError::Timeout)
    } else if bytes == 0 || host.reply.is_given {
        Err(CallError::Refused)
    } else if bytes > BODY_BYTES {
        Err(CallError::TooLarge)
    } else if host.slots.current.saved_state.is_none() {
        Err(CallError::NotGranted)
    } else if !host.slots.has_free() {
        Err(CallError::Busy)
    } else {
        Ok(())
    }
}

/// The service's registers after a call for which there are no replies.
fn refused(why: CallError) -> Registers {
    HostCall::returning(Crossing::get().captured(), 0, why as u64)
}
