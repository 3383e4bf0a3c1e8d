//! How late a sleep ends: what a preemption timer has at its best.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use rustix::thread::{current_timer_slack, set_current_timer_slack};

const SLEEPS: usize = 101;
const SLEEP: Duration = Duration::from_micros(200);

/// The median lateness, with the timer slack that a node's thread gives itself.
/// Source: PR_SET_TIMERSLACK in prctl(2).
pub(super) fn lateness() -> Duration {
    let before = current_timer_slack().ok().and_then(NonZeroU64::new);
    // Where it is refused, what is measured says so.
    let _refused = set_current_timer_slack(NonZeroU64::new(1));
    let mut late: Vec<Duration> = (0..SLEEPS).map(|_| once()).collect();
    let _refused = set_current_timer_slack(before);
    late.sort_unstable();
    late[SLEEPS / 2]
}

fn once() -> Duration {
    let begun = Instant::now();
    std::thread::sleep(SLEEP);
    begun.elapsed().saturating_sub(SLEEP)
}
