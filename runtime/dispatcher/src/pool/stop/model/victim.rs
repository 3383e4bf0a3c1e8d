//! The victim's steps: those of a service that runs, and of the worker's trap handler.

use super::state::{BYTES, Byte, HARD, Mode, Mutant, State, Victim};

pub(super) fn victim_steps(state: &State, mode: Mode, mutant: Mutant) -> Vec<State> {
    match state.victim {
        Victim::Runs(at) => {
            let mut nexts = fetches(state, at);
            // It returns, calls the host, or is killed.
            let ways = [Victim::Over, Victim::InHost(at), Victim::Dead];
            nexts.extend(ways.map(|way| state.with(way)));
            nexts.extend(signal_step(state, at, mode));
            nexts
        }
        Victim::RunsNext(at) | Victim::InOther(at) => fetches(state, at),
        Victim::InHost(at) => vec![state.with(Victim::Runs(at))],
        Victim::Trapped(at) if mutant == Mutant::ClockFirst => {
            vec![state.with(Victim::ReadClock { at, due: due(state) })]
        }
        Victim::Trapped(at) | Victim::ReadClock { at, .. } => {
            vec![acknowledges(state, at, mode, mutant)]
        }
        Victim::Acknowledged { at, ticket } => {
            vec![decides(state, (at, ticket), due(state), mode, mutant)]
        }
        Victim::Waits { at, ticket, due } if state.open != ticket || ticket == 0 => {
            vec![resumes(&State { acted: state.acted.max(due), ..*state }, at, mutant)]
        }
        Victim::Waits { .. } | Victim::Dead => Vec::new(),
        Victim::Over if state.is_replaced => Vec::new(),
        // The next request of the same image: nothing serializes in between.
        Victim::Over => vec![State { is_next: true, met: 0, ..state.with(Victim::RunsNext(0)) }],
    }
}

/// The last deadline that has passed and did not do its work; 0 if there is none, as for the next invocation.
fn due(state: &State) -> u8 {
    if state.due > state.acted && !state.is_next { state.due } else { 0 }
}

/// Whether no service code runs after what is due.
fn leaves(due: u8, mode: Mode) -> bool {
    due == HARD || (due > 0 && mode == Mode::Leave)
}

fn signal_step(state: &State, at: u8, mode: Mode) -> Option<State> {
    let handled = State { is_signalled: false, ..*state };
    let acted = State { acted: state.acted.max(due(state)), ..handled };
    let victim = if leaves(due(state), mode) { Victim::Over } else { Victim::Runs(at) };
    state.is_signalled.then_some(acted.with(victim))
}

/// Fetches the byte at a stop point as it is, or as it was.
fn fetches(state: &State, at: u8) -> Vec<State> {
    let seen = BYTES.into_iter().filter(|byte| state.seen[usize::from(at)][*byte as usize]);
    seen.map(|byte| executes(state, at, byte)).collect()
}

fn executes(state: &State, at: u8, byte: Byte) -> State {
    match (byte, state.victim) {
        (Byte::Old, Victim::Runs(_)) => state.with(Victim::Runs(1 - at)),
        (Byte::Old, Victim::RunsNext(_)) => state.with(Victim::RunsNext(1 - at)),
        (Byte::New, Victim::InOther(_)) => state.with(Victim::InOther(1 - at)),
        (Byte::Trap, Victim::Runs(_) | Victim::RunsNext(_)) => {
            let is_again = state.open != 0 && state.met == state.open;
            let trapped = State { met: state.open, ..state.with(Victim::Trapped(at)) };
            if is_again { trapped.found("met the same breakpoints again") } else { trapped }
        }
        _ => state.found("executed what is not its image's"),
    }
}

/// Looks for a ticket. None is open if the breakpoint was fetched though it had been restored.
fn acknowledges(state: &State, at: u8, mode: Mode, mutant: Mutant) -> State {
    let ticket = state.open;
    let acknowledged = if ticket == 0 { state.acknowledged } else { ticket };
    let is_unknown = ticket == 0 && state.text[usize::from(at)] == Byte::Trap;
    let next = State { acknowledged, ..*state };
    let next = if is_unknown { next.found("met a breakpoint that nobody tells of") } else { next };
    match state.victim {
        Victim::ReadClock { due, .. } => decides(&next, (at, ticket), due, mode, mutant),
        _ => next.with(Victim::Acknowledged { at, ticket }),
    }
}

fn decides(state: &State, met: (u8, u8), due: u8, mode: Mode, mutant: Mutant) -> State {
    let (at, ticket) = met;
    if leaves(due, mode) {
        return state.with(Victim::Over);
    }
    if mutant == Mutant::NoWait {
        return resumes(&State { acted: state.acted.max(due), ..*state }, at, mutant);
    }
    state.with(Victim::Waits { at, ticket, due })
}

/// The handler returns; `iret` serializes.
fn resumes(state: &State, at: u8, mutant: Mutant) -> State {
    let victim = if state.is_next { Victim::RunsNext(at) } else { Victim::Runs(at) };
    let mut next = state.with(victim);
    next.serialize();
    if mutant == Mutant::NoGoingBack {
        return next.found("went on in the middle of an instruction");
    }
    next
}
