//! The stop points of an image: instructions at whose first byte a breakpoint stops whatever runs for long.
//!
//! | kind | why |
//! | --- | --- |
//! | backward jumps, `loop` and `jrcxz` among them | a loop has one |
//! | indirect jumps | they may lead backwards |
//! | entries of functions | a recursion passes one, on its way down |
//! | indirect calls outside functions that CFI names | they may lead to what is not known as an entry |
//! | returns of recursive functions | on its way up a recursion passes nothing else |
//!
//! So every cycle of the control flow that was decoded has one: what is left when they are taken out leads
//! forwards only. An instruction that is a breakpoint by itself is none: nobody could tell the two apart. Where a
//! branch leads into the middle of an instruction, there are none: in another reading of the same bytes a
//! breakpoint would be half of an instruction, so such an image is stopped by signals.
#![forbid(unsafe_code)]

mod lines;
mod point;
mod recursion;
mod run;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::decode::{Code, FlowKind, Target};
use crate::linkage::Slots;
pub use lines::{StopByte, StopLines};
pub(crate) use point::INT3;
pub use point::{StopKind, StopPoint};
use recursion::Recursion;
pub use run::longest_run;

/// The stop points of `text`, which is decoded as `code`, whose `functions` are those that CFI names and whose
/// calls of others go through `slots`: by ascending offset.
pub(crate) fn stop_points(
    text: &[u8],
    code: &Code,
    functions: &[Range<u32>],
    slots: &Slots,
) -> Vec<StopPoint> {
    if code.overlaps() {
        return Vec::new();
    }
    let entries = entries(code, functions);
    let recursion = Recursion::of(code, &entries, slots);
    let mut points: BTreeMap<u32, StopKind> =
        entries.iter().map(|&entry| (entry, StopKind::Entry)).collect();
    for flow in code.flows() {
        let kind = match flow.kind {
            FlowKind::Branch(to) | FlowKind::Jump(Target::Text(to)) if to <= flow.at.into() => {
                StopKind::Loop
            }
            FlowKind::Jump(Target::Slot(_) | Target::Unknown) => StopKind::Loop,
            FlowKind::Call(Target::Slot(_) | Target::Unknown) if !is_inside(flow.at, functions) => {
                StopKind::Entry
            }
            FlowKind::Return if recursion.is_recursive(flow.at) => StopKind::Return,
            _ => continue,
        };
        points.insert(flow.at, kind);
    }
    let may_stand = |offset| code.is_start(offset) && text.get(offset as usize) != Some(&INT3);
    let points = points.into_iter().filter(|&(offset, _)| may_stand(offset));
    points.map(|(offset, kind)| StopPoint { offset, kind }).collect()
}

/// Where functions begin, as CFI and calls tell: ascending.
fn entries(code: &Code, functions: &[Range<u32>]) -> Vec<u32> {
    let called = code.flows().iter().filter_map(|flow| match flow.kind {
        FlowKind::Call(Target::Text(to)) => u32::try_from(to).ok(),
        _ => None,
    });
    let mut entries: Vec<u32> = functions.iter().map(|it| it.start).chain(called).collect();
    entries.extend(code.taken());
    entries.sort_unstable();
    entries.dedup();
    entries
}

fn is_inside(offset: u32, functions: &[Range<u32>]) -> bool {
    let behind = functions.partition_point(|function| function.start <= offset);
    behind > 0 && functions[behind - 1].contains(&offset)
}
