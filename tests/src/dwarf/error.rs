//! Why a table, a frame or an LSDA could not be read.

use core::ops::Range;

use thiserror::Error;

/// Why a module cannot be unwound at all: its `.eh_frame_hdr` is missing or of another form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// There is no `.eh_frame_hdr`: its range is empty.
    #[error("the module has no .eh_frame_hdr (link with --eh-frame-hdr)")]
    NoHeader,
    /// A section is not inside the read-only bytes.
    #[error("{section} at {address:#x} is not inside the read-only bytes {:#x}..{:#x}", .rodata.start, .rodata.end)]
    Outside {
        /// The section's name.
        section: &'static str,
        /// Where it should begin.
        address: u64,
        /// Where the read-only bytes lie.
        rodata: Range<u64>,
    },
    /// `.eh_frame_hdr` has another version than 1.
    #[error(".eh_frame_hdr has version {found}, and only 1 exists")]
    Version {
        /// The version found.
        found: u8,
    },
    /// A field of `.eh_frame_hdr` has an encoding that linkers do not choose for x86-64.
    #[error(".eh_frame_hdr encodes {field} as {found:#04x}, and only {expected:#04x} is supported")]
    Encoding {
        /// The field.
        field: &'static str,
        /// Its `DW_EH_PE_*` byte.
        found: u8,
        /// The byte that is supported.
        expected: u8,
    },
    /// `.eh_frame_hdr` ends before what it announces.
    #[error(".eh_frame_hdr needs {needed} bytes and has {found}")]
    Truncated {
        /// Bytes that its fields and rows need.
        needed: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// `.eh_frame_hdr` has no row, so no function can be found.
    #[error(".eh_frame_hdr has an empty search table")]
    NoRows,
}

/// Why an LSDA could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LsdaError {
    /// It begins outside the module's read-only bytes.
    #[error("it begins outside the module's read-only bytes")]
    Outside,
    /// Its address is to be read from another address, which no linker asks for on x86-64.
    #[error("its address is stored indirectly, which is unsupported")]
    Indirect,
    /// It ends too early, or a number in it is longer than 64 bits.
    #[error("{0}")]
    Read(#[from] gimli::Error),
    /// A field has an encoding that is not supported there.
    #[error("its {field} has the unsupported encoding {found:#04x}")]
    Encoding {
        /// The field.
        field: &'static str,
        /// Its `DW_EH_PE_*` byte.
        found: u8,
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

/// Why a frame could not be unwound.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnwindError {
    /// The instruction is in no module's text.
    #[error("instruction {address:#x} is in no module's text")]
    NoModule {
        /// The instruction.
        address: u64,
    },
    /// No function of the module covers the instruction.
    #[error("no FDE covers instruction {address:#x}")]
    NoFunction {
        /// The instruction.
        address: u64,
    },
    /// The module's CFI for the instruction could not be read.
    #[error("the CFI for instruction {address:#x} is unusable: {error}")]
    Cfi {
        /// The instruction, or the function's own address for a list.
        address: u64,
        /// What gimli says.
        error: gimli::Error,
    },
    /// An FDE lies before `.eh_frame`.
    #[error("the search table names an FDE at {address:#x}, before .eh_frame")]
    FdeOutside {
        /// The FDE's address by the search table.
        address: u64,
    },
    /// The CFI names another return address column than 16.
    #[error("the CFI has its return address in column {found}; x86-64 has it in 16")]
    ReturnAddressColumn {
        /// The column found.
        found: u16,
    },
    /// The CFI has no rule for the return address.
    #[error("the CFI for instruction {address:#x} has no rule for the return address")]
    NoReturnAddress {
        /// The instruction.
        address: u64,
    },
    /// The CFI needs a register that is not a general one.
    #[error("the CFI needs register {number}; only 0 to 16 are known")]
    Register {
        /// Its DWARF number.
        number: u16,
    },
    /// The CFI has a rule that x86-64 does not know.
    #[error("the CFI's rule for register {number} is not one of x86-64")]
    Rule {
        /// DWARF number of the register that the rule is for.
        number: u16,
    },
    /// A DWARF expression in the CFI is malformed.
    #[error("the expression at .eh_frame+{offset:#x} is unusable: {error}")]
    Expression {
        /// Offset of the expression in `.eh_frame`.
        offset: usize,
        /// What gimli says.
        error: gimli::Error,
    },
    /// A DWARF expression in the CFI needs something else than registers and words of the stack, or
    /// its result is not a number.
    #[error(
        "the expression at .eh_frame+{offset:#x} does not compute a number from registers and stack"
    )]
    ExpressionKind {
        /// Offset of the expression in `.eh_frame`.
        offset: usize,
    },
    /// A word that the CFI needs is not on the stack.
    #[error("the CFI needs the word at {address:#x}, which is not on the stack")]
    Unreadable {
        /// The word's address.
        address: u64,
    },
    /// The caller's frame is not above this one, so the walk might not end.
    #[error("the caller's stack pointer {caller_rsp:#x} is not above {rsp:#x}")]
    StackNotGrowing {
        /// This frame's stack pointer.
        rsp: u64,
        /// The caller's, by the CFI.
        caller_rsp: u64,
    },
    /// The function's LSDA could not be read.
    #[error("the LSDA at {address:#x} of function {function:#x} is unusable: {error}")]
    Lsda {
        /// Where the function begins.
        function: u64,
        /// Where its LSDA begins.
        address: u64,
        /// What is wrong with it.
        error: LsdaError,
    },
    /// A landing pad is not in its module's text.
    #[error("landing pad {address:#x} is outside its module's text {:#x}..{:#x}", .text.start, .text.end)]
    LandingPadOutside {
        /// The landing pad.
        address: u64,
        /// The module's text.
        text: Range<u64>,
    },
}
