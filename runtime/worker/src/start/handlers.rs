//! Installing the handlers: which function each effect of the [`TABLE`] is.

use core::ops::Range;

use mote_abi::area::{Inbox, Outbox, WorkerStatus};
use mote_sigctx::signal::{self, Errno};

use crate::preempt::breakpoint::on_trap;
use crate::preempt::handlers::{SURROUNDINGS, Surroundings, on_fault, on_preempt};
use crate::preempt::signals::{Effect, TABLE};
use crate::sys::mem_functions::service;

/// Installs the handlers of the table, in a process with this text and these areas, whose state is told in
/// `status`.
///
/// # Errors
/// The kernel's.
pub fn install(
    (inbox, outbox): (&'static Inbox, &'static Outbox),
    host_text: Range<u64>,
    status: &'static WorkerStatus,
) -> Result<(), Errno> {
    SURROUNDINGS.call_once(|| Surroundings { inbox, outbox, host_text, status });
    service::set_stop_word(&inbox.stop);
    TABLE.iter().try_for_each(|row| {
        let handler = match row.in_service {
            Effect::LookAtClock => on_preempt,
            Effect::StopOrDiscard(_) => on_trap,
            Effect::Discard(_) | Effect::EndWorker => on_fault,
        };
        // SAFETY: see `handlers`; all of them redirect service text only.
        unsafe { signal::install(row.signal, handler, row.blocks) }
    })
}
