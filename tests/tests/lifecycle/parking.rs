//! A worker that parks just when a request comes is woken all the same: whoever publishes has no
//! fence, so the kernel's must be in its place (`mote_abi::park`).

use std::hint::black_box;
use std::thread::sleep;
use std::time::Duration;

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::NodeConfig;
use mote_tests::{AMPLE_US, TestNode};

/// How long an idle worker spins, in microseconds: as long as the requests are apart, more or less.
const SPIN_US: u32 = 20;

/// A request that nobody wakes the worker for ends as `worker_lost` after five seconds. Without the kernel's
/// fence a worker lost the first after 3,000 to 13,000 of these.
const REQUESTS: u32 = 40_000;

/// Keeps this processor busy for about so many iterations.
fn wait(iterations: u32) {
    (0..iterations).for_each(|iteration| {
        black_box(iteration);
    });
}

#[test]
fn worker_that_parks_misses_no_request() {
    let mut node = TestNode::start(&NodeConfig { spin_us: SPIN_US, ..NodeConfig::default() });
    let mut random = 0x2545_f491_u32;
    for request in 0..REQUESTS {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        wait(random >> 14);
        let completed = node.run("hello", Mode::Guarded, AMPLE_US);
        assert_eq!(completed.outcome, Outcome::Ok, "request {request}: {completed:?}");
    }
    // Now it is parked for certain.
    sleep(Duration::from_millis(5));
    assert_eq!(node.run("hello", Mode::Guarded, AMPLE_US).outcome, Outcome::Ok);
}
