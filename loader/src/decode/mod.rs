//! Decoding the text of an image: every instruction once, in the order of addresses.
//!
//! ```text
//!  │ function │ gap │ function │ function │ gap …          functions are those that the CFI names
//!    decoded    │     decoded
//!               └ padding (int3, zeros) skipped, all else decoded
//! ```
//! The rule for what no CFI names (the linkage table, hand-written assembly): a gap is decoded from its start
//! like a function, one instruction after the other, and must consist of instructions and padding. So data
//! between functions is refused unless it reads as instructions that are allowed.
//!
//! What comes of it is a [`Code`]: where instructions begin, where control goes, and which kinds of
//! instructions there are. The sweep is linear in the bytes of text. What a branch finds in the middle of an
//! instruction is judged too ([`overlap`]). It says nothing about what a computed jump finds there; the kernel's
//! filter of system calls contains that.
//!
//! Spec: Intel SDM volume 2; AMD64 APM volume 3.
#![forbid(unsafe_code)]

mod flow;
mod frames;
mod judge;
mod overlap;
mod policy;
mod sets;

use alloc::vec::Vec;
use core::ops::Range;

use iced_x86::{Decoder, DecoderOptions, Instruction};

use flow::FlowReader;
pub(crate) use flow::{Flow, FlowKind, Target};
use frames::{FrameReader, UNKNOWN_BYTES};
use judge::judge;
pub(crate) use judge::{Cause, Effects, Fault};
pub(crate) use policy::Refused;
use sets::{Offsets, SeenCodes};

/// Bytes between functions that are no code: traps and zeros.
const PADDING: [u8; 2] = [0xcc, 0x00];

/// The decoded text of an image. Offsets are from the start of text.
#[derive(Debug)]
pub(crate) struct Code {
    starts: Offsets,
    flows: Vec<Flow>,
    taken: Vec<u32>,
    overlaps: bool,
    effects: Effects,
}

impl Code {
    /// Decodes `text`, of which `functions` are sorted and apart from each other.
    pub(crate) fn decode(text: &[u8], functions: &[Range<u32>]) -> Result<Self, Fault> {
        let mut sweep = Sweep::new(text);
        let mut end = 0;
        for function in functions {
            sweep.range(end..function.start, Kind::Gap)?;
            sweep.range(function.clone(), Kind::Function)?;
            end = function.end;
        }
        sweep.range(end..text.len() as u32, Kind::Gap)?;
        sweep.finish()
    }

    /// The instructions that do more than go on to the next, by ascending offset.
    pub(crate) fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// Instructions whose addresses are computed, as those of functions that are called by pointers.
    pub(crate) fn taken(&self) -> &[u32] {
        &self.taken
    }

    /// The position in [`flows`](Self::flows) of the first at or behind `offset`.
    pub(crate) fn flow_from(&self, offset: u32) -> usize {
        self.flows.partition_point(|flow| flow.at < offset)
    }

    /// How many instructions begin in `range`.
    pub(crate) fn count(&self, range: Range<u32>) -> usize {
        self.starts.count(range)
    }

    /// Whether an instruction begins at `offset`.
    pub(crate) fn is_start(&self, offset: u32) -> bool {
        self.starts.contains(offset)
    }

    /// Whether a branch leads into the middle of an instruction, so that two readings of the same bytes may run.
    pub(crate) fn overlaps(&self) -> bool {
        self.overlaps
    }

    /// What the code can do that others must know of.
    pub(crate) fn effects(&self) -> Effects {
        self.effects
    }
}

/// What a range of text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Gap,
}

/// A sweep under way.
struct Sweep<'t> {
    text: &'t [u8],
    decoder: Decoder<'t>,
    starts: Offsets,
    seen: SeenCodes,
    reader: FlowReader,
    frames: FrameReader,
    flows: Vec<Flow>,
    taken: Vec<u32>,
    effects: Effects,
}

impl<'t> Sweep<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            decoder: Decoder::with_ip(64, text, 0, DecoderOptions::NONE),
            starts: Offsets::new(text.len()),
            seen: SeenCodes::new(),
            reader: FlowReader::default(),
            frames: FrameReader::default(),
            flows: Vec::new(),
            taken: Vec::new(),
            effects: Effects::default(),
        }
    }

    fn range(&mut self, range: Range<u32>, kind: Kind) -> Result<(), Fault> {
        let mut at = range.start;
        let mut instruction = Instruction::default();
        self.reader.forget();
        self.frames.next_function();
        self.seek(at);
        while at < range.end {
            if kind == Kind::Gap && PADDING.contains(&self.text[at as usize]) {
                at = self.padding(at, range.end);
                continue;
            }
            self.starts.insert(at);
            self.decoder.decode_out(&mut instruction);
            at = self.instruction(&instruction, at, range.end)?;
        }
        Ok(())
    }

    /// Skips the padding at `at`, which counts as one trap, and returns where it ends.
    fn padding(&mut self, at: u32, end: u32) -> u32 {
        let bytes = &self.text[at as usize..end as usize];
        let length = bytes.iter().take_while(|byte| PADDING.contains(byte)).count() as u32;
        (at..at + length).for_each(|offset| self.starts.insert(offset));
        self.flows.push(Flow { at, next: at + length, kind: FlowKind::Trap });
        self.seek(at + length);
        at + length
    }

    /// Takes note of the instruction at `at`, and returns where the next one begins.
    fn instruction(&mut self, instruction: &Instruction, at: u32, end: u32) -> Result<u32, Fault> {
        let fault = |cause| Err(Fault { offset: at, cause });
        if instruction.is_invalid() {
            return fault(Cause::NoInstruction);
        }
        let next = at + instruction.len() as u32;
        if next > end {
            return fault(Cause::Straddles);
        }
        let kind = self.reader.read(instruction);
        self.frames.read(instruction);
        if kind.is_some() || self.seen.insert(instruction.code()) {
            match judge(instruction, kind, &self.text[at as usize..next as usize]) {
                Ok(effects) => self.effects = self.effects.and(effects),
                Err(cause) => return fault(cause),
            }
        }
        if instruction.code() == iced_x86::Code::Lea_r64_m && instruction.is_ip_rel_memory_operand()
        {
            // An address that is not in text is sorted out at the end.
            self.taken.extend(u32::try_from(instruction.ip_rel_memory_address()).ok());
        }
        self.flows.extend(kind.map(|kind| Flow { at, next, kind }));
        Ok(next)
    }

    fn seek(&mut self, at: u32) {
        // Offsets in text are positions of the decoder, its end included.
        if self.decoder.set_position(at as usize).is_ok() {
            self.decoder.set_ip(at.into());
        }
    }

    fn finish(self) -> Result<Code, Fault> {
        let Self { text, starts, mut frames, flows, mut taken, effects, .. } = self;
        taken.retain(|&offset| starts.contains(offset));
        let (overlaps, beside) = overlap::follow(text, &starts, &flows)?;
        let frame_bytes = if overlaps { UNKNOWN_BYTES } else { frames.next_function() };
        let effects = Effects { frame_bytes, ..effects.and(beside) };
        Ok(Code { starts, flows, taken, overlaps, effects })
    }
}

#[cfg(test)]
mod tests;
