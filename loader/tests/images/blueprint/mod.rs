//! Makes images in memory: valid by construction, until a test changes a field.

mod cfi;
mod layout;
mod parts;

use elf::abi::R_X86_64_RELATIVE;
use mote_abi::imports::{Import, ImportTable};
use mote_abi::windows::Base;
use mote_loader::{CheckError, Checked, Expected, Image, ParseError, VerifyError, check, verify};

pub(crate) use parts::{
    Blueprint, Described, GOT, GOT_WORDS, Hash, Header, Load, Reloc, Sym, TOOLCHAIN,
};

impl Blueprint {
    /// The image's bytes.
    pub(crate) fn build(&self) -> Vec<u8> {
        layout::build(self)
    }

    /// An image of `text_bytes` of text, about `rodata_bytes` of constants and tables, and
    /// `relocations` relocations.
    pub(crate) fn of_size(text_bytes: usize, rodata_bytes: usize, relocations: u64) -> Self {
        assert!(relocations < GOT_WORDS);
        let relative = |i| Reloc { at: GOT + 8 * i, kind: R_X86_64_RELATIVE, symbol: 0, addend: 0 };
        Self {
            text: vec![0x90; text_bytes],
            constants: vec![7; rodata_bytes],
            relocations: (0..relocations).map(relative).collect(),
            plt_relocations: Vec::new(),
            ..Self::default()
        }
    }
}

/// Where zones begin in the workers of these tests.
pub(crate) const BASE: Base = Base::of_number(0);

/// Each import at an address of its own.
pub(crate) fn imports() -> ImportTable {
    ImportTable(std::array::from_fn(|i| 0x40_0000 + 16 * i as u64))
}

/// The address of an import in [`imports`].
pub(crate) fn address(import: Import) -> u64 {
    imports().address(import)
}

/// Parses and checks `bytes`.
pub(crate) fn load(bytes: &[u8]) -> Result<Checked, VerifyError> {
    verify(bytes, &Expected::of(TOOLCHAIN))
}

/// The default blueprint, changed.
pub(crate) fn changed(change: impl FnOnce(&mut Blueprint)) -> Blueprint {
    let mut blueprint = Blueprint::default();
    change(&mut blueprint);
    blueprint
}

/// Why the default image is not parsed once `change` was made to its blueprint.
pub(crate) fn parse_error(change: impl FnOnce(&mut Blueprint)) -> ParseError {
    let bytes = changed(change).build();
    Image::parse(&bytes).expect_err("the image should not be parsed")
}

/// Why the default image is not parsed once `change` was made to its bytes.
pub(crate) fn bytes_error(change: impl FnOnce(&mut Vec<u8>)) -> ParseError {
    let mut bytes = Blueprint::default().build();
    change(&mut bytes);
    Image::parse(&bytes).expect_err("the image should not be parsed")
}

/// Why the default image is refused once `change` was made to its blueprint.
pub(crate) fn check_error(change: impl FnOnce(&mut Blueprint)) -> CheckError {
    let bytes = changed(change).build();
    let image = Image::parse(&bytes).expect("the image should be parsed");
    check(&image, &Expected::of(TOOLCHAIN)).expect_err("the image should be refused")
}
