//! What a blueprint consists of.

use elf::abi::{
    PF_R, PF_W, PF_X, R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT, R_X86_64_RELATIVE,
    STT_FUNC, STT_NOTYPE,
};
use mote_abi::image::{ABI_VERSION, DATA_OFFSET, RODATA_OFFSET};

/// The compiler that images of these tests name.
pub(crate) const TOOLCHAIN: &str = "rustc 1.95.0 (test)";

/// Where the first word of the global offset table lies: the read-only segment starts with it.
pub(crate) const GOT: u64 = RODATA_OFFSET;

/// Words in the global offset table.
pub(crate) const GOT_WORDS: u64 = 64;

/// A dynamic symbol.
#[derive(Clone, Debug)]
pub(crate) struct Sym {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) section: u16,
    pub(crate) value: u64,
}

impl Sym {
    pub(crate) fn undefined(name: &str) -> Self {
        Self { name: name.into(), kind: STT_NOTYPE, section: 0, value: 0 }
    }

    pub(crate) fn defined(name: &str, kind: u8, value: u64) -> Self {
        Self { name: name.into(), kind, section: 1, value }
    }
}

/// A relocation with addend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reloc {
    pub(crate) at: u64,
    pub(crate) kind: u32,
    pub(crate) symbol: u32,
    pub(crate) addend: i64,
}

/// A program header that is not a segment's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) address: u64,
    pub(crate) bytes: u64,
}

/// A function that has CFI.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) start: u64,
    pub(crate) bytes: u32,
    /// Behind what holds at a function's entry.
    pub(crate) cfi: Vec<u8>,
    /// Empty if it has none.
    pub(crate) lsda: Vec<u8>,
}

impl Described {
    pub(crate) fn at(start: u64, bytes: u32) -> Self {
        Self { start, bytes, cfi: Vec::new(), lsda: Vec::new() }
    }
}

/// A loaded segment's properties, apart from its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) address: u64,
    pub(crate) flags: u32,
    pub(crate) align: u64,
    /// Bytes in memory beyond those in the file.
    pub(crate) zeros: u64,
}

/// Which hash table says how many symbols there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hash {
    Gnu,
    SystemV,
    None,
}

/// Everything that an image says.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    pub(crate) text: Vec<u8>,
    pub(crate) constants: Vec<u8>,
    pub(crate) data: Option<Vec<u8>>,
    /// Text, read-only, data.
    pub(crate) loads: [Load; 3],
    /// Where the tables lie, if not in the read-only segment: a segment with the same bytes.
    pub(crate) tables: Option<Load>,
    /// Without the null symbol.
    pub(crate) symbols: Vec<Sym>,
    pub(crate) relocations: Vec<Reloc>,
    pub(crate) plt_relocations: Vec<Reloc>,
    pub(crate) hash: Hash,
    pub(crate) note: Option<(u32, Vec<u8>)>,
    /// The functions that have CFI; `None` for no `.eh_frame_hdr`.
    pub(crate) functions: Option<Vec<Described>>,
    pub(crate) more_headers: Vec<Header>,
    pub(crate) more_dynamic: Vec<(i64, u64)>,
    /// Replaces the values of dynamic entries.
    pub(crate) dynamic: Vec<(i64, u64)>,
    /// Dynamic entries that are left out.
    pub(crate) without_dynamic: Vec<i64>,
    pub(crate) has_dynamic: bool,
}

impl Default for Blueprint {
    /// Text that calls through the global offset table, constants, data with zeros behind it, and one
    /// relocation of each kind.
    fn default() -> Self {
        let reloc = |at, kind, symbol, addend| Reloc { at, kind, symbol, addend };
        let load = |address, flags, zeros| Load { address, flags, align: 64, zeros };
        Self {
            text: vec![0x90; 300],
            constants: (0..100).collect(),
            data: Some((100..180).collect()),
            loads: [
                load(0, PF_R | PF_X, 0),
                load(RODATA_OFFSET, PF_R, 0),
                load(DATA_OFFSET, PF_R | PF_W, 48),
            ],
            tables: None,
            symbols: vec![
                Sym::undefined("mote_alloc"),
                Sym::undefined("memcpy"),
                Sym::undefined("rust_eh_personality"),
                Sym::defined("mote_entry", STT_FUNC, 16),
            ],
            relocations: vec![
                reloc(GOT, R_X86_64_GLOB_DAT, 1, 0),
                reloc(GOT + 8, R_X86_64_RELATIVE, 0, 32),
                reloc(GOT + 16, R_X86_64_64, 3, 0),
                reloc(DATA_OFFSET + 8, R_X86_64_RELATIVE, 0, RODATA_OFFSET as i64 + 520),
                reloc(DATA_OFFSET + 72, R_X86_64_RELATIVE, 0, DATA_OFFSET as i64 + 128),
            ],
            plt_relocations: vec![reloc(GOT + 24, R_X86_64_JUMP_SLOT, 2, 0)],
            hash: Hash::Gnu,
            note: Some((ABI_VERSION, TOOLCHAIN.into())),
            functions: Some(vec![Described::at(16, 200)]),
            more_headers: Vec::new(),
            more_dynamic: Vec::new(),
            dynamic: Vec::new(),
            without_dynamic: Vec::new(),
            has_dynamic: true,
        }
    }
}
