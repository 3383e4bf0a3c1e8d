//! Why a table, a frame or an LSDA could not be read.

use core::error::Error;
use core::fmt::{self, Display, Formatter};
use core::ops::Range;

/// Why a module cannot be unwound at all: its `.eh_frame_hdr` is missing or of another form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// There is no `.eh_frame_hdr`: its range is empty.
    NoHeader,
    /// A section is not inside the read-only bytes.
    Outside {
        /// The section's name.
        section: &'static str,
        /// Where it should begin.
        address: u64,
        /// Where the read-only bytes lie.
        rodata: Range<u64>,
    },
    /// `.eh_frame_hdr` has another version than 1.
    Version {
        /// The version found.
        found: u8,
    },
    /// A field of `.eh_frame_hdr` has an encoding that linkers do not choose for x86-64.
    Encoding {
        /// The field.
        field: &'static str,
        /// Its `DW_EH_PE_*` byte.
        found: u8,
        /// The byte that is supported.
        expected: u8,
    },
    /// `.eh_frame_hdr` ends before what it announces.
    Truncated {
        /// Bytes that its fields and rows need.
        needed: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// `.eh_frame_hdr` has no row, so no function can be found.
    NoRows,
}

impl Display for TableError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader => {
                f.write_str("the module has no .eh_frame_hdr (link with --eh-frame-hdr)")
            }
            Self::Outside { section, address, rodata } => write!(
                f,
                "{section} at {address:#x} is not inside the read-only bytes {:#x}..{:#x}",
                rodata.start, rodata.end
            ),
            Self::Version { found } => {
                write!(f, ".eh_frame_hdr has version {found}, and only 1 exists")
            }
            Self::Encoding { field, found, expected } => write!(
                f,
                ".eh_frame_hdr encodes {field} as {found:#04x}, and only {expected:#04x} is supported"
            ),
            Self::Truncated { needed, found } => {
                write!(f, ".eh_frame_hdr needs {needed} bytes and has {found}")
            }
            Self::NoRows => f.write_str(".eh_frame_hdr has an empty search table"),
        }
    }
}

impl Error for TableError {}

/// Why an LSDA could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LsdaError {
    /// It begins outside the module's read-only bytes.
    Outside,
    /// Its address is to be read from another address, which no linker asks for on x86-64.
    Indirect,
    /// It ends too early, or a number in it is longer than 64 bits.
    Read(gimli::Error),
    /// A field has an encoding that is not supported there.
    Encoding {
        /// The field.
        field: &'static str,
        /// Its `DW_EH_PE_*` byte.
        found: u8,
    },
    /// A chain of actions leads outside the action table.
    ActionOutside {
        /// Offset in the action table.
        offset: i64,
    },
    /// A chain of actions is longer than any compiler makes, or has no end.
    ActionChain {
        /// Records that were followed.
        records: usize,
    },
}

impl Display for LsdaError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("it begins outside the module's read-only bytes"),
            Self::Indirect => f.write_str("its address is stored indirectly, which is unsupported"),
            Self::Read(error) => write!(f, "{error}"),
            Self::Encoding { field, found } => {
                write!(f, "its {field} has the unsupported encoding {found:#04x}")
            }
            Self::ActionOutside { offset } => {
                write!(f, "an action at offset {offset} is outside the action table")
            }
            Self::ActionChain { records } => {
                write!(f, "a chain of actions did not end after {records} records")
            }
        }
    }
}

impl Error for LsdaError {}

impl From<gimli::Error> for LsdaError {
    fn from(error: gimli::Error) -> Self {
        Self::Read(error)
    }
}

