//! Instructions that begin within others, where a branch leads into the middle of one.
//!
//! ```text
//!   74 01        je   ──┐
//!   b8 58 5f c3 90      │  mov eax, …      decoded by the sweep
//!      58 5f c3  ◀──────┘  pop, pop, ret   decoded here
//! ```
//! Compilers write none; assembly may, and so may what an attacker puts over half of a function. What branches
//! reach by themselves is judged like all else, from where they lead until it falls in with the sweep again.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use iced_x86::{Decoder, DecoderOptions, Instruction};

use super::flow::{Flow, FlowKind, FlowReader, Target};
use super::judge::{Cause, Effects, Fault, judge};
use super::sets::Offsets;

/// Judges what `flows` reach in `text` beside the instructions that begin at `starts`: whether there is any, and
/// what it can do.
pub(super) fn follow(
    text: &[u8],
    starts: &Offsets,
    flows: &[Flow],
) -> Result<(bool, Effects), Fault> {
    let (seen, open) = (Offsets::new(text.len()), Vec::new());
    let mut trail = Trail { text, starts, seen, open, effects: Effects::default() };
    for flow in flows {
        trail.branch(flow)?;
    }
    let overlaps = !trail.open.is_empty();
    while let Some(offset) = trail.open.pop() {
        trail.run(offset)?;
    }
    Ok((overlaps, trail.effects))
}

/// What is followed.
struct Trail<'a> {
    text: &'a [u8],
    starts: &'a Offsets,
    seen: Offsets,
    open: Vec<u32>,
    effects: Effects,
}

impl Trail<'_> {
    /// Takes note of where `flow` leads by itself.
    fn branch(&mut self, flow: &Flow) -> Result<(), Fault> {
        let (FlowKind::Branch(target)
        | FlowKind::Jump(Target::Text(target))
        | FlowKind::Call(Target::Text(target))) = flow.kind
        else {
            return Ok(());
        };
        match u32::try_from(target) {
            Ok(offset) if (offset as usize) < self.text.len() => self.open(offset),
            _ => return Err(Fault { offset: flow.at, cause: Cause::Target(target) }),
        }
        Ok(())
    }

    fn open(&mut self, offset: u32) {
        if !self.starts.contains(offset) && !self.seen.contains(offset) {
            self.seen.insert(offset);
            self.open.push(offset);
        }
    }

    /// Judges the instruction at `at`. Where there is none, the processor faults.
    fn run(&mut self, at: u32) -> Result<(), Fault> {
        let bytes = &self.text[at as usize..];
        let instruction: Instruction =
            Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE).decode();
        if instruction.is_invalid() {
            return Ok(());
        }
        let next = at + instruction.len() as u32;
        let kind = FlowReader::default().read(&instruction);
        let effects = judge(&instruction, kind, &bytes[..instruction.len()])
            .map_err(|cause| Fault { offset: at, cause })?;
        self.effects = self.effects.and(effects);
        if let Some(kind) = kind {
            self.branch(&Flow { at, next, kind })?;
        }
        let goes_on = !matches!(kind, Some(FlowKind::Jump(_) | FlowKind::Return | FlowKind::Trap));
        if goes_on && (next as usize) < self.text.len() {
            self.open(next);
        }
        Ok(())
    }
}
