//! What the crossings call: something is pending on the way back to the service, or the fake frame
//! called.

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, Hooks, Pending, ReturnPath};
use mote_sigctx::unwind::Frame;

use crate::calls::captured::{frame, must_wait};
use crate::preempt::current::CURRENT;
use crate::preempt::{leave, raise};

/// The hooks of the crossing.
pub const HOOKS: Hooks = Hooks { on_pending, on_raise };

extern "C" fn on_pending(path: ReturnPath) -> ! {
    if path == ReturnPath::Raising && must_wait() {
        leave::land(&Crossing::get().captured())
    }
    act(path)
}

extern "C" fn on_raise() -> ! {
    raise::begin(frame())
}

/// Does what is pending.
pub(super) fn act(path: ReturnPath) -> ! {
    let pending = Crossing::get().pending();
    if pending == Pending::Discard || path == ReturnPath::Landing {
        raise::discard(Outcome::OverBudget)
    }
    if pending == Pending::Pause {
        leave::pause()
    }
    CURRENT.judge(Outcome::OverBudget);
    let registers = match path {
        ReturnPath::Resuming => leave::paused_registers(),
        _ => Crossing::get().captured(),
    };
    raise::begin(Frame { registers, is_exact: pending == Pending::RaiseHere })
}