/// Why a frame could not be unwound.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnwindError {
    /// The instruction is in no module's text.
    NoModule {
        /// The instruction.
        address: u64,
    },
    /// No function of the module covers the instruction.
    NoFunction {
        /// The instruction.
        address: u64,
    },
    /// The module's CFI for the instruction could not be read.
    Cfi {
        /// The instruction, or the function's own address for a list.
        address: u64,
        /// What gimli says.
        error: gimli::Error,
    },
    /// An FDE lies before `.eh_frame`.
    FdeOutside {
        /// The FDE's address by the search table.
        address: u64,
    },
    /// The CFI names another return address column than 16.
    ReturnAddressColumn {
        /// The column found.
        found: u16,
    },
    /// The CFI has no rule for the return address.
    NoReturnAddress {
        /// The instruction.
        address: u64,
    },
    /// The CFI needs a register that is not a general one.
    Register {
        /// Its DWARF number.
        number: u16,
    },
    /// The CFI has a rule that x86-64 does not know.
    Rule {
        /// DWARF number of the register that the rule is for.
        number: u16,
    },
    /// A DWARF expression in the CFI is malformed.
    Expression {
        /// Offset of the expression in `.eh_frame`.
        offset: usize,
        /// What gimli says.
        error: gimli::Error,
    },
    /// A DWARF expression in the CFI needs something else than registers and words of the stack, or
    /// its result is not a number.
    ExpressionKind {
        /// Offset of the expression in `.eh_frame`.
        offset: usize,
    },
    /// A word that the CFI needs is not on the stack.
    Unreadable {
        /// The word's address.
        address: u64,
    },
    /// The caller's frame is not above this one, so the walk might not end.
    StackNotGrowing {
        /// This frame's stack pointer.
        rsp: u64,
        /// The caller's, by the CFI.
        caller_rsp: u64,
    },
    /// The function's LSDA could not be read.
    Lsda {
        /// Where the function begins.
        function: u64,
        /// Where its LSDA begins.
        address: u64,
        /// What is wrong with it.
        error: LsdaError,
    },
    /// A landing pad is not in its module's text.
    LandingPadOutside {
        /// The landing pad.
        address: u64,
        /// The module's text.
        text: Range<u64>,
    },
}

impl Display for UnwindError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoModule { address } => {
                write!(f, "instruction {address:#x} is in no module's text")
            }
            Self::NoFunction { address } => {
                write!(f, "no FDE covers instruction {address:#x}")
            }
            Self::Cfi { address, error } => {
                write!(f, "the CFI for instruction {address:#x} is unusable: {error}")
            }
            Self::FdeOutside { address } => {
                write!(f, "the search table names an FDE at {address:#x}, before .eh_frame")
            }
            Self::ReturnAddressColumn { found } => {
                write!(f, "the CFI has its return address in column {found}; x86-64 has it in 16")
            }
            Self::NoReturnAddress { address } => {
                write!(f, "the CFI for instruction {address:#x} has no rule for the return address")
            }
            Self::Register { number } => {
                write!(f, "the CFI needs register {number}; only 0 to 16 are known")
            }
            Self::Rule { number } => {
                write!(f, "the CFI's rule for register {number} is not one of x86-64")
            }
            Self::Expression { offset, error } => {
                write!(f, "the expression at .eh_frame+{offset:#x} is unusable: {error}")
            }
            Self::ExpressionKind { offset } => write!(
                f,
                "the expression at .eh_frame+{offset:#x} does not compute a number from registers and stack"
            ),
            Self::Unreadable { address } => {
                write!(f, "the CFI needs the word at {address:#x}, which is not on the stack")
            }
            Self::StackNotGrowing { rsp, caller_rsp } => {
                write!(f, "the caller's stack pointer {caller_rsp:#x} is not above {rsp:#x}")
            }
            Self::Lsda { function, address, error } => {
                write!(f, "the LSDA at {address:#x} of function {function:#x} is unusable: {error}")
            }
            Self::LandingPadOutside { address, text } => write!(
                f,
                "landing pad {address:#x} is outside its module's text {:#x}..{:#x}",
                text.start, text.end
            ),
        }
    }
}

impl Error for UnwindError {}
