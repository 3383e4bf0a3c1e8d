//! Whether a raise gets through a landing pad, or ends the program there.
//!
//! Some guards in the standard collections abort when they are dropped during unwinding, because what
//! they guard is half done: `BTreeMap` does so while it gets another level. In machine code such a
//! landing pad is like any other, except that every path through it ends at a trap. A raise that
//! reached it would end as a discard, so it is better not to begin it: a little later the guard is gone.
//!
//! For each place of the code three questions are answered together, each by going over all flows until
//! nothing changes: may a thread there return? may it go on unwinding, by `_Unwind_Resume` or a panic? may it
//! end at a trap? Jumps, branches and direct calls are followed, and every other call is taken to return. A
//! destructor that panics or never ends is not such a guard: it would do so at any other call too, so waiting
//! is of no use.
//!
//! A wrong answer costs a destructor its run, as a discard does, and never the host anything.
#![forbid(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use mote_abi::imports::Import;

use crate::decode::{Code, Flow, FlowKind, Target};
use crate::linkage::{Slot, Slots};

/// How often all flows are gone over: in compiled code a chain of calls backwards is not nearly so long.
const MAX_ROUNDS: usize = 64;

/// What a thread may do.
const RETURNS: u8 = 1 << 0;
/// Go on unwinding.
const PASSES: u8 = 1 << 1;
/// End at a trap.
const ENDS: u8 = 1 << 2;

/// Where a jump or a call leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    /// To `_Unwind_Resume`, or a panic.
    Out,
    /// To the code whose first flow has this position.
    Flow(u32),
    /// Not known, or not this code: it returns.
    Elsewhere,
}

/// What may become of a thread at each flow of some code.
#[derive(Debug)]
pub(super) struct Fates(Box<[u8]>);

impl Fates {
    /// Those of `code`, whose calls of others go through `slots`.
    pub(super) fn of(code: &Code, slots: &Slots) -> Self {
        let flows = code.flows();
        let destinations: Vec<_> =
            flows.iter().map(|flow| destination(flow, code, slots)).collect();
        let mut fates = Self(vec![0; flows.len()].into());
        // Each question presupposes the answers to those before.
        for fate in [RETURNS, PASSES, ENDS] {
            for _ in 0..MAX_ROUNDS {
                if !fates.go_over(fate, flows, &destinations) {
                    break;
                }
            }
        }
        fates
    }

    /// Whether a raise gets through the landing pad at `pad`. What only goes in circles does.
    pub(super) fn can_unwind(&self, code: &Code, pad: u32) -> bool {
        self.at(code.flow_from(pad) as u32) & (RETURNS | PASSES | ENDS) != ENDS
    }

    /// One round backwards, so that what follows is known first. Whether anything changed.
    fn go_over(&mut self, fate: u8, flows: &[Flow], destinations: &[Destination]) -> bool {
        let mut has_changed = false;
        for (index, flow) in flows.iter().enumerate().rev() {
            if self.0[index] & fate == 0 {
                let next = self.at(index as u32 + 1);
                if self.next(flow.kind, destinations[index], next) & fate != 0 {
                    self.0[index] |= fate;
                    has_changed = true;
                }
            }
        }
        has_changed
    }

    /// What may become of a thread at a flow of this kind, of which `next` may become at the next.
    fn next(&self, kind: FlowKind, destination: Destination, next: u8) -> u8 {
        match (kind, destination) {
            (FlowKind::Return, _) => RETURNS,
            (FlowKind::Trap, _) => ENDS,
            (_, Destination::Out) => PASSES,
            (FlowKind::Jump(_), Destination::Flow(to)) => self.at(to),
            (FlowKind::Jump(_), Destination::Elsewhere) => RETURNS,
            (FlowKind::Branch(_), Destination::Flow(to)) => self.at(to) | next,
            (FlowKind::Call(_), Destination::Flow(to)) => after_call(self.at(to), next),
            (FlowKind::Branch(_) | FlowKind::Call(_), Destination::Elsewhere) => next,
        }
    }

    fn at(&self, flow: u32) -> u8 {
        // Running off the end of text is not known to end.
        self.0.get(flow as usize).copied().unwrap_or(RETURNS)
    }
}

/// What may become of a thread behind a call of what has the fate `callee`.
fn after_call(callee: u8, next: u8) -> u8 {
    if callee & RETURNS != 0 { next } else { callee }
}

fn destination(flow: &Flow, code: &Code, slots: &Slots) -> Destination {
    let target = match flow.kind {
        FlowKind::Branch(offset) => Target::Text(offset),
        FlowKind::Jump(target) | FlowKind::Call(target) => target,
        FlowKind::Return | FlowKind::Trap => Target::Unknown,
    };
    let offset = match target {
        Target::Text(offset) => u32::try_from(offset).ok(),
        Target::Slot(address) => match slots.get(address) {
            Some(Slot::Import(Import::UnwindResume | Import::Panicking)) => {
                return Destination::Out;
            }
            Some(Slot::Own(address)) => Some(address),
            Some(Slot::Import(_)) | None => None,
        },
        Target::Unknown => None,
    };
    match offset.filter(|&offset| code.is_start(offset)) {
        Some(offset) => Destination::Flow(code.flow_from(offset) as u32),
        None => Destination::Elsewhere,
    }
}
