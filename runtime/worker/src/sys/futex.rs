//! Sleeping until a word changes, and waking who sleeps on one: futex(2). The words lie in memory that
//! both processes have mapped.

use mote_abi::park::Doorbell;
use rustix::thread::futex;

/// Sleeps until `doorbell` is rung, unless it has been since it had `value`. It may return early, by a
/// signal or for no reason: the caller looks again.
pub fn wait(doorbell: &Doorbell, value: u32) {
    let _ = futex::wait(doorbell.futex(), futex::Flags::empty(), value, None);
}

/// Rings `doorbell` and wakes who sleeps on it.
pub fn ring(doorbell: &Doorbell) {
    doorbell.ring();
    // Waking fails for a bad address only.
    let _ = futex::wake(doorbell.futex(), futex::Flags::empty(), 1);
}
