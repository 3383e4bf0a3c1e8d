//! The watchdog against a simulated clock.

use proptest::prelude::*;

use super::*;
use crate::job::Job;
use crate::job::tests::job;

const LIMITS: Limits = Limits { budget_ns: 1_000, grace_ns: 500, lost_after_ns: 1_000_000 };

/// Runs a watch that is asked at `times`; tells what it did and when.
fn run(
    mut watch: Watch,
    times: impl IntoIterator<Item = u64>,
    entered: Option<u64>,
) -> Vec<(u64, Action)> {
    let mut actions = Vec::new();
    for now in times {
        let look = || entered.filter(|&at| at <= now);
        match watch.turn(now, look) {
            Action::None => {}
            action @ Action::Signal => actions.push((now, action)),
            action @ Action::Kill(_) => {
                actions.push((now, action));
                break;
            }
        }
    }
    actions
}

#[test]
fn line_is_not_read_before_the_earliest_end_of_the_budget() {
    let mut watch = Watch::new(LIMITS, 100);
    for now in 100..1_100 {
        assert_eq!(watch.turn(now, || panic!("looked at {now}")), Action::None);
    }
    assert_eq!(watch.turn(1_100, || Some(600)), Action::None);
    assert_eq!(watch.next_ns(), 1_600);
}

#[test]
fn signals_come_at_soft_and_at_hard_deadline_and_then_repeatedly() {
    let actions = run(Watch::new(LIMITS, 0), 0..=402_000, Some(200));
    let times: Vec<u64> = actions.iter().map(|&(at, _)| at).collect();
    assert_eq!(times, [1_200, 1_700, 201_700, 401_700]);
}

#[test]
fn only_one_deadline_counts_when_mode_is_discard() {
    let terms = Job { mode: Mode::Discard, ..job(b"") }.terms();
    assert_eq!(Limits::of(&terms).grace_ns, 0);
    assert_eq!(Limits::of(&job(b"").terms()).grace_ns, 50_000);
}

#[test]
fn reminders_grow_rarer_when_the_grace_is_long() {
    let limits = Limits { grace_ns: 10_000_000, ..LIMITS };
    let actions = run(Watch::new(limits, 0), (0..10_000_000).step_by(1_000), Some(0));
    assert_eq!(actions.len(), 7, "200 µs doubled until 10 ms: {actions:?}");
}

#[test]
fn worker_is_killed_when_it_never_ends() {
    let actions = run(Watch::new(LIMITS, 0), (0..3_000_000).step_by(100), Some(0));
    assert_eq!(actions.last(), Some(&(1_001_500, Action::Kill(Reason::NeverEnded))));
}

#[test]
fn worker_is_signalled_and_not_killed_when_the_dispatcher_was_away() {
    let actions = run(Watch::new(LIMITS, 0), [60_000_000_000], Some(0));
    assert_eq!(actions, [(60_000_000_000, Action::Signal)]);
}

#[test]
fn worker_is_killed_when_it_never_enters() {
    let times = (0..ENTRY_LIMIT_NS + 10_000_000).step_by(1_000_000);
    let actions = run(Watch::new(LIMITS, 0), times, None);
    assert!(matches!(actions[..], [(_, Action::Kill(Reason::NeverEntered))]), "{actions:?}");
}

#[test]
fn entry_that_cannot_be_does_not_move_the_deadline_out() {
    for alleged_ns in [0, 99, 5_001, u64::MAX] {
        let mut watch = Watch::new(LIMITS, 100);
        assert_eq!(watch.turn(5_000, || Some(alleged_ns)), Action::Signal, "{alleged_ns}");
    }
}

proptest! {
    /// However it is asked: in-budget invocations see no signal, overdue ones see one at the first
    /// turn after the deadline, and no turn is promised for the past.
    #[test]
    fn signal_comes_at_the_first_turn_after_the_deadline_and_never_before(
        earliest in 0..1_000_000_u64,
        delay in 0..1_000_000_u64,
        budget_ns in 1_000..1_000_000_u64,
        grace_ns in 0..1_000_000_u64,
        steps in prop::collection::vec(1..100_000_u64, 1..200),
    ) {
        let limits = Limits { budget_ns, grace_ns, lost_after_ns: u64::MAX };
        let entered = earliest + delay;
        let soft = entered + budget_ns;
        let mut watch = Watch::new(limits, earliest);
        let mut now = earliest;
        let mut was_signalled = false;
        for step in steps {
            now += step;
            let action = watch.turn(now, || (entered <= now).then_some(entered));
            prop_assert!(watch.next_ns() > now);
            if now < soft {
                prop_assert_eq!(action, Action::None);
            } else if !was_signalled {
                prop_assert_eq!(action, Action::Signal);
                was_signalled = true;
            }
        }
    }

    /// Whatever times and allegations: no overflow, no panic.
    #[test]
    fn turn_is_total(earliest: u64, budget_ns: u64, grace_ns: u64, turns: Vec<(u64, Option<u64>)>) {
        let limits = Limits { budget_ns, grace_ns, lost_after_ns: LOST_AFTER_NS };
        let mut watch = Watch::new(limits, earliest);
        for (now, alleged) in turns {
            watch.turn(now, || alleged);
        }
    }
}
