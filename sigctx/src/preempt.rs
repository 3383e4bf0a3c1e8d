//! What a handler does with the instruction it interrupted: the decision, as a pure function.
//!
//! | interrupted in | before the soft deadline | soft | hard |
//! | --- | --- | --- | --- |
//! | service text | nothing | by [`AtDeadline`] | discard |
//! | host text | nothing | pending | pending: discard |
//! | an edge of host text | nothing | pending, and the edge starts again | the same |
//!
//! A raise happens once: when one is under way, the soft deadline has done its work.
//! Source: DESIGN section 7; the paper, sections 4 and 6.

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
    /// The soft one.
    Soft,
    /// The hard one.
    Hard,
}

impl Deadline {
    /// What has passed at `now_ns`, on one clock, in nanoseconds.
    #[must_use]
    pub const fn passed(now_ns: u64, soft_ns: u64, hard_ns: u64) -> Self {
        if now_ns < soft_ns {
            Self::None
        } else if now_ns < hard_ns {
            Self::Soft
        } else {
            Self::Hard
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
        (Deadline::Soft, _) if is_raised => Pending::Nothing,
        (Deadline::Soft, AtDeadline::RaiseHere) => Pending::RaiseHere,
        (Deadline::Soft, AtDeadline::WaitForCall) => Pending::RaiseAtCall,
    };
    match wanted {
        Pending::Nothing => Action::Nothing,
        Pending::Discard if is_service => Action::Discard,
        Pending::RaiseHere if is_service => Action::Raise,
        pending => Action::Pend(pending),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [AtDeadline; 3] =
        [AtDeadline::WaitForCall, AtDeadline::RaiseHere, AtDeadline::Discard];

    #[test]
    fn nothing_happens_before_the_soft_deadline() {
        assert_eq!(Deadline::passed(99, 100, 200), Deadline::None);
        for mode in MODES {
            assert_eq!(decide(mode, Deadline::None, true, false), Action::Nothing);
            assert_eq!(decide(mode, Deadline::None, false, true), Action::Nothing);
        }
    }

    #[test]
    fn hard_deadline_discards_in_every_mode() {
        assert_eq!(Deadline::passed(200, 100, 200), Deadline::Hard);
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
        assert_eq!(Deadline::passed(100, 100, 200), Deadline::Soft);
        let [guarded, inject, discard] = MODES.map(|m| decide(m, Deadline::Soft, true, false));
        assert_eq!(guarded, Action::Pend(Pending::RaiseAtCall));
        assert_eq!(inject, Action::Raise);
        assert_eq!(discard, Action::Discard);
    }

    #[test]
    fn raise_happens_once() {
        assert_eq!(decide(AtDeadline::RaiseHere, Deadline::Soft, true, true), Action::Nothing);
        assert_eq!(decide(AtDeadline::WaitForCall, Deadline::Soft, false, true), Action::Nothing);
    }

    #[test]
    fn host_text_is_never_redirected() {
        for mode in MODES {
            for deadline in [Deadline::Soft, Deadline::Hard] {
                let action = decide(mode, deadline, false, false);
                assert!(matches!(action, Action::Pend(_)), "{mode:?} {deadline:?}: {action:?}");
            }
        }
    }
}
