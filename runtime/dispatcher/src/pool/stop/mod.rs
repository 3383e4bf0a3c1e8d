//! Stopping a service by breakpoints in its text instead of a signal: the watchdog's side. Pure.
//!
//! A signal to another processor takes some 15 µs on a virtual machine and costs its sender 11. A store to
//! the text that the victim executes takes as long as a cache line: processors keep their instruction caches
//! coherent. So breakpoints are stored over the stop points of the running image, in waves, until the worker
//! acknowledges one; then what was stored is restored.
//!
//! ```text
//!  demand ─▶ wave ─▶ look ─▶ wave ─▶ look … ─▶ look until late ─▶ restore ─▶ finish
//!                     └ acknowledged, or over ──────────────────▶
//! ```
//!
//! Rules, which [`model`] checks with a processor that may fetch a byte as it was at any time since it last
//! serialized:
//! 1. Breakpoints are stored after the ticket is published, and restored before it is finished.
//! 2. They stand for at most [`POISON_NS`], and never while the dispatcher does something else.
//! 3. They are restored when the worker acknowledged, when the invocation is over, or when time is up, as it is
//!    if the worker died; in the last case the caller sends a signal, after they are restored.
//! 4. An image is unplaced only between stops.
//!
//! Source: for restoring, Intel SDM volume 3, 9.1.3, and AMD APM volume 2, 7.6.1 (cross-modifying code: a flag, and
//! then a serializing instruction, which `iret` is); for storing, that the kernel's own breakpoints rest on the
//! same property of a first byte that becomes `int3` (Linux, `arch/x86/kernel/alternative.c`, `text_poke_bp`).
//! Before: Agesen, "GC Points in a Threaded Environment" (1998); Chamith et al., "Instruction Punning" and "Living
//! on the Edge: Rapid Toggling Probes" (PLDI 2016).

pub(crate) mod pace;

use mote_loader::{StopByte, StopLines};

/// How long breakpoints may stand, in nanoseconds. Without optimisation, a worker's handler alone takes longer
/// than is allowed with it.
pub(crate) const POISON_NS: u64 = if cfg!(debug_assertions) { 50_000 } else { 5_000 };

/// Cache lines that are written between two looks at the worker.
const WAVE_LINES: usize = 8;

/// The text of the running image in its worker's window.
pub(crate) trait Text {
    /// Stores a breakpoint there.
    fn poison(&mut self, stop: StopByte);

    /// Stores the byte that belongs there.
    fn restore(&mut self, stop: StopByte);
}

/// What the dispatcher finds when it looks at the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The invocation may run on.
    Running,
    /// The stop point at this offset was met, as the worker says.
    Met(u32),
    /// The invocation is over.
    Over,
}

/// How a stop ended. The text is as it was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The stop point at this offset was met, as the worker says.
    Met(u32),
    /// The invocation was over by itself.
    Over,
    /// Nobody came by: it is in host text, or its processor does something else.
    Late,
}

/// How often a node's stops by breakpoints ended in each way, and its signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopCounts {
    /// A breakpoint was met, as the worker says.
    pub met: u64,
    /// The invocation was over by itself.
    pub over: u64,
    /// Nobody came by a breakpoint in time, as in host text.
    pub late: u64,
    /// Preemption signals that the dispatcher sent.
    pub signals: u64,
}

impl StopCounts {
    /// A stop ended so, or was none; and a signal followed or did not.
    pub(crate) fn note(&mut self, stopped: Option<Stop>, is_signalled: bool) {
        match stopped {
            Some(Stop::Met(_)) => self.met += 1,
            Some(Stop::Over) => self.over += 1,
            Some(Stop::Late) => self.late += 1,
            None => {}
        }
        self.signals += u64::from(is_signalled);
    }
}

/// Stops what runs in `text`, which has these stop points. `look` asks the worker; `is_late` says that
/// [`POISON_NS`] are over.
pub(crate) fn stop(
    lines: &StopLines,
    text: &mut impl Text,
    look: impl FnMut() -> Look,
    is_late: impl FnMut() -> bool,
) -> Stop {
    let (stopped, poisoned) = poison(lines, text, look, is_late);
    lines.order().take(poisoned).flatten().for_each(|&stop| text.restore(stop));
    stopped
}

/// Poisons line by line until it is known how the stop ends: that, and how many lines were.
fn poison(
    lines: &StopLines,
    text: &mut impl Text,
    mut look: impl FnMut() -> Look,
    mut is_late: impl FnMut() -> bool,
) -> (Stop, usize) {
    let (mut order, mut poisoned) = (lines.order(), 0);
    loop {
        for line in order.by_ref().take(WAVE_LINES) {
            line.iter().for_each(|&stop| text.poison(stop));
            poisoned += 1;
        }
        match look() {
            Look::Met(offset) => return (Stop::Met(offset), poisoned),
            Look::Over => return (Stop::Over, poisoned),
            Look::Running if is_late() => return (Stop::Late, poisoned),
            Look::Running => std::hint::spin_loop(),
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
