//! A stop point, and what stops there.
#![forbid(unsafe_code)]

/// The breakpoint of one byte. It fills what is behind text too, so that running off its end traps.
pub(crate) const INT3: u8 = 0xcc;

/// Why an instruction is a stop point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StopKind {
    /// It may go backwards: a loop.
    Loop,
    /// A function begins, or an unknown one is called.
    Entry,
    /// A recursive function returns.
    Return,
}

/// An instruction where a breakpoint may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopPoint {
    /// Its first byte, from the start of text.
    pub offset: u32,
    /// Why it is one.
    pub kind: StopKind,
}
