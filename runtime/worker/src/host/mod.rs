//! What the worker owns while services run: areas, stack slots, tokens, and the state of the running
//! invocation that only host code touches.
//!
//! There is one [`Host`] in a process, and [`lend`] lends it. Signal handlers never touch it; what they
//! need is in [`current`](crate::preempt::current).
//!
//! | module | what |
//! | --- | --- |
//! | [`areas`] | the two shared areas |
//! | [`heap`] | blocks for the running service |
//! | [`host_call`] | a host call in which a service waits |
//! | [`image`] | the image that is run: header, data window, text and tables |
//! | [`reply`] | what an invocation has handed over |
//! | [`saved_state`] | what a paused invocation leaves besides stack and heap |
//! | [`scrub`] | zeroing what was used of a stack |
//! | [`service_memory`] | memory that a service points to: checked, then copied |
//! | [`stack_slot`] | stack, heap and saved state of each invocation that may be under way |
//! | [`suspend`] | the running invocation's way to its saved state, and back |
//! | [`tokens`] | the handle table |
//! | [`zones`] | where the zones begin |

pub mod areas;
pub mod heap;
pub mod host_call;
pub mod image;
pub mod reply;
pub mod saved_state;
pub mod scrub;
pub mod service_memory;
pub mod stack_slot;
pub mod suspend;
pub mod tokens;
pub mod zones;

use core::cell::UnsafeCell;
use core::mem::{self, MaybeUninit};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use mote_abi::message::Invoke;
use mote_abi::variables;
use mote_sigctx::arch::{Crossing, take_entered};
use mote_sigctx::unwind::HostText;

use crate::host::areas::Areas;
use crate::host::host_call::HostCall;
use crate::host::reply::{Reply, Unwinding};
use crate::host::saved_state::Part;
use crate::host::scrub::{AlternateStack, scrub_stack};
use crate::host::stack_slot::StackSlots;
use crate::host::tokens::{Tally, Tokens};
use crate::sys::exit::abort;

/// What the worker owns.
#[derive(Debug)]
pub struct Host {
    /// The two shared areas.
    pub areas: Areas,
    /// The stack slots; the running invocation has the current one.
    pub slots: StackSlots,
    /// Its handle table.
    pub tokens: Tokens,
    /// Where its request's body lies.
    pub body: u64,
    /// Its request.
    pub invoke: Invoke,
    /// Its sequence number.
    pub sequence: u64,
    /// What it handed over.
    pub reply: Reply,
    /// Bytes in its log.
    pub log_bytes: usize,
    /// Bytes of the last replies of upstreams, in its saved state.
    pub answer_bytes: usize,
    /// The host call that it is about to wait in.
    pub call: Option<HostCall>,
    /// Whether a host call left its work undone because of what is pending: the service must not see it.
    pub is_cut_short: bool,
    /// What unwinding it took.
    pub unwinding: Unwinding,
    /// The stack of signal handlers.
    pub alternate_stack: AlternateStack,
    /// The worker's own code whose frames may lie between a service's.
    pub host_text: HostText,
    /// How many zones there are.
    pub zones: usize,
    /// The zones' generation when this processor last serialized.
    pub generation: u32,
}

impl Host {
    /// A host whose worker has run nothing yet.
    #[must_use]
    pub fn new(
        areas: Areas,
        slots: StackSlots,
        alternate_stack: AlternateStack,
        zones: usize,
        host_text: HostText,
    ) -> Self {
        Self {
            areas,
            slots,
            tokens: Tokens::new(),
            body: 0,
            invoke: Invoke::default(),
            sequence: 0,
            reply: Reply::default(),
            log_bytes: 0,
            answer_bytes: 0,
            call: None,
            is_cut_short: false,
            unwinding: Unwinding::default(),
            alternate_stack,
            host_text,
            zones,
            generation: 0,
        }
    }

    /// Forgets the last invocation. Arena, tokens and replies of upstreams are emptied when an invocation ends.
    ///
    /// The ring's line is used again when an invocation is paused; so one that may be gets a body of
    /// its own.
    #[inline]
    pub fn begin(&mut self, sequence: u64, invoke: Invoke) {
        self.sequence = sequence;
        self.invoke = invoke;
        let request = self.areas.request(sequence);
        self.body = match &mut self.slots.current.saved_state {
            None => request as u64,
            // SAFETY: the ring has room for the longest body, and lies in the inbox.
            Some(state) => unsafe { state.save(Part::Request, request, invoke.request_bytes()) },
        };
        self.reply = Reply::default();
        self.log_bytes = 0;
        self.is_cut_short = false;
        self.unwinding = Unwinding::default();
    }

