//! The worker's unwinder against the oracle, at every instruction of every image of the suite.
//!
//! Images are placed, so that the tables are those that workers look up, and slots hold what they are bound to.

use std::os::fd::BorrowedFd;
use std::path::Path;

use iced_x86::{Decoder, DecoderOptions};
use mote_abi::image::{ImageHeader, TABLES_OFFSET};
use mote_abi::imports::{Import, ImportTable};
use mote_abi::windows::Base;
use mote_builder::Profile;
use mote_dispatcher::TOOLCHAIN;
use mote_loader::{Expected, Image, Segment, SegmentKind, Zone, functions, verify};
use mote_sigctx::registers::{COUNT, Registers};
use mote_sigctx::unwind::{HostText, UnwindTable, Unwinder};
use mote_tests::dwarf::code::{Code, Search};
use mote_tests::dwarf::{self, Frame, Module, ProbeResult, ProbeSite, Stack, Step};
use mote_tests::{built, image};
use rustix::io::pread;
use zerocopy::{FromBytes, IntoBytes};

/// The exception that passes.
const EXCEPTION: u64 = 0xdead_0001;

/// Services that are made not to build.
const NO_IMAGES: &[&str] = &["bad"];

/// Where zones begin.
const BASE: Base = Base::of_number(0);

/// Each import at an address of its own, none of which is in a window.
fn imports() -> ImportTable {
    ImportTable(std::array::from_fn(|i| 0x40_0000 + 16 * i as u64))
}

/// Words that tell their address, on a stack without end.
struct Everywhere;

impl Stack for Everywhere {
    fn read_u64(&self, address: u64) -> Option<u64> {
        Some(address.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// An image as it lies in its slot, for both unwinders.
struct Placed<'i> {
    text_address: u64,
    text: &'i [u8],
    rodata: Vec<u64>,
    header: ImageHeader,
    tables: Segment<'i>,
    functions: Vec<mote_loader::Function>,
    image: &'i Image<'i>,
}

impl<'i> Placed<'i> {
    fn new(bytes: &[u8], image: &'i Image<'i>) -> Self {
        let checked = verify(bytes, &Expected::of(TOOLCHAIN)).unwrap();
        let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
        let placed = zone.place(&checked).unwrap();
        let words = read(zone.rodata_fd(), placed.record, size_of::<ImageHeader>());
        let header = ImageHeader::read_from_bytes(words.as_bytes()).unwrap();
        let rodata_bytes = (placed.record - header.slot) as usize;
        let segment = |kind| *image.segments().find(|segment| segment.kind == kind).unwrap();
        Self {
            text_address: BASE.windows(0).text() + u64::from(header.slot),
            text: segment(SegmentKind::Text).bytes,
            rodata: read(zone.rodata_fd(), header.slot, rodata_bytes),
            header,
            tables: segment(SegmentKind::Tables),
            functions: functions(image).unwrap(),
            image,
        }
    }

    /// Its table, as a worker reads it.
    fn table(&self) -> UnwindTable<'_> {
        let start = (self.header.unwind - self.header.slot) as usize;
        let bytes = &self.rodata.as_bytes()[start..][..self.header.unwind_bytes as usize];
        UnwindTable::new(bytes).unwrap()
    }

    /// Its DWARF, as if it had been placed where it is linked.
    fn module(&self) -> Module<'_> {
        let text = self.text_address..self.text_address + self.text.len() as u64;
        let header = self.image.eh_frame_hdr().unwrap();
        let header = header.start + self.text_address..header.end + self.text_address;
        Module::new(text, self.text_address + TABLES_OFFSET, self.tables.bytes, header).unwrap()
    }

