//! What the trap handler of a torture worker knows, between one trap and the next.

use core::cell::UnsafeCell;
use core::ops::Range;

use mote_abi::torture::Record;
use mote_sigctx::step::{Selection, Steps};

use super::recovery::RecoveryPoint;
use crate::preempt::handlers::{is_program, is_service};

/// Injections in the kernel's vDSO. It reads the clock again when the clock moved meanwhile, which it
/// does without an end when it is injected into at each instruction.
const MOST_VDSO: u32 = 256;

/// What this process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It does not step yet.
    Idle,
    /// It steps, and forks.
    Parent,
    /// It was injected into.
    Child,
    /// It was injected into, and will be again when it has taken so many more steps of its cleanup.
    ChildBetween {
        /// Steps left.
        left: u32,
    },
}

/// What the trap handler knows.
#[derive(Debug)]
pub struct State {
    /// What this process is doing.
    pub role: Role,
    /// The instructions so far.
    pub steps: Steps,
    /// Which of them are injected into.
    pub selection: Selection,
    /// Whether instructions of the host are counted too.
    pub reaches_host: bool,
    /// Injections left in the vDSO.
    pub vdso_left: u32,
    /// The steps of a cleanup, from and to, that are injected into again.
    pub second: (u32, u32),
    /// How long a cleanup may take, in processor time.
    pub grace_ns: u64,
    /// When a child is given up, in processor time.
    pub give_up_ns: u64,
    /// Whether an injection pauses.
    pub is_pausing: bool,
    /// The recovery point, as `enter` made it.
    pub recovery: Option<RecoveryPoint>,
    /// Whether it was still so at the injection.
    pub is_recovery_point_kept: bool,
    /// What becomes of the injection.
    pub record: Record,
}

struct StateCell(UnsafeCell<State>);

// SAFETY: a worker has one thread; see `state` for the handler.
unsafe impl Sync for StateCell {}

static STATE: StateCell = StateCell(UnsafeCell::new(State {
    role: Role::Idle,
    steps: Steps::new(),
    selection: Selection { first: 0, end: 0, every: 1 },
    reaches_host: false,
    vdso_left: MOST_VDSO,
    second: (0, 0),
    grace_ns: 0,
    give_up_ns: 0,
    is_pausing: false,
    recovery: None,
    is_recovery_point_kept: true,
    record: Record {
        rip: 0,
        second_rip: 0,
        number: 0,
        status: 0,
        created: 0,
        released: 0,
        reclaimed: 0,
        double_released: 0,
        landing_pads: 0,
        frames: 0,
        gaps: 0,
        damage: 0,
        outcome: 0,
        cleanup: 0,
        is_reported: 0,
        facts: 0,
        fatal_address: 0,
    },
}));

impl State {
    /// Whether the instruction at `rip` is one of those that are counted.
    pub fn is_in_reach(&mut self, rip: u64) -> bool {
        if is_service(rip) || !self.reaches_host || is_program(rip) {
            return is_service(rip) || self.reaches_host;
        }
        self.vdso_left = self.vdso_left.saturating_sub(1);
        self.vdso_left > 0
    }
}

/// What the trap handler knows of this process.
///
/// # Safety
/// No other reference is in use: the handler never nests, and others call this only while nothing
/// traps, and keep nothing of it.
pub unsafe fn state() -> &'static mut State {
    // SAFETY: passed on to the caller.
    unsafe { &mut *STATE.0.get() }
}

/// Where the state lies, for the oracle: it changes at every step.
#[must_use]
pub fn addresses() -> Range<u64> {
    let state = STATE.0.get() as u64;
    state..state + size_of::<State>() as u64
}
