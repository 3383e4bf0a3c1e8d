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