    fn code(&self) -> Code<'_> {
        let windows = BASE.windows(0);
        Code {
            text: self.text,
            text_address: self.text_address,
            rodata: &self.rodata.as_bytes()[..self.header.rodata_bytes as usize],
            rodata_address: windows.rodata() + u64::from(self.header.slot),
            resume: imports().address(Import::UnwindResume),
            panicking: imports().address(Import::Panicking),
        }
    }

    /// The addresses of all instructions of all functions, and of their ends.
    fn instructions(&self) -> impl Iterator<Item = (u64, u64)> {
        self.functions.iter().flat_map(|function| {
            let bytes = &self.text[function.start as usize..][..function.bytes as usize];
            let start = self.text_address + function.start;
            let decoder = Decoder::with_ip(64, bytes, start, DecoderOptions::NONE);
            decoder.into_iter().map(|it| (it.ip(), it.next_ip()))
        })
    }
}

/// Words of a window.
fn read(fd: BorrowedFd<'_>, offset: u32, bytes: usize) -> Vec<u64> {
    let mut words = vec![0_u64; bytes.div_ceil(8)];
    assert_eq!(pread(fd, words.as_mut_bytes(), offset.into()), Ok(bytes.next_multiple_of(8)));
    words
}

/// Registers of which each is above the stack pointer.
fn frame(rip: u64, is_exact: bool) -> Frame {
    let mut values: [u64; COUNT] = std::array::from_fn(|number| 0x8000 + 0x100 * number as u64);
    values[7] = 0x7000;
    values[16] = rip;
    Frame { registers: Registers::new(values), is_exact }
}

/// What was compared.
#[derive(Debug, Default)]
struct Compared {
    instructions: usize,
    landing_pads: usize,
    blocked: usize,
}

/// Asks both unwinders at every instruction of an image.
fn compare(name: &str, bytes: &[u8], compared: &mut Compared) {
    let image = Image::parse(bytes).unwrap();
    let placed = Placed::new(bytes, &image);
    let host = HostText { fake_frame: 0..0, memory_functions: 0..0 };
    let (text, text_bytes) = (placed.text_address, placed.header.text_bytes);
    let unwinder = Unwinder { text, text_bytes, table: placed.table(), host: &host };
    let modules = [placed.module()];
    let mut oracle = dwarf::Unwinder::new();
    for (start, end) in placed.instructions() {
        compared.instructions += 1;
        for frame in [frame(start, true), frame(end, false)] {
            let ours = unwinder.step(&Everywhere, &frame, EXCEPTION).ok();
            let theirs = oracle.step(&modules, &Everywhere, &frame, EXCEPTION).ok();
            assert_eq!(ours, theirs, "{name} at {:#x}", start - text);
            let is_pad = ours.is_some_and(|it| matches!(it.step, Step::LandingPad(_)));
            compared.landing_pads += usize::from(is_pad);
            for site in [ProbeSite::Known, ProbeSite::Unknown] {
                let mut search = Search::new(placed.code());
                let mut can_unwind = |pad| search.can_unwind(pad);
                let ours = unwinder.probe(&Everywhere, &frame, site).ok();
                let theirs =
                    oracle.probe(&modules, &Everywhere, &frame, site, &mut can_unwind).ok();
                assert_eq!(ours, theirs, "{name} at {:#x}, {site:?}", start - text);
                compared.blocked += usize::from(ours == Some(ProbeResult::Blocked));
            }
        }
    }
}

#[test]
fn table_says_what_dwarf_does_at_every_instruction_of_the_suite() {
    let mut compared = Compared::default();
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("services");
    let mut names: Vec<_> = std::fs::read_dir(services)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !NO_IMAGES.contains(&name.as_str()))
        .collect();
    names.sort_unstable();
    for name in &names {
        compare(name, &image(name), &mut compared);
    }
    for name in ["corpus", "hello", "panics_in_drop"] {
        compare(&format!("{name} (debug)"), &built(name, Profile::Debug), &mut compared);
    }
    eprintln!("{compared:?}");
    assert!(compared.instructions > 20_000 && compared.landing_pads > 500, "{compared:?}");
    assert!(compared.blocked > 10, "{compared:?}");
}
