//! This test's executable: its file, and where the kernel put it.

use std::fs;
use std::ops::Range;
use std::sync::OnceLock;

use elf::ElfBytes;
use elf::abi::{PF_X, PT_GNU_EH_FRAME, PT_LOAD, PT_PHDR};
use elf::endian::LittleEndian;
use elf::segment::ProgramHeader;
use mote_tests::dwarf::Module;

/// The executable file and the distance from its addresses to those in memory.
pub(crate) struct Executable {
    pub(crate) file: Vec<u8>,
    base: u64,
    segments: Vec<ProgramHeader>,
}

impl Executable {
    /// The running executable.
    pub(crate) fn own() -> &'static Self {
        static OWN: OnceLock<Executable> = OnceLock::new();
        OWN.get_or_init(Self::load)
    }

    fn load() -> Self {
        let file = fs::read("/proc/self/exe").unwrap();
        let elf = ElfBytes::<LittleEndian>::minimal_parse(&file).unwrap();
        let segments: Vec<_> = elf.segments().unwrap().iter().collect();
        let headers = segments.iter().find(|segment| segment.p_type == PT_PHDR).unwrap();
        let base = auxv(AT_PHDR) - headers.p_vaddr;
        Self { base, segments, file }
    }

    fn segment(&self, is_wanted: impl Fn(&ProgramHeader) -> bool) -> &ProgramHeader {
        self.segments.iter().find(|segment| is_wanted(segment)).unwrap()
    }

    fn loaded(&self, segment: &ProgramHeader) -> Range<u64> {
        let start = self.base + segment.p_vaddr;
        start..start + segment.p_memsz
    }

    /// Addresses in memory of its code.
    pub(crate) fn text(&self) -> Range<u64> {
        self.loaded(self.segment(|s| s.p_type == PT_LOAD && s.p_flags & PF_X != 0))
    }

    /// Addresses in memory of `.eh_frame_hdr`.
    pub(crate) fn eh_frame_hdr(&self) -> Range<u64> {
        self.loaded(self.segment(|s| s.p_type == PT_GNU_EH_FRAME))
    }

    /// The segment that holds the tables: its address in memory, and its bytes in the file.
    pub(crate) fn rodata(&self) -> (u64, &[u8]) {
        let header = self.segment(|s| s.p_type == PT_GNU_EH_FRAME).p_vaddr;
        let segment = self.segment(|s| {
            s.p_type == PT_LOAD && (s.p_vaddr..s.p_vaddr + s.p_memsz).contains(&header)
        });
        let bytes = &self.file[segment.p_offset as usize..][..segment.p_filesz as usize];
        (self.base + segment.p_vaddr, bytes)
    }

    /// A section: its address in memory, and its bytes.
    pub(crate) fn section(&self, name: &str) -> (u64, &[u8]) {
        let elf = ElfBytes::<LittleEndian>::minimal_parse(&self.file).unwrap();
        let header = elf.section_header_by_name(name).unwrap().unwrap();
        (self.base + header.sh_addr, elf.section_data(&header).unwrap().0)
    }

    /// The executable as the unwinder sees it.
    pub(crate) fn module(&self) -> Module<'_> {
        let (address, bytes) = self.rodata();
        Module::new(self.text(), address, bytes, self.eh_frame_hdr()).unwrap()
    }
}

/// Address of the program headers. Source: getauxval(3).
const AT_PHDR: u64 = 3;

fn auxv(kind: u64) -> u64 {
    let bytes = fs::read("/proc/self/auxv").unwrap();
    let (words, _) = bytes.as_chunks::<8>();
    let mut words = words.iter().map(|word| u64::from_ne_bytes(*word));
    while let (Some(key), Some(value)) = (words.next(), words.next()) {
        if key == kind {
            return value;
        }
    }
    panic!("the kernel gave no auxiliary value {kind}");
}
