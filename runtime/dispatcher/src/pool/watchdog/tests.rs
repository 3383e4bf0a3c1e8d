//! The watchdog against a simulated clock.

use proptest::prelude::*;

use super::*;
use crate::job::ids::TenantId;
use crate::job::spec::Job;
use crate::job::spec::tests::{ARENA_KIB, job, spec};

const LIMITS: Limits =
    Limits { budget_ns: 1_000, grace_ns: 500, lost_after_ns: 1_000_000, slice_ns: u64::MAX };

/// Runs a watch that is asked at `times`; tells what it did and when.
fn run(
    mut watch: Watch,
    times: impl IntoIterator<Item = u64>,
    entered: Option<u64>,
) -> Vec<(u64, Action)> {
    let mut actions = Vec::new();
    for now in times {
        let look = || entered.filter(|&at| at <= now);
        match watch.tick(now, false, look) {
            Action::None => {}
            action @ (Action::Stop | Action::Rehearse) => actions.push((now, action)),
            action @ Action::GiveUp(_) => {
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
        assert_eq!(watch.tick(now, false, || panic!("looked at {now}")), Action::None);
    }
    assert_eq!(watch.tick(1_100, false, || Some(600)), Action::None);
    assert_eq!(watch.next_ns(false), 1_600);
}

#[test]
fn signals_come_at_soft_and_at_hard_deadline_and_then_repeatedly() {
    let actions = run(Watch::new(LIMITS, 0), 0..=402_000, Some(200));
    let times: Vec<u64> = actions.iter().map(|&(at, _)| at).collect();
    assert_eq!(times, [1_200, 1_700, 201_700, 401_700]);
}

#[test]
fn only_one_deadline_counts_when_mode_is_discard() {
    let discard = Job { mode: Mode::Discard, ..job(b"") };
    let discard = discard.check(TenantId::default(), ARENA_KIB).unwrap();
    assert_eq!(Limits::of(&discard).grace_ns, 0);
    assert_eq!(Limits::of(&spec(b"")).grace_ns, 50_000);
}

#[test]
fn worker_is_lost_the_later_the_more_memory_it_scrubs() {
    let limits = |memory_kib| {
        let job = Job { memory_kib, ..job(b"") };
        Limits::of(&job.check(TenantId::default(), ARENA_KIB).unwrap())
    };
    let (small, large) = (limits(1), limits(ARENA_KIB));
    assert_eq!(small.lost_after_ns, LOST_AFTER_NS + SCRUB_NS_PER_KIB);
    let more = u64::from(ARENA_KIB - 1) * SCRUB_NS_PER_KIB;
    assert_eq!(large.lost_after_ns - small.lost_after_ns, more);
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
    assert_eq!(actions.last(), Some(&(1_001_500, Action::GiveUp(Reason::NeverEnded))));
}

#[test]
fn worker_is_signalled_and_not_killed_when_the_dispatcher_was_away() {
    let actions = run(Watch::new(LIMITS, 0), [60_000_000_000], Some(0));
    assert_eq!(actions, [(60_000_000_000, Action::Stop)]);
}

#[test]
fn worker_is_killed_when_it_never_enters() {
    let times = (0..ENTRY_LIMIT_NS + 10_000_000).step_by(1_000_000);
    let actions = run(Watch::new(LIMITS, 0), times, None);
    assert!(matches!(actions[..], [(_, Action::GiveUp(Reason::NeverEntered))]), "{actions:?}");
}

#[test]
fn entry_that_cannot_be_does_not_move_the_deadline_out() {
    for alleged_ns in [0, 99, 5_001, u64::MAX] {
        let mut watch = Watch::new(LIMITS, 100);
        assert_eq!(watch.tick(5_000, false, || Some(alleged_ns)), Action::Stop, "{alleged_ns}");
    }
}

#[test]
fn stop_of_a_long_invocation_is_rehearsed_once_and_shortly_before() {
    let long = Limits { budget_ns: 1_000_000, ..LIMITS };
    let actions = run(Watch::new(long, 0), (0..1_000_100).step_by(100), Some(1_000));
    assert_eq!(actions, [(961_000, Action::Rehearse)], "the deadline is at 1,001,000");
    let mut watch = Watch::new(long, 0);
    assert_eq!(watch.next_ns(false), 960_000);
    assert_eq!(watch.tick(970_000, false, || Some(0)), Action::Rehearse);
    assert_eq!(watch.tick(999_999, false, || None), Action::None);
    assert_eq!(watch.tick(1_000_000, false, || None), Action::Stop);
}

#[test]
fn stop_of_a_cancelled_or_late_invocation_is_not_rehearsed() {
    let long = Limits { budget_ns: 1_000_000, ..LIMITS };
    let mut watch = Watch::new(long, 0);
    assert_eq!(watch.tick(1_000_000, false, || Some(0)), Action::Stop, "there is no time for it");
    let mut watch = Watch::new(long, 0);
    watch.cancel(500);
    assert_eq!(watch.tick(500, false, || Some(0)), Action::Stop);
}

const SLICED: Limits = Limits { slice_ns: 100, ..LIMITS };

#[test]
fn slice_is_looked_at_only_while_somebody_waits() {
    let mut watch = Watch::new(SLICED, 1_000);
    for now in 1_000..1_900 {
        assert_eq!(watch.tick(now, false, || panic!("looked at {now}")), Action::None);
    }
    assert_eq!(watch.next_ns(true), 1_100);
    assert_eq!(watch.tick(1_900, true, || Some(1_850)), Action::None, "entered late");
    assert_eq!((watch.next_ns(true), watch.next_ns(false)), (1_950, 2_850));
    assert_eq!(watch.tick(1_950, true, || None), Action::Stop);
    assert_eq!(watch.tick(1_951, true, || None), Action::None, "the signal is under way");
}

#[test]
fn pause_is_asked_for_again_until_the_soft_deadline() {
    let limits = Limits { budget_ns: 1_000_000, ..SLICED };
    let mut watch = Watch::new(limits, 0);
    let mut signals = Vec::new();
    for now in (0..1_000_500).step_by(50) {
        if watch.tick(now, true, || Some(0)) == Action::Stop {
            signals.push(now);
        }
    }
    assert_eq!(signals, [100, 200_100, 400_100, 600_100, 800_100, 1_000_000]);
    assert_eq!(watch.next_ns(true), watch.next_ns(false), "no more slices");
}

#[test]
fn worker_that_does_not_enter_is_killed_though_others_wait() {
    let mut watch = Watch::new(SLICED, 0);
    let actions: Vec<Action> = (0..ENTRY_LIMIT_NS + 10_000_000)
        .step_by(1_000_000)
        .map(|now| watch.tick(now, true, || None))
        .filter(|&action| action != Action::None)
        .collect();
    assert_eq!(actions, [Action::GiveUp(Reason::NeverEntered)]);
}

#[test]
fn budget_left_is_what_slices_have_not_spent() {
    let limits = Limits { budget_ns: 5_000_000, ..LIMITS };
    assert_eq!(limits.less(2_000).budget_ns, 3_000_000);
    assert_eq!(limits.less(u32::MAX).budget_ns, 0);
}

#[test]
fn cancelled_invocation_is_signalled_at_once_and_has_its_whole_grace() {
    let mut watch = Watch::new(LIMITS, 0);
    assert_eq!(watch.tick(1_000, false, || Some(900)), Action::None);
    watch.cancel(1_100);
    watch.cancel(1_300);
    assert_eq!(watch.next_ns(false), 1_100);
    let actions = run(watch, 1_100..=2_000, Some(900));
    assert_eq!(actions, [(1_100, Action::Stop), (1_600, Action::Stop)], "hard: 1100 + 500");
}

#[test]
fn cancelled_invocation_that_has_not_entered_is_stopped_when_it_does() {
    let mut watch = Watch::new(LIMITS, 0);
    watch.cancel(10);
    assert_eq!(watch.tick(10, false, || None), Action::None);
    let actions = run(watch, (0..1_000_000).step_by(1_000), Some(50_000));
    let first = actions[0].0;
    assert_eq!(actions[0].1, Action::Stop);
    assert!((50_000..=50_000 + REPEAT_NS + 1_000).contains(&first), "{first}");
}

proptest! {
    /// However it is asked: in-budget invocations see no signal, overdue ones see one at the first
    /// tick after the deadline, and no tick is promised for the past.
    #[test]
    fn signal_comes_at_the_first_tick_after_the_deadline_and_never_before(
        earliest in 0..1_000_000_u64,
        delay in 0..1_000_000_u64,
        budget_ns in 1_000..1_000_000_u64,
        grace_ns in 0..1_000_000_u64,
        steps in prop::collection::vec(1..100_000_u64, 1..200),
    ) {
        let limits = Limits { budget_ns, grace_ns, lost_after_ns: u64::MAX, ..LIMITS };
        let entered = earliest + delay;
        let soft = entered + budget_ns;
        let mut watch = Watch::new(limits, earliest);
        let mut now = earliest;
        let mut was_signalled = false;
        for step in steps {
            now += step;
            let action = watch.tick(now, false, || (entered <= now).then_some(entered));
            prop_assert!(watch.next_ns(false) > now);
            if now < soft {
                prop_assert!(matches!(action, Action::None | Action::Rehearse), "{:?}", action);
            } else if !was_signalled {
                prop_assert_eq!(action, Action::Stop);
                was_signalled = true;
            }
        }
    }

    /// Whatever times and allegations: no overflow, no panic.
    #[test]
    fn tick_is_total(
        earliest: u64, budget_ns: u64, grace_ns: u64, slice_ns: u64,
        ticks: Vec<(u64, bool, Option<u64>)>,
    ) {
        let limits = Limits { budget_ns, grace_ns, lost_after_ns: LOST_AFTER_NS, slice_ns };
        let mut watch = Watch::new(limits, earliest);
        for (now, is_waited_for, alleged) in ticks {
            watch.tick(now, is_waited_for, || alleged);
        }
    }
}
