//! The parts of an unwind table.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// DWARF numbers of the registers that a call keeps, in the order of [`Rule::saved`].
pub const SAVED_REGISTERS: [u8; 6] = [3, 6, 12, 13, 14, 15];

/// Alignment of a table, in bytes.
pub const TABLE_ALIGN_BYTES: u64 = 4;

/// How much of everything a table has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct UnwindHeader {
    /// Number of [`FunctionEntry`]s.
    pub functions: u32,
    /// Number of [`Rule`]s.
    pub rules: u32,
    /// Number of [`Pad`]s.
    pub pads: u32,
    /// Number of [`Row`]s.
    pub rows: u32,
    /// Number of [`Site`]s.
    pub sites: u32,
}

/// A function, or a part of a long one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct FunctionEntry {
    /// Where it begins, from the start of text.
    pub start: u32,
    /// Position of its first row.
    pub rows: u32,
    /// Position of its first site, and [flags](function).
    pub sites_and_flags: u32,
}

/// Flags of a [`FunctionEntry`].
pub mod function {
    /// It has an LSDA: at instructions without a site the compiler took it not to unwind.
    pub const HAS_LSDA: u32 = 1 << 31;
    /// A raise gets through each of its landing pads.
    pub const ALL_PASS: u32 = 1 << 30;
    /// Its caller was interrupted, not calling: the caller's address is that of an instruction.
    pub const IS_SIGNAL_FRAME: u32 = 1 << 29;
    /// The bits that are no flags.
    pub const SITES: u32 = IS_SIGNAL_FRAME - 1;
}

impl FunctionEntry {
    /// Position of its first site.
    #[must_use]
    pub const fn sites(&self) -> u32 {
        self.sites_and_flags & function::SITES
    }

    /// Whether it has `flag`.
    #[must_use]
    pub const fn has(&self, flag: u32) -> bool {
        self.sites_and_flags & flag != 0
    }
}

/// How a frame is left: where its caller's registers are.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Rule {
    /// Distance of the CFA, the stack pointer in the caller, from a register, in bytes.
    pub cfa_offset: i32,
    /// Bytes of arguments on the stack that a landing pad expects to be gone.
    pub argument_bytes: u16,
    /// That register.
    pub cfa_register: u8,
    /// A [`rule_kind`].
    pub kind: u8,
    /// For each of [`SAVED_REGISTERS`], how many words below the CFA its value was saved; 0 if it was
    /// not. The return address is one word below the CFA.
    pub saved: [u8; SAVED_REGISTERS.len()],
    /// Zero.
    pub reserved: u16,
}

/// Kinds of [`Rule`]s.
pub mod rule_kind {
    /// The frame has a caller, which the rule's fields tell.
    pub const FRAME: u8 = 0;
    /// The frame has no caller.
    pub const BOTTOM: u8 = 1;
    /// The frame cannot be left: its rule is none that the table can tell.
    pub const UNKNOWN: u8 = 2;
}

/// From an offset on, frames are left by a rule.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Row {
    /// The offset in the function.
    pub offset: u16,
    /// Position of the rule, or [`Row::END`].
    pub rule: u16,
}

impl Row {
    /// In the place of a rule: the function has ended.
    pub const END: u16 = u16::MAX;
}

/// From an offset on, a raise goes to a landing pad.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Site {
    /// The offset in the function.
    pub offset: u16,
    /// Position of the landing pad, [`Site::NO_PAD`] or [`Site::GAP`].
    pub pad: u16,
}

impl Site {
    /// In the place of a landing pad: there is no site.
    pub const GAP: u16 = u16::MAX;
    /// In the place of a landing pad: nothing needs to be destroyed here.
    pub const NO_PAD: u16 = u16::MAX - 1;
}

/// A landing pad: its offset from the start of text, and flags.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct Pad(pub u32);

impl Pad {
    /// It catches what is raised, or ends the program.
    pub const TERMINATES: u32 = 1 << 31;
    /// A raise gets through it.
    pub const PASSES: u32 = 1 << 30;

    /// Where it begins, from the start of text.
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.0 & (Self::PASSES - 1)
    }

    /// Whether it catches what is raised, or ends the program.
    #[must_use]
    pub const fn terminates(self) -> bool {
        self.0 & Self::TERMINATES != 0
    }

    /// Whether a raise gets through it.
    #[must_use]
    pub const fn passes(self) -> bool {
        self.0 & Self::PASSES != 0
    }
}

/// What covers an instruction, for counting and for reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// A landing pad that runs destructors.
    LandingPad,
    /// A landing pad that lets no exception pass: it would catch it, or end the program.
    Terminate,
    /// A call site that has no landing pad, because nothing needs to be destroyed there.
    NoPad,
    /// No call site, although the function has an LSDA: the compiler assumed that this instruction
    /// cannot raise, so values that live here are leaked.
    Gap,
    /// The function has no LSDA: it never has anything to destroy.
    NoLsda,
}
