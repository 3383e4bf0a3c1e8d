//! How often the breakpoints of one worker may come, and the tickets of those that do. Pure.

/// Before an invocation meets its next breakpoints after others were restored, in nanoseconds: so it makes
/// progress whatever happens. What is due earlier is a signal.
const CLEAN_NS: u64 = 10_000;

/// What is known of a worker's last stop.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StopPace {
    ticket: u64,
    sequence: u64,
    clean_until_ns: u64,
}

impl StopPace {
    /// The ticket for a stop of invocation `sequence` at `now_ns`, if it was left alone for long enough.
    pub(crate) fn begin(&mut self, sequence: u64, now_ns: u64) -> Option<u64> {
        if sequence == self.sequence && now_ns < self.clean_until_ns {
            return None;
        }
        self.sequence = sequence;
        self.ticket += 1;
        Some(self.ticket)
    }

    /// The breakpoints were restored at `now_ns`.
    pub(crate) fn end(&mut self, now_ns: u64) {
        self.clean_until_ns = now_ns.saturating_add(CLEAN_NS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocation_is_left_alone_after_a_stop_and_others_are_not_spared_for_it() {
        let mut pace = StopPace::default();
        assert_eq!(pace.begin(7, 0), Some(1));
        pace.end(1_000);
        assert_eq!(pace.begin(7, 10_999), None);
        assert_eq!(pace.begin(7, 11_000), Some(2));
        pace.end(12_000);
        assert_eq!(pace.begin(8, 12_001), Some(3), "tickets are not used again");
    }
}
