//! What a handler does with the instruction it interrupted: the decision, as a pure function.
//!
//! | interrupted in | before all | slice | soft | hard |
//! | --- | --- | --- | --- | --- |
//! | service text | nothing | pause | by [`AtDeadline`] | discard |
//! | host text | nothing | pending: pause | pending | pending: discard |
//! | an edge of host text | nothing | pending, and the edge starts again | the same | the same |
//!
//! A raise happens once: when one is under way, the soft deadline has done its work, and there is no
//! more pausing.
//! Source: the paper, sections 4 and 6.

use crate::arch::Pending;

/// What the soft deadline does to service text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AtDeadline {
    /// Waits for the next call that may raise.
    WaitForCall,
    /// Raises at the interrupted instruction.
    RaiseHere,
    /// Discards.
    Discard,
}

/// Which deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// None: the signal is stale or early.
    None,
    /// The end of the slice: others may run.
    Slice,
    /// The soft one.
    Soft,
    /// The hard one.
    Hard,
}

/// When they are, on one clock, in nanoseconds; `u64::MAX` for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The end of the slice.
    pub slice_ns: u64,
    /// The soft deadline.
    pub soft_ns: u64,
    /// The hard one.
    pub hard_ns: u64,
}

impl Deadlines {
    /// What has passed at `now_ns`: the last one that has.
    #[must_use]
    pub const fn passed(&self, now_ns: u64) -> Deadline {
        if now_ns >= self.soft_ns {
            if now_ns >= self.hard_ns { Deadline::Hard } else { Deadline::Soft }
        } else if now_ns >= self.slice_ns {
            Deadline::Slice
        } else {
            Deadline::None
        }
    }
}

/// What the handler does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Returns.
    Nothing,
    /// Leaves word for the way back to the service.
    Pend(Pending),
    /// Saves the service and goes to the recovery point.
    Pause,
    /// Raises here, by a fake frame.
    Raise,
    /// Goes to the recovery point.
    Discard,
}

/// Decides. `is_service` says that service text was interrupted; `is_raised`, that a raise is under
/// way or done.
#[must_use]
pub const fn decide(
    at_deadline: AtDeadline,
    deadline: Deadline,
    is_service: bool,
    is_raised: bool,
) -> Action {
    let wanted = match (deadline, at_deadline) {
        (Deadline::None, _) => Pending::Nothing,
        (Deadline::Hard, _) | (Deadline::Soft, AtDeadline::Discard) => Pending::Discard,
        (Deadline::Slice | Deadline::Soft, _) if is_raised => Pending::Nothing,
        (Deadline::Slice, _) => Pending::Pause,
        (Deadline::Soft, AtDeadline::RaiseHere) => Pending::RaiseHere,
        (Deadline::Soft, AtDeadline::WaitForCall) => Pending::RaiseAtCall,
    };
    match wanted {
        Pending::Nothing => Action::Nothing,
        Pending::Discard if is_service => Action::Discard,
        Pending::RaiseHere if is_service => Action::Raise,
        Pending::Pause if is_service => Action::Pause,
        pending => Action::Pend(pending),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [AtDeadline; 3] =
        [AtDeadline::WaitForCall, AtDeadline::RaiseHere, AtDeadline::Discard];

    const DEADLINES: Deadlines = Deadlines { slice_ns: 50, soft_ns: 100, hard_ns: 200 };

    #[test]
    fn nothing_happens_before_any_deadline() {
        assert_eq!(DEADLINES.passed(49), Deadline::None);
        assert_eq!(Deadlines { slice_ns: u64::MAX, ..DEADLINES }.passed(99), Deadline::None);
        for mode in MODES {
            assert_eq!(decide(mode, Deadline::None, true, false), Action::Nothing);
            assert_eq!(decide(mode, Deadline::None, false, true), Action::Nothing);
        }
    }

    #[test]
    fn hard_deadline_discards_in_every_mode() {
        assert_eq!(DEADLINES.passed(200), Deadline::Hard);
        assert_eq!(Deadlines { soft_ns: 200, ..DEADLINES }.passed(200), Deadline::Hard);
        for mode in MODES {
            for is_raised in [false, true] {
                assert_eq!(decide(mode, Deadline::Hard, true, is_raised), Action::Discard);
                let in_host = decide(mode, Deadline::Hard, false, is_raised);
                assert_eq!(in_host, Action::Pend(Pending::Discard));
            }
        }
    }

    #[test]
    fn soft_deadline_does_what_the_mode_says() {
        assert_eq!(DEADLINES.passed(100), Deadline::Soft);
        assert_eq!(Deadlines { slice_ns: 150, ..DEADLINES }.passed(100), Deadline::Soft);
        let [guarded, inject, discard] = MODES.map(|m| decide(m, Deadline::Soft, true, false));
        assert_eq!(guarded, Action::Pend(Pending::RaiseAtCall));
        assert_eq!(inject, Action::Raise);
        assert_eq!(discard, Action::Discard);
    }

    #[test]
    fn end_of_a_slice_pauses_in_every_mode_until_a_raise_begins() {
        assert_eq!(DEADLINES.passed(50), Deadline::Slice);
        for mode in MODES {
            assert_eq!(decide(mode, Deadline::Slice, true, false), Action::Pause);
            let in_host = decide(mode, Deadline::Slice, false, false);
            assert_eq!(in_host, Action::Pend(Pending::Pause));
            for is_service in [false, true] {
                assert_eq!(decide(mode, Deadline::Slice, is_service, true), Action::Nothing);
            }
        }
    }

    #[test]
    fn raise_happens_once() {
        assert_eq!(decide(AtDeadline::RaiseHere, Deadline::Soft, true, true), Action::Nothing);
        assert_eq!(decide(AtDeadline::WaitForCall, Deadline::Soft, false, true), Action::Nothing);
    }

    #[test]
    fn host_text_is_never_redirected() {
        for mode in MODES {
            for deadline in [Deadline::Slice, Deadline::Soft, Deadline::Hard] {
                let action = decide(mode, deadline, false, false);
                assert!(matches!(action, Action::Pend(_)), "{mode:?} {deadline:?}: {action:?}");
            }
        }
    }
}
