//! How long the first write into a page takes.

use mote_dispatcher::now_ns;

use super::sys::Pages;
use crate::stats::latency::Times;

const SAMPLES: usize = 2_000;
/// Pages before those that count.
const WARM_UP: usize = 100;

/// Times in nanoseconds from before a write to fresh memory to after it. None are there if the kernel
/// refuses the memory.
#[must_use]
pub(crate) fn times() -> Times {
    let mut times = Times::new();
    let Ok(mut pages) = Pages::new(WARM_UP + SAMPLES) else { return times };
    for page in 0..WARM_UP + SAMPLES {
        let start_ns = now_ns();
        pages.touch(page);
        let taken_ns = now_ns() - start_ns;
        if page >= WARM_UP {
            times.add(taken_ns);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_measured() {
        let times = times();
        assert_eq!(times.count(), SAMPLES as u64);
        assert!(times.quantile_ns(0.5) > 0);
    }
}
