//! What dispatcher, victim and text are in, and the rules that mutants break.

/// Deadlines of an invocation: the soft one, and the hard one, which ends it in any case.
pub(super) const HARD: u8 = 2;

/// What a byte of text holds: the first byte of the image's instruction, of a breakpoint, or of another image's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Byte {
    Old,
    Trap,
    New,
}

pub(super) const BYTES: [Byte; 3] = [Byte::Old, Byte::Trap, Byte::New];

/// What the victim's handler does at the soft deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// Leaves the service at once: discard, pause.
    Leave,
    /// Lets the service run on through its text: a raise, or a pending one.
    RunOn,
}

/// A rule of the protocol that a mutant breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mutant {
    None,
    /// RIP stays behind the breakpoint.
    NoGoingBack,
    /// A service that runs on does not wait for clean text.
    NoWait,
    /// Breakpoints are restored before they were met, and nothing follows.
    NoAcknowledgement,
    /// No signal follows when nobody came by.
    NoSignal,
    /// The handler reads the clock before it looks for a ticket.
    ClockFirst,
    /// Breakpoints are stored before the ticket is published.
    BytesFirst,
    /// The image is unplaced before its text is restored.
    RestoreAfterUnplacing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dispatcher {
    AtRest,
    Demanded,
    Poisoned { stored: u8 },
    Restoring { next: u8, is_late: bool },
    Finishing { is_late: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Victim {
    /// In the service's text, about to fetch this stop point.
    Runs(u8),
    /// In host text, on behalf of the service, which goes on at this stop point.
    InHost(u8),
    /// In the trap handler: came from this stop point.
    Trapped(u8),
    /// The same, having read the clock too early.
    ReadClock { at: u8, due: u8 },
    /// Has acknowledged that ticket, if one was open, and is about to read the clock.
    Acknowledged { at: u8, ticket: u8 },
    /// In the handler until that ticket is finished.
    Waits { at: u8, ticket: u8, due: u8 },
    /// The invocation is over.
    Over,
    /// The process is gone.
    Dead,
    /// In the next invocation of the same image, which is in its budget, about to fetch this stop point.
    RunsNext(u8),
    /// In another image, which was placed in the same slot.
    InOther(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) dispatcher: Dispatcher,
    pub(super) victim: Victim,
    pub(super) text: [Byte; 2],
    /// What each byte has been since the victim's processor last serialized.
    pub(super) seen: [[bool; 3]; 2],
    /// Deadlines that have passed.
    pub(super) due: u8,
    /// The ticket that is open; 0 if none is.
    pub(super) open: u8,
    /// Stops that were begun: one for each deadline.
    pub(super) stops: u8,
    pub(super) acknowledged: u8,
    /// The ticket that was open when the victim last trapped.
    pub(super) met: u8,
    pub(super) is_signalled: bool,
    /// Deadlines that did their work.
    pub(super) acted: u8,
    /// The victim runs the next invocation, or its handler for it.
    pub(super) is_next: bool,
    pub(super) is_replaced: bool,
    pub(super) wrong: Option<&'static str>,
}

impl State {
    pub(super) const FIRST: Self = Self {
        dispatcher: Dispatcher::AtRest,
        victim: Victim::Runs(0),
        text: [Byte::Old; 2],
        seen: [[true, false, false]; 2],
        due: 0,
        open: 0,
        stops: 0,
        acknowledged: 0,
        met: 0,
        is_signalled: false,
        acted: 0,
        is_next: false,
        is_replaced: false,
        wrong: None,
    };

    pub(super) fn store(&mut self, at: u8, byte: Byte) {
        self.text[usize::from(at)] = byte;
        self.seen[usize::from(at)][byte as usize] = true;
    }

    pub(super) fn serialize(&mut self) {
        for (seen, now) in self.seen.iter_mut().zip(self.text) {
            *seen = [false; 3];
            seen[now as usize] = true;
        }
    }

    pub(super) fn is_invocation_over(&self) -> bool {
        self.is_next
            || matches!(self.victim, Victim::Over | Victim::RunsNext(_) | Victim::InOther(_))
    }

    pub(super) fn with(self, victim: Victim) -> Self {
        Self { victim, ..self }
    }

    pub(super) fn found(self, wrong: &'static str) -> Self {
        Self { wrong: self.wrong.or(Some(wrong)), ..self }
    }
}
