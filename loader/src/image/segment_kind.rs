//! Which segments an image has, and where each is linked. Spec: gABI 5.1.

use core::fmt;

use mote_abi::image::{DATA_OFFSET, RODATA_OFFSET, TABLES_OFFSET};

/// What a segment is for: a window, or the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// Instructions: linked at 0, read and execute.
    Text,
    /// Constants, and tables to unwind by: linked one window further, read.
    ReadOnly,
    /// Variables: linked two windows further, read and write.
    Data,
    /// Symbols and relocations: linked three windows further, read by the loader and not placed. An
    /// image may have them in its read-only segment instead.
    Tables,
}

impl SegmentKind {
    /// The address at which a segment of this kind is linked.
    #[must_use]
    pub const fn address(self) -> u64 {
        match self {
            Self::Text => 0,
            Self::ReadOnly => RODATA_OFFSET,
            Self::Data => DATA_OFFSET,
            Self::Tables => TABLES_OFFSET,
        }
    }

    /// The kind's name, as messages have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::ReadOnly => "read-only",
            Self::Data => "data",
            Self::Tables => "tables",
        }
    }

    pub(super) fn at(address: u64) -> Option<Self> {
        let all = [Self::Text, Self::ReadOnly, Self::Data, Self::Tables];
        all.into_iter().find(|kind| kind.address() == address)
    }
}

impl fmt::Display for SegmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
