use super::*;

fn begun() -> Current {
    let current = Current::new();
    let invoke = Invoke { budget_us: 10, grace_us: 5, mode: 0, ..Invoke::default() };
    current.begin(&slice(7, 1_000, 10_000), &invoke);
    current
}

fn slice(sequence: u64, entered_ns: u64, budget_ns: u64) -> TimeSlice {
    TimeSlice { sequence, entered_ns, budget_ns, verdict: Outcome::Ok }
}

#[test]
fn deadlines_count_from_the_entry() {
    let current = begun();
    assert_eq!(current.deadline(10_999), Deadline::None);
    assert_eq!(current.deadline(11_000), Deadline::Soft);
    assert_eq!(current.deadline(16_000), Deadline::Hard);
}

#[test]
fn lateness_is_of_the_deadline_acted_on() {
    let current = begun();
    assert_eq!(current.action(), None);
    current.note_action(11_300, Deadline::Soft);
    assert_eq!(current.action(), Some((300, 11_300)));
    current.note_action(16_040, Deadline::Hard);
    assert_eq!(current.action(), Some((40, 16_040)));
}

#[test]
fn cancelled_invocation_has_its_grace_from_then_on() {
    let current = begun();
    current.cancel(4_000);
    current.cancel(7_000);
    assert_eq!((current.soft_ns(), current.hard_ns()), (4_000, 9_000));
    assert_eq!(current.deadline(4_000), Deadline::Soft);
}

#[test]
fn new_invocation_forgets_the_last() {
    let current = begun();
    current.set_raised();
    current.judge(Outcome::OverBudget);
    current.note_action(12_000, Deadline::Soft);
    current.end();
    assert_eq!(current.sequence(), 0);
    current.begin(&slice(8, 2_000, 0), &Invoke { mode: 2, ..Invoke::default() });
    assert_eq!(
        (current.is_raised(), current.verdict(), current.action()),
        (false, Outcome::Ok, None)
    );
    assert_eq!(current.at_deadline(), AtDeadline::Discard);
}

#[test]
fn fault_is_not_judged_otherwise() {
    let current = begun();
    current.judge(Outcome::Panicked);
    current.judge(Outcome::Fault);
    current.judge(Outcome::OverBudget);
    assert_eq!(current.verdict(), Outcome::Fault);
    current.begin(&slice(8, 2_000, 0), &Invoke::default());
    assert_eq!(current.verdict(), Outcome::Ok);
}

#[test]
fn slice_ends_again_and_again_until_the_soft_deadline() {
    let current = Current::new();
    let placement = Placement { stack: 0..16, slice_ns: 4_000, frame: ptr::null_mut() };
    current.set_placement(&placement);
    current.begin(&slice(7, 1_000, 10_000), &Invoke::default());
    assert_eq!((current.deadline(4_999), current.look_ns(1_000)), (Deadline::None, 5_000));
    assert_eq!((current.deadline(5_000), current.look_ns(5_000)), (Deadline::Slice, 9_000));
    assert_eq!(current.look_ns(9_000), 11_000);
    current.set_placement(&Placement { slice_ns: u64::MAX, ..placement });
    current.begin(&slice(8, 1_000, 10_000), &Invoke::default());
    assert_eq!((current.deadline(10_999), current.look_ns(1_000)), (Deadline::None, 11_000));
}

#[test]
fn no_lateness_is_mistaken_for_none() {
    assert_eq!(saturating_ns(u64::MAX), NOT_PREEMPTED - 1);
    assert_eq!(saturating_ns(u64::from(NOT_PREEMPTED)), NOT_PREEMPTED - 1);
    assert_eq!(saturating_ns(5), 5);
}
