//! What an invocation has handed over, and what unwinding it took: small values that a paused one takes
//! along.

/// What a service handed over, or what is said in its stead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Whether the service handed anything over.
    pub is_given: bool,
    /// Whether it is an error's text.
    pub is_error: bool,
    /// Its length.
    pub bytes: usize,
    /// How much of the room for it was written.
    pub written_bytes: usize,
}

/// What unwinding an invocation took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unwinding {
    /// Landing pads that ran.
    pub landing_pads: u16,
    /// Frames that were left.
    pub frames: u16,
    /// Frames whose LSDA did not cover the instruction.
    pub gaps: u16,
}
