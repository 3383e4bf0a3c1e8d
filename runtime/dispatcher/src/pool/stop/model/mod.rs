//! Every interleaving of dispatcher, victim, deadlines, death and placing, over two stop points, two deadlines and
//! two invocations of an image, with a processor that fetches a byte as it was at any time since it last serialized.
//!
//! The dispatcher's steps are those of [`stop`](super::stop) and its caller, the victim's those of the worker's trap
//! handler. What must hold in every state that can be reached is in [`violation`]; mutants, each with one rule of
//! the protocol left out, must violate it.

mod dispatcher;
mod state;
mod victim;

use std::collections::{HashSet, VecDeque};

use dispatcher::dispatcher_steps;
use state::{Byte, Dispatcher, HARD, Mode, Mutant, State, Victim};
use victim::victim_steps;

fn next_states(state: &State, mode: Mode, mutant: Mutant) -> Vec<State> {
    let mut next = dispatcher_steps(state, mutant);
    next.extend(victim_steps(state, mode, mutant));
    next.extend(placing_step(state, mutant));
    if state.due < HARD {
        next.push(State { due: state.due + 1, ..*state });
    }
    next
}

/// Another image takes the slot once nobody is inside, and its first invocation begins.
fn placing_step(state: &State, mutant: Mutant) -> Option<State> {
    let is_at_rest = state.dispatcher == Dispatcher::AtRest;
    let may = is_at_rest || mutant == Mutant::RestoreAfterUnplacing;
    let is_left = matches!(state.victim, Victim::Over | Victim::Dead) && !state.is_replaced;
    if !may || !is_left {
        return None;
    }
    let mut next = State { is_replaced: true, ..state.with(Victim::InOther(0)) };
    next.store(0, Byte::New);
    next.store(1, Byte::New);
    // The generation of the window changed, or the process is another.
    next.serialize();
    Some(next)
}

/// What is wrong with a state, if anything is.
fn violation(state: &State) -> Option<&'static str> {
    if state.dispatcher != Dispatcher::AtRest {
        return state.wrong;
    }
    let placed = if state.is_replaced { Byte::New } else { Byte::Old };
    if state.text != [placed; 2] {
        return Some("text at rest is not what was placed");
    }
    let runs_on = matches!(state.victim, Victim::Runs(_)) && state.acted < state.stops;
    if runs_on && !state.is_signalled {
        return Some("the stop is lost");
    }
    state.wrong
}

/// Whether the dispatcher alone, whatever the victim does, brings the text back to what was placed, soon.
fn is_poison_bounded(state: &State, mutant: Mutant) -> bool {
    let mut state = *state;
    for _ in 0..8 {
        match dispatcher_steps(&state, mutant).first() {
            Some(next) if state.dispatcher != Dispatcher::AtRest => state = *next,
            _ => return state.dispatcher == Dispatcher::AtRest,
        }
    }
    false
}

/// Whether the victim is left in its handler for ever.
fn is_stuck(state: &State, nexts: &[State]) -> bool {
    let in_handler = matches!(
        state.victim,
        Victim::Trapped(_)
            | Victim::Acknowledged { .. }
            | Victim::ReadClock { .. }
            | Victim::Waits { .. }
    );
    in_handler && nexts.is_empty()
}

/// The first violation that can be reached, and how many states were looked at.
fn explore(mode: Mode, mutant: Mutant) -> (Option<&'static str>, usize) {
    let mut known = HashSet::from([State::FIRST]);
    let mut open = VecDeque::from([State::FIRST]);
    while let Some(state) = open.pop_front() {
        let nexts = next_states(&state, mode, mutant);
        let found = violation(&state)
            .or((!is_poison_bounded(&state, mutant)).then_some("breakpoints stay"))
            .or(is_stuck(&state, &nexts).then_some("the victim is stuck"));
        if found.is_some() {
            return (found, known.len());
        }
        open.extend(nexts.into_iter().filter(|next| known.insert(*next)));
    }
    (None, known.len())
}

#[test]
fn protocol_holds_in_every_interleaving() {
    for mode in [Mode::Leave, Mode::RunOn] {
        let (violation, states) = explore(mode, Mutant::None);
        assert_eq!(violation, None, "{mode:?}");
        assert!(states > 1_000, "{mode:?}: only {states} states");
    }
}

#[test]
fn every_rule_is_needed() {
    let expected = [
        (Mode::RunOn, Mutant::NoGoingBack, "went on in the middle of an instruction"),
        (Mode::RunOn, Mutant::NoWait, "met the same breakpoints again"),
        (Mode::Leave, Mutant::NoAcknowledgement, "the stop is lost"),
        (Mode::Leave, Mutant::NoSignal, "the stop is lost"),
        (Mode::RunOn, Mutant::ClockFirst, "the stop is lost"),
        (Mode::Leave, Mutant::BytesFirst, "met a breakpoint that nobody tells of"),
        (Mode::Leave, Mutant::RestoreAfterUnplacing, "executed what is not its image's"),
    ];
    for (mode, mutant, violation) in expected {
        assert_eq!(explore(mode, mutant).0, Some(violation), "{mutant:?}");
    }
}
