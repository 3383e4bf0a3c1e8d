//! How code is generated.

/// How to compile. The later ways are for code that the loader refuses when it is compiled the earlier
/// ways: the distance from the stack's end to a local, or the number of a register, can have the bytes
/// of a forbidden instruction too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodegenVariant {
    /// As the compiler likes.
    Plain,
    /// Locals are found from a frame pointer.
    FramePointers,
    /// The same, and registers are allotted in a simpler way, so that values lie in others.
    OtherRegisters,
}

impl CodegenVariant {
    /// Every way, the first one first.
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::FramePointers, Self::OtherRegisters];

    /// For the compiler; those of the first are its defaults.
    pub(crate) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["-Cforce-frame-pointers=no"],
            Self::FramePointers => &["-Cforce-frame-pointers=yes"],
            Self::OtherRegisters => &["-Cforce-frame-pointers=yes", "-Cllvm-args=-regalloc=basic"],
        }
    }
}
