//! The monotonic clock, through the vDSO. Source: clock_gettime(2), vdso(7).

/// CLOCK_MONOTONIC, in nanoseconds: the same clock in the dispatcher, its workers and their services.
#[must_use]
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a live timespec that the call may write. With this clock it cannot fail:
    // CLOCK_MONOTONIC exists on every kernel that a node accepts.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_never_goes_back_and_does_go_on() {
        let first = now_ns();
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(now_ns() >= first + 1_000_000);
    }
}
