//! The clock that Mote's services read. Source: clock_gettime(2), vdso(7).

use rustix::time::{ClockId, clock_gettime};

/// CLOCK_MONOTONIC, in nanoseconds.
pub(crate) fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_goes_on_by_nanoseconds() {
        let first = now_ns();
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!((1_000_000..1_000_000_000).contains(&(now_ns() - first)));
    }
}
