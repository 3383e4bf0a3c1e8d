//! The table of signals: which are handled, and what each does to what it interrupts.
//!
//! Handlers are installed from [`TABLE`] and look their effect up in it, so a row is all that a further
//! signal needs.

use linux_raw_sys::general::{SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
use mote_abi::outcome::Outcome;
use mote_sigctx::signal::PREEMPT;

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Compares the invocation's deadlines with the clock. In service text, what is due is done; in host
    /// text, it is left pending for the way back to the service. It does nothing if it was meant for another
    /// invocation or nothing is due.
    LookAtClock,
    /// At a stop point of the running image, or in a memory function that was to stop: what [`Effect::LookAtClock`]
    /// does in service text. Anywhere else: discards the service, with this outcome.
    StopOrDiscard(Outcome),
    /// Discards the service, with this outcome (a stack overflow is told apart).
    Discard(Outcome),
    /// Ends the worker by the signal's default action, having said where.
    EndWorker,
}

/// One signal.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its number.
    pub signal: u32,
    /// What it does to service text.
    pub in_service: Effect,
    /// What it does to host text. Where the service's flags made host text trap, it does to the service what
    /// `in_service` says all the same: see [`handlers`](crate::preempt::handlers).
    pub in_host: Effect,
    /// Signals that wait while its handler runs, besides itself.
    pub blocks: &'static [u32],
}

const FAULT: Row = Row {
    signal: 0,
    in_service: Effect::Discard(Outcome::Fault),
    in_host: Effect::EndWorker,
    // A preemption waits until the fault has been dealt with.
    blocks: &[PREEMPT],
};

/// Every signal that is handled.
pub const TABLE: [Row; 7] = [
    Row {
        signal: PREEMPT,
        in_service: Effect::LookAtClock,
        in_host: Effect::LookAtClock,
        blocks: &[],
    },
    Row { signal: SIGILL, ..FAULT },
    Row { signal: SIGTRAP, in_service: Effect::StopOrDiscard(Outcome::Fault), ..FAULT },
    Row { signal: SIGBUS, ..FAULT },
    Row { signal: SIGFPE, ..FAULT },
    Row { signal: SIGSEGV, ..FAULT },
    // A system call that the filter traps: seccomp(2), `SECCOMP_RET_TRAP`.
    Row { signal: SIGSYS, in_service: Effect::Discard(Outcome::DeniedSyscall), ..FAULT },
];

/// The row of `signal`.
#[must_use]
pub fn row(signal: u32) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.signal == signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_one_row() {
        for row in &TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.signal == row.signal).count(), 1);
            assert!(row.signal > 0);
        }
    }

    #[test]
    fn no_signal_redirects_host_text() {
        for row in &TABLE {
            let redirects = matches!(row.in_host, Effect::Discard(_) | Effect::StopOrDiscard(_));
            assert!(!redirects, "{row:?}");
        }
    }
}
