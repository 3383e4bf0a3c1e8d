//! Edits of an image's bytes, where its format has them. Spec: gABI, "ELF Header", "Program Header",
//! "Dynamic Section", "Symbol Table", "Relocation".

use elf::ElfBytes;
use elf::abi::{DT_RELA, PT_DYNAMIC, PT_LOAD};
use elf::endian::LittleEndian;

/// Sizes of the entries of an image's tables.
const HEADER_BYTES: usize = 56;
const ENTRY_BYTES: usize = 16;
const RELOCATION_BYTES: usize = 24;

/// An image's file.
pub(crate) struct File(Vec<u8>);

impl File {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the `nth` program header of that kind other flags.
    pub(crate) fn set_flags(&mut self, kind: u32, nth: usize, flags: u32) {
        let at = self.header(kind, nth);
        self.set(at + 4, &flags.to_le_bytes());
    }

    /// Makes a program header one of another kind.
    pub(crate) fn set_kind(&mut self, from: u32, to: u32) {
        let at = self.header(from, 0);
        self.set(at, &to.to_le_bytes());
    }

    /// Lets the `nth` segment claim so much memory.
    pub(crate) fn set_memory_bytes(&mut self, nth: usize, bytes: u64) {
        let at = self.header(PT_LOAD, nth);
        self.set(at + 40, &bytes.to_le_bytes());
    }

    /// Makes an entry of the dynamic table another one.
    pub(crate) fn set_tag(&mut self, from: i64, to: i64, value: u64) {
        let at = self.dynamic(from);
        self.set(at, &to.to_le_bytes());
        self.set(at + 8, &value.to_le_bytes());
    }

    /// Changes what the `nth` relocation changes, its kind, and its addend.
    pub(crate) fn set_relocation(
        &mut self,
        nth: usize,
        target: Option<u64>,
        kind: Option<u32>,
        addend: Option<u64>,
    ) {
        let address = self.u64(self.dynamic(DT_RELA) + 8);
        let at = self.offset_of(address) + nth * RELOCATION_BYTES;
        target.into_iter().for_each(|it| self.set(at, &it.to_le_bytes()));
        kind.into_iter().for_each(|it| self.set(at + 8, &it.to_le_bytes()));
        addend.into_iter().for_each(|it| self.set(at + 16, &it.to_le_bytes()));
    }

    /// Changes the type of a dynamic symbol.
    pub(crate) fn set_symbol_kind(&mut self, name: &str, kind: u8) {
        let at = self.symbol(name);
        self.0[at + 4] = self.0[at + 4] & 0xf0 | kind;
    }

    /// Gives all that is called `from` another name of the same length.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        let name = u32::from_le_bytes(self.0[self.symbol(from)..][..4].try_into().unwrap());
        let at = self.section(".dynstr") + name as usize;
        self.set(at, to.as_bytes());
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    fn elf(&self) -> ElfBytes<'_, LittleEndian> {
        ElfBytes::minimal_parse(&self.0).expect("a built image")
    }

    /// Where the `nth` program header of that kind is.
    fn header(&self, kind: u32, nth: usize) -> usize {
        let elf = self.elf();
        let headers = elf.segments().expect("it has program headers");
        let mut of_kind = (0..).zip(headers.iter()).filter(|(_, header)| header.p_type == kind);
        let (index, _) = of_kind.nth(nth).expect("it has such a header");
        elf.ehdr.e_phoff as usize + index * HEADER_BYTES
    }

    /// Where the entry of the dynamic table with that tag is.
    fn dynamic(&self, tag: i64) -> usize {
        let table = self.u64(self.header(PT_DYNAMIC, 0) + 8) as usize;
        let mut entries = (table..).step_by(ENTRY_BYTES);
        entries.find(|at| self.u64(*at) == tag as u64).expect("it has such an entry")
    }

    /// Where the dynamic symbol `name` is.
    fn symbol(&self, name: &str) -> usize {
        const SYMBOL_BYTES: usize = 24;
        let elf = self.elf();
        let (symbols, names) = elf.dynamic_symbol_table().ok().flatten().expect("it has symbols");
        let is_it =
            |it: elf::symbol::Symbol| names.get(it.st_name as usize).is_ok_and(|it| it == name);
        let index = symbols.iter().position(is_it).expect("it has such a symbol");
        self.section(".dynsym") + SYMBOL_BYTES * index
    }

    fn section(&self, name: &str) -> usize {
        let header = self.elf().section_header_by_name(name).ok().flatten();
        header.expect("it has such a section").sh_offset as usize
    }

    fn offset_of(&self, address: u64) -> usize {
        let elf = self.elf();
        let headers = elf.segments().expect("it has program headers");
        let holds = |it: &elf::segment::ProgramHeader| {
            it.p_type == PT_LOAD && (it.p_vaddr..it.p_vaddr + it.p_filesz).contains(&address)
        };
        let segment = headers.iter().find(holds).expect("the address is in a segment");
        (segment.p_offset + address - segment.p_vaddr) as usize
    }
}
