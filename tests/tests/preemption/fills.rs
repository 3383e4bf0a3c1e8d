//! A service inside a long fill or copy is stopped there: those functions count as its own text. Were
//! they the host's, it would never be.

use mote_abi::outcome::Cleanup::{Discarded, Unwound};
use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for};

const MEMORY_KIB: u32 = 40 << 10;

const WORKS: [&str; 4] = ["fill 524288", "fill 16777216", "copy 524288", "copy 16777216"];

fn run(node: &mut TestNode, body: &str, mode: Mode, grace_us: u32) -> Completed {
    let completed = node.run_with("fills", |job| Job {
        body: body.as_bytes(),
        mode,
        heap: Heap::General,
        budget_us: 20 * SHORT_US,
        grace_us,
        memory_kib: MEMORY_KIB,
        ..job
    });
    assert_eq!(completed.outcome, Outcome::OverBudget, "{body} {mode}: {completed:?}");
    assert_tokens_accounted_for(&completed);
    completed
}

fn assert_ends(mode: Mode, grace_us: u32, works: &[&str], expected: Cleanup) {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for body in works {
        let completed = run(&mut node, body, mode, grace_us);
        assert_eq!(completed.cleanup, expected, "{body} {mode}: {completed:?}");
        node.canary(pid);
    }
}

#[test]
fn long_fill_or_copy_is_discarded_at_the_soft_deadline_in_discard() {
    assert_ends(Mode::Discard, AMPLE_US, &WORKS, Discarded);
}

#[test]
fn long_fill_or_copy_is_discarded_at_the_hard_deadline_in_guarded() {
    assert_ends(Mode::Guarded, SHORT_US, &WORKS, Discarded);
}

#[test]
fn long_fill_or_copy_is_unwound_through_in_inject() {
    assert_ends(Mode::Inject, AMPLE_US, &WORKS, Unwound);
}

#[test]
fn long_clearing_by_the_host_ends_with_its_service() {
    let zeroed = ["zeroed 524288", "zeroed 16777216"];
    assert_ends(Mode::Discard, AMPLE_US, &zeroed, Discarded);
    assert_ends(Mode::Guarded, AMPLE_US, &zeroed, Unwound);
}