    /// Makes zeros of what the invocation left in its reply's room beyond what is told: the first `told_bytes`.
    #[inline]
    pub fn withhold(&mut self, told_bytes: usize) {
        if told_bytes < self.reply.written_bytes {
            self.areas.clear_reply(self.sequence, told_bytes..self.reply.written_bytes);
        }
    }

    /// Leaves nothing of the service's registers where the ways back to the host put them.
    pub fn forget_registers(&mut self) {
        Crossing::get().forget_captured();
        scrub::scrub_host_stack();
    }

    /// Leaves nothing of what host calls copied on the host's stack, where a service returned.
    #[inline]
    pub fn forget_calls(&mut self) {
        scrub::scrub_host_calls();
    }

    /// Leaves nothing on the alternate stack, if a handler ran since this was called last: before an invocation, so
    /// that no handler comes between that interrupted what has to do with another. One that comes meanwhile may have
    /// saved what is being looked at, so then it is done again; once, because a worker that is slow enough, as one that
    /// is traced, has a handler each time. A stepped worker has one at every instruction.
    #[inline]
    pub fn forget_signals(&mut self) {
        for _ in 0..2 {
            if cfg!(feature = "torture") || !take_entered() {
                return;
            }
            let AlternateStack { stack, gap_blocks } = self.alternate_stack.clone();
            // SAFETY: no handler is under way, and one that comes is over before this goes on.
            unsafe { scrub_stack(stack, gap_blocks) };
        }
    }

    /// Where the variables are, as [`variables::pack`] has it.
    #[must_use]
    pub fn variables(&self) -> u64 {
        let address = self.body + u64::from(self.invoke.body_bytes);
        variables::pack(address, self.invoke.variables_bytes)
    }

    /// Leaves nothing of the invocation in arena, stack, request and handle table.
    #[inline]
    pub fn clean(&mut self) -> Tally {
        let slot = &mut self.slots.current;
        slot.arena.discard();
        // SAFETY: the slot's stack is mapped, and the invocation that had it is over.
        unsafe { scrub_stack(slot.stack.clone(), self.invoke.stack_gap_blocks) };
        if let Some(state) = &mut slot.saved_state {
            state.forget(Part::Request, self.invoke.request_bytes());
            state.forget_frame();
            state.forget(Part::Answer, mem::take(&mut self.answer_bytes));
        }
        self.tokens.reclaim()
    }
}

struct HostCell(UnsafeCell<MaybeUninit<Host>>);

// SAFETY: a worker has one thread; `lend` guards against nesting.
unsafe impl Sync for HostCell {}

static HOST: HostCell = HostCell(UnsafeCell::new(MaybeUninit::uninit()));

/// Whether there is nothing to lend: it is lent, or not there yet.
static IS_LENT: AtomicBool = AtomicBool::new(true);

/// Puts the host in its place.
///
/// # Safety
/// Called once, by the only thread of the process.
pub unsafe fn set(host: Host) {
    // SAFETY: nobody has a reference yet, because `lend` lends nothing.
    let cell = unsafe { &mut *HOST.0.get() };
    cell.write(host);
    IS_LENT.store(false, Relaxed);
}

/// Lends the host to `borrower`, which must not enter or leave a service. The worker ends if it is
/// lent already.
#[inline]
pub fn lend<R>(borrower: impl FnOnce(&mut Host) -> R) -> R {
    if IS_LENT.load(Relaxed) {
        abort();
    }
    IS_LENT.store(true, Relaxed);
    // SAFETY: it is not lent, so this is the only reference, until the end of this function. A handler
    // that came between the two lines above would be over by now.
    let cell = unsafe { &mut *HOST.0.get() };
    // SAFETY: `set` initialised it before anything could be lent.
    let result = borrower(unsafe { cell.assume_init_mut() });
    IS_LENT.store(false, Relaxed);
    result
}

/// Whether the host is lent: then nobody may leave the stack on which its borrower runs.
#[must_use]
pub fn is_lent() -> bool {
    IS_LENT.load(Relaxed)
}
