//! What is taken out of the areas of a worker when an invocation has ended, and left there: zeros.

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::index;
use mote_abi::outcome::Outcome;

use crate::job::completed::Ending;
use crate::pool::outstanding::Outstanding;
use crate::pool::report::Report;
use crate::pool::worker::Worker;

impl Worker {
    pub(super) fn ending(&self, ended: &Outstanding, report: &Report) -> Ending {
        let line = index(ended.sequence, RING_ENTRIES);
        let bytes = self.areas.take_completion_body(line, report.body_bytes);
        let log = self.areas.take_completion_log(line, report.log_bytes);
        let is_ok = report.outcome == Outcome::Ok;
        let has_text = report.outcome == Outcome::Error || !bytes.is_empty();
        let error = (!is_ok && has_text).then(|| text(&bytes));
        let entered_ns = ended.history.map_or(report.entered_ns, |history| history.entered_ns);
        Ending {
            outcome: report.outcome,
            cleanup: report.cleanup,
            body: if is_ok { bytes } else { Vec::new() },
            error,
            log: text(&log),
            latency_ns: Some(entered_ns.saturating_sub(ended.stamp_ns)),
            late_ns: report.late_ns,
            cleanup_ns: report.cleanup_ns,
            arena_peak_bytes: report.arena_peak_bytes,
            tokens: report.tokens,
            unwinding: report.unwinding,
        }
    }
}

/// Bytes of a service as text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
