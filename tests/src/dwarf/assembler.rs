//! Tables assembled by hand for tests: a module of a few functions, a stack of a few words, and frames.

use core::ops::Range;
use std::collections::BTreeMap;
use std::vec::Vec;

use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::{Frame, Stack, Stepped};

use super::error::{TableError, UnwindError};
use super::module::Module;
use super::step::Unwinder;

/// Where the test module's code lies.
pub(super) const TEXT: Range<u64> = 0x40_0000..0x41_0000;
/// Where its read-only bytes lie.
const RODATA: u64 = 0x60_0000;

/// A function to be described.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) start: u64,
    pub(super) bytes: u32,
    /// CFA instructions after those of the CIE, which are those of a call: CFA = rsp + 8, rip at CFA - 8.
    pub(super) cfi: Vec<u8>,
    pub(super) lsda: TestLsda,
    pub(super) is_signal_frame: bool,
    pub(super) return_address_column: u8,
    pub(super) has_return_rule: bool,
}

/// Which LSDA a function has.
#[derive(Clone, Debug)]
pub(super) enum TestLsda {
    /// Its CIE has no such field.
    Absent,
    /// Its field is 0.
    Null,
    /// Its field leads to these bytes.
    Bytes(Vec<u8>),
    /// Its field has this distance.
    Distance(i32),
}

impl Described {
    /// A function of 256 bytes without LSDA that has pushed nothing.
    pub(super) fn at(start: u64) -> Self {
        Self {
            start,
            bytes: 0x100,
            cfi: Vec::new(),
            lsda: TestLsda::Absent,
            is_signal_frame: false,
            return_address_column: 16,
            has_return_rule: true,
        }
    }

    pub(super) fn cfi(mut self, instructions: &[u8]) -> Self {
        self.cfi = instructions.to_vec();
        self
    }

    pub(super) fn lsda(mut self, bytes: &[u8]) -> Self {
        self.lsda = TestLsda::Bytes(bytes.to_vec());
        self
    }
}

/// The assembled tables.
#[derive(Clone, Debug)]
pub(super) struct Assembled {
    pub(super) rodata: Vec<u8>,
    pub(super) header: Range<u64>,
}

impl Assembled {
    /// LSDAs first, then `.eh_frame`, then `.eh_frame_hdr`.
    pub(super) fn new(functions: &[Described]) -> Self {
        let mut rodata = Vec::new();
        let lsdas: Vec<u64> =
            functions.iter().map(|function| add_lsda(&mut rodata, function)).collect();
        let eh_frame = here(&rodata);
        let fdes: Vec<u64> = functions
            .iter()
            .zip(lsdas)
            .map(|(function, lsda)| {
                let cie = add_cie(&mut rodata, function);
                add_fde(&mut rodata, function, cie, lsda)
            })
            .collect();
        rodata.extend([0; 4]);
        let header = here(&rodata);
        rodata.extend([1, 0x1b, 0x03, 0x3b]);
        rodata.extend(distance(eh_frame, header + 4));
        rodata.extend((functions.len() as u32).to_le_bytes());
        for (function, fde) in functions.iter().zip(fdes) {
            rodata.extend(distance(function.start, header));
            rodata.extend(distance(fde, header));
        }
        let end = here(&rodata);
        Self { rodata, header: header..end }
    }

    pub(super) fn module(&self) -> Result<Module<'_>, TableError> {
        Module::new(TEXT, RODATA, &self.rodata, self.header.clone())
    }
}

fn here(bytes: &[u8]) -> u64 {
    RODATA + bytes.len() as u64
}

fn distance(to: u64, from: u64) -> [u8; 4] {
    (to.wrapping_sub(from) as i32).to_le_bytes()
}

fn add_lsda(rodata: &mut Vec<u8>, function: &Described) -> u64 {
    let address = here(rodata);
    if let TestLsda::Bytes(bytes) = &function.lsda {
        rodata.extend(bytes);
    }
    address
}

fn add_cie(rodata: &mut Vec<u8>, function: &Described) -> u64 {
    let address = here(rodata);
    let has_lsda = !matches!(function.lsda, TestLsda::Absent);
    let mut body = Vec::from([0, 0, 0, 0, 1, b'z', b'R']);
    body.extend(has_lsda.then_some(b'L'));
    body.extend(function.is_signal_frame.then_some(b'S'));
    body.extend([0, 1, 0x78, function.return_address_column]);
    let encodings: &[u8] = if has_lsda { &[2, 0x1b, 0x1b] } else { &[1, 0x1b] };
    body.extend(encodings);
    // DW_CFA_def_cfa rsp + 8; DW_CFA_offset of the return address, CFA - 8.
    body.extend([0x0c, 7, 8]);
    if function.has_return_rule {
        body.extend([0x90, 1]);
    }
    add_entry(rodata, &body);
    address
}

fn add_fde(rodata: &mut Vec<u8>, function: &Described, cie: u64, lsda: u64) -> u64 {
    let address = here(rodata);
    let mut body = Vec::new();
    body.extend(distance(address + 4, cie));
    body.extend(distance(function.start, address + 8));
    body.extend(function.bytes.to_le_bytes());
    match &function.lsda {
        TestLsda::Absent => body.push(0),
        TestLsda::Null => body.extend([4, 0, 0, 0, 0]),
        TestLsda::Bytes(_) => {
            body.push(4);
            body.extend(distance(lsda, address + 17));
        }
        TestLsda::Distance(distance) => {
            body.push(4);
            body.extend(distance.to_le_bytes());
        }
    }
    body.extend(&function.cfi);
    add_entry(rodata, &body);
    address
}

fn add_entry(rodata: &mut Vec<u8>, body: &[u8]) {
    let padded = body.len().next_multiple_of(4);
    rodata.extend((padded as u32).to_le_bytes());
    rodata.extend(body);
    rodata.resize(rodata.len() + padded - body.len(), 0);
}

/// A stack that has these words and no others.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(BTreeMap<u64, u64>);

impl<const N: usize> From<[(u64, u64); N]> for Words {
    fn from(words: [(u64, u64); N]) -> Self {
        Self(words.into())
    }
}

impl Stack for Words {
    fn read_u64(&self, address: u64) -> Option<u64> {
        self.0.get(&address).copied()
    }
}

/// Where the first function begins.
pub(super) const START: u64 = TEXT.start + 0x100;
/// The stack pointer of the stepped frame.
pub(super) const RSP: u64 = 0x7000;
/// An address in the text to return to.
pub(super) const RETURN: u64 = TEXT.start + 0x800;
/// The exception that passes.
pub(super) const EXCEPTION: u64 = 0xdead_0001;

/// Registers with recognisable values: 0x100 + number, then rsp and rip.
pub(super) fn registers(rip: u64) -> Registers {
    let mut values = core::array::from_fn(|number| 0x100 + number as u64);
    values[7] = RSP;
    values[16] = rip;
    Registers::new(values)
}

/// A frame that was interrupted `offset` bytes into the first function.
pub(super) fn exact(offset: u64) -> Frame {
    Frame { registers: registers(START + offset), is_exact: true }
}

/// Steps `frame` in a module of one function.
pub(super) fn step_in(
    function: Described,
    frame: &Frame,
    words: impl Into<Words>,
) -> Result<Stepped, UnwindError> {
    let assembled = Assembled::new(&[function]);
    let module = assembled.module().unwrap();
    Unwinder::new().step(&[module], &words.into(), frame, EXCEPTION)
}
