//! The unwinder's view of the tables, compared with one that reads `.eh_frame` from end to end and
//! whole LSDAs at once.

use std::collections::BTreeMap;

use gimli::{BaseAddresses, CieOrFde, EhFrame, EndianSlice, LittleEndian, Reader, UnwindSection};
use mote_tests::dwarf::{Coverage, Function};

use crate::executable::Executable;

/// A function as the other reading finds it.
struct Read {
    start: u64,
    bytes: u64,
    lsda: Option<u64>,
}

fn read_all(executable: &Executable) -> Vec<Read> {
    let (address, bytes) = executable.section(".eh_frame");
    let bases = BaseAddresses::default().set_eh_frame(address);
    let eh_frame = EhFrame::new(bytes, LittleEndian);
    let mut entries = eh_frame.entries(&bases);
    let mut functions = Vec::new();
    while let Some(entry) = entries.next().unwrap() {
        let CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(EhFrame::cie_from_offset).unwrap();
        let lsda = fde.lsda().map(|pointer| pointer.direct().unwrap());
        functions.push(Read { start: fde.initial_address(), bytes: fde.len(), lsda });
    }
    functions.sort_by_key(|function| function.start);
    functions
}

/// One row of a call site table.
#[derive(Clone, Copy)]
struct CallSite {
    start: u64,
    end: u64,
    pad: u64,
    action: usize,
}

/// A whole LSDA as rustc writes it: no landing pad base, uleb128 call sites.
fn read_lsda(executable: &Executable, address: u64) -> (Vec<CallSite>, &[u8]) {
    let (section, bytes) = executable.section(".gcc_except_table");
    let mut input = EndianSlice::new(&bytes[(address - section) as usize..], LittleEndian);
    assert_eq!(input.read_u8().unwrap(), 0xff, "landing pad base");
    if input.read_u8().unwrap() != 0xff {
        input.read_uleb128().unwrap();
    }
    assert_eq!(input.read_u8().unwrap(), 0x01, "call site encoding");
    let length = input.read_uleb128().unwrap() as usize;
    let mut table = input.split(length).unwrap();
    let mut sites = Vec::new();
    while !table.is_empty() {
        let [start, bytes, pad, action] = [(); 4].map(|()| table.read_uleb128().unwrap());
        sites.push(CallSite { start, end: start + bytes, pad, action: action as usize });
    }
    (sites, input.slice())
}

fn expected_coverage(site: CallSite, actions: &[u8]) -> Coverage {
    if site.pad == 0 {
        return Coverage::NoPad;
    }
    let mut record = site.action;
    while record != 0 {
        // rustc's filters and distances fit into one byte of sleb128 each.
        let one = |byte: u8| isize::from((byte << 1) as i8 >> 1);
        let (filter, next) = (one(actions[record - 1]), one(actions[record]));
        if filter != 0 {
            return Coverage::Terminate;
        }
        record = if next == 0 { 0 } else { (record + 1).strict_add_signed(next) };
    }
    Coverage::LandingPad
}

#[test]
fn functions_are_those_of_the_whole_eh_frame() {
    let executable = Executable::own();
    let listed: Vec<Function> = executable.module().functions().map(Result::unwrap).collect();
    let expected = read_all(executable);
    assert!(expected.len() > 1000);
    assert_eq!(listed.len(), expected.len());
    for (function, expected) in listed.iter().zip(&expected) {
        assert_eq!((function.start, function.bytes), (expected.start, expected.bytes));
        assert_eq!(function.has_lsda, expected.lsda.is_some());
        let sites = expected.lsda.map(|lsda| read_lsda(executable, lsda).0).unwrap_or_default();
        let with_pad = sites.iter().filter(|site| site.pad != 0).count();
        assert_eq!(function.landing_pads, with_pad, "{:#x}", function.start);
    }
}

/// Instructions at both ends of every call site and just outside, and at both ends of the function.
fn interesting(function: &Read, sites: &[CallSite]) -> Vec<u64> {
    let ends = sites.iter().flat_map(|site| {
        [site.start.saturating_sub(1), site.start, site.end.saturating_sub(1), site.end]
    });
    let mut offsets: Vec<u64> = ends.chain([0, function.bytes - 1]).collect();
    offsets.retain(|offset| *offset < function.bytes);
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

#[test]
fn coverage_is_that_of_whole_call_site_tables() {
    let executable = Executable::own();
    let module = executable.module();
    let mut seen = BTreeMap::<Coverage, usize>::new();
    for function in read_all(executable) {
        let read = function.lsda.map(|lsda| read_lsda(executable, lsda));
        let sites = read.as_ref().map_or(&[][..], |(sites, _)| sites);
        for offset in interesting(&function, sites) {
            let covering = sites.iter().find(|site| (site.start..site.end).contains(&offset));
            let expected = match (&read, covering) {
                (None, _) => Coverage::NoLsda,
                (Some(_), None) => Coverage::Gap,
                (Some((_, actions)), Some(site)) => expected_coverage(*site, actions),
            };
            let address = function.start + offset;
            assert_eq!(module.coverage_at(address), Ok(expected), "{address:#x}");
            *seen.entry(expected).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), 5, "not every kind of coverage occurred: {seen:?}");
}
