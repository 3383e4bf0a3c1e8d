//! The dispatcher's steps: those of `stop` and its caller.

use super::state::{Byte, Dispatcher, Mutant, State};

pub(super) fn dispatcher_steps(state: &State, mutant: Mutant) -> Vec<State> {
    let with = |dispatcher| State { dispatcher, ..*state };
    match state.dispatcher {
        Dispatcher::AtRest => {
            let is_wanted = state.stops < state.due && !state.is_invocation_over();
            let ticket = state.stops + 1;
            let open = if mutant == Mutant::BytesFirst { 0 } else { ticket };
            let demanded = State { open, stops: ticket, ..with(Dispatcher::Demanded) };
            if is_wanted { vec![demanded] } else { Vec::new() }
        }
        Dispatcher::Demanded => {
            let mut next = with(Dispatcher::Poisoned { stored: 1 });
            next.store(0, Byte::Trap);
            vec![next]
        }
        Dispatcher::Poisoned { stored } => poisoned(state, stored, mutant),
        Dispatcher::Restoring { next: 2, is_late } => vec![with(Dispatcher::Finishing { is_late })],
        Dispatcher::Restoring { next: at, is_late } => {
            let mut next = with(Dispatcher::Restoring { next: at + 1, is_late });
            if state.text[usize::from(at)] == Byte::Trap || mutant == Mutant::RestoreAfterUnplacing
            {
                next.store(at, Byte::Old);
            }
            vec![next]
        }
        Dispatcher::Finishing { is_late } => {
            let is_signalled = state.is_signalled || (is_late && mutant != Mutant::NoSignal);
            vec![State { open: 0, is_signalled, ..with(Dispatcher::AtRest) }]
        }
    }
}

/// Time is up at any time, so it is up if nothing else ends the stop.
fn poisoned(state: &State, stored: u8, mutant: Mutant) -> Vec<State> {
    let with = |dispatcher| State { dispatcher, ..*state };
    let is_met = state.acknowledged == state.stops || mutant == Mutant::NoAcknowledgement;
    let is_late = !(is_met || state.is_invocation_over());
    let mut nexts = vec![with(Dispatcher::Restoring { next: 0, is_late })];
    if stored < 2 {
        let mut next = with(Dispatcher::Poisoned { stored: 2 });
        next.store(1, Byte::Trap);
        next.open = state.stops;
        nexts.push(next);
    }
    nexts
}
