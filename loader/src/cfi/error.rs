//! What can be wrong with call frame information.
#![forbid(unsafe_code)]

/// Why the call frame information of an image cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CfiError {
    /// `.eh_frame_hdr` is not in a segment that the loader reads it from.
    #[error(".eh_frame_hdr ({bytes} bytes at {address:#x}) is not in the read-only segment")]
    Header {
        /// Its address.
        address: u64,
        /// Its length in bytes.
        bytes: u64,
    },
    /// `.eh_frame_hdr` ends before what it announces.
    #[error(".eh_frame_hdr needs {needed} bytes and has {found}")]
    HeaderTruncated {
        /// Bytes that its fields and rows need.
        needed: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// `.eh_frame_hdr` has another version than 1.
    #[error(".eh_frame_hdr has version {found}, and only 1 exists")]
    Version {
        /// The version found.
        found: u8,
    },
    /// A field of `.eh_frame_hdr` has an encoding that linkers do not choose for x86-64.
    #[error(".eh_frame_hdr encodes {field} as {found:#04x}, and only {expected:#04x} is supported")]
    HeaderEncoding {
        /// The field.
        field: &'static str,
        /// Its `DW_EH_PE_*` byte.
        found: u8,
        /// The byte that is supported.
        expected: u8,
    },
    /// `.eh_frame` is not where `.eh_frame_hdr` is.
    #[error(".eh_frame at {address:#x} is not in the segment of .eh_frame_hdr")]
    EhFrame {
        /// Where it should begin.
        address: u64,
    },
    /// An entry lies before `.eh_frame`.
    #[error(".eh_frame_hdr names an entry at {address:#x}, before .eh_frame")]
    EntryOutside {
        /// The entry's address.
        address: u64,
    },
    /// An entry of `.eh_frame` is malformed.
    #[error("the entry of .eh_frame at {address:#x} is unusable: {error}")]
    Entry {
        /// The entry's address.
        address: u64,
        /// What gimli says.
        error: gimli::Error,
    },
    /// A function's call frame instructions are malformed.
    #[error("the call frame instructions of the function at {function:#x} are unusable: {error}")]
    Program {
        /// Where the function begins.
        function: u64,
        /// What gimli says.
        error: gimli::Error,
    },
    /// A function's LSDA could not be read.
    #[error("the LSDA at {address:#x} of the function at {function:#x} is unusable: {error}")]
    Lsda {
        /// Where the function begins.
        function: u64,
        /// Where its LSDA begins.
        address: u64,
        /// What is wrong with it.
        error: LsdaError,
    },
    /// A landing pad is not an instruction of the image.
    #[error(
        "the function at {function:#x} has a landing pad at {pad:#x}, where no instruction begins"
    )]
    LandingPad {
        /// Where the function begins.
        function: u64,
        /// The landing pad.
        pad: u64,
    },
    /// There are more different rules or landing pads than a table can number.
    #[error("the image has more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most that a table can have.
        limit: usize,
    },
    /// A function is not in text.
    #[error("the CFI names a function of {bytes} bytes at {start:#x}, which is not in text")]
    FunctionOutside {
        /// Where it begins.
        start: u64,
        /// Its length in bytes.
        bytes: u64,
    },
    /// Two functions share instructions.
    #[error("the CFI names two functions, at {first:#x} and {second:#x}, that share instructions")]
    Overlap {
        /// Where one begins.
        first: u64,
        /// Where the other begins.
        second: u64,
    },
}

/// Why an LSDA could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LsdaError {
    /// It begins outside the segment that has the CFI.
    #[error("it begins outside the segment that has the CFI")]
    Outside,
    /// Its address is to be read from another address, which no linker asks for on x86-64.
    #[error("its address is stored indirectly, which is unsupported")]
    Indirect,
    /// It ends too early, or a number in it is longer than 64 bits.
    #[error(transparent)]
    Read(#[from] gimli::Error),
    /// A field has an encoding that is not supported there.
    #[error("its {field} has the unsupported encoding {found:#04x}")]
    Encoding {
        /// The field.
        field: &'static str,
        /// Its `DW_EH_PE_*` byte.
        found: u8,
    },
    /// A call site is not inside the function.
    #[error("a call site of {bytes} bytes at offset {start:#x} is not inside the function")]
    SiteOutside {
        /// Its offset in the function.
        start: u64,
        /// Its length in bytes.
        bytes: u64,
    },
    /// Call sites are not sorted, or share instructions.
    #[error("the call site at offset {start:#x} is not behind the one before it")]
    Unsorted {
        /// Its offset in the function.
        start: u64,
    },
    /// A chain of actions leads outside the action table.
    #[error("an action at offset {offset} is outside the action table")]
    ActionOutside {
        /// Offset in the action table.
        offset: i64,
    },
    /// A chain of actions is longer than any compiler makes, or has no end.
    #[error("a chain of actions did not end after {records} records")]
    ActionChain {
        /// Records that were followed.
        records: usize,
    },
}
