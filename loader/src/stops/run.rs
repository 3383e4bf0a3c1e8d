//! How long code runs without a stop point, for reports.
#![forbid(unsafe_code)]

use alloc::vec;
use alloc::vec::Vec;

use super::point::StopPoint;
use crate::cfi::Cfi;
use crate::decode::{Code, FlowKind, Target};
use crate::image::Image;

/// The most instructions that run one after the other in the text of `image` without one of `stops`, its stop
/// points. A call counts as one instruction: what it calls begins with a stop point.
///
/// `None` if the image's text or CFI is refused.
#[must_use]
pub fn longest_run(image: &Image<'_>, stops: &[StopPoint]) -> Option<usize> {
    let cfi = Cfi::read(image).ok()?;
    let code = Code::decode(image.text().bytes, &cfi.ranges()).ok()?;
    let offsets: Vec<u32> = stops.iter().map(|stop| stop.offset).collect();
    Some(Runs::new(&code, &offsets).longest())
}

/// Runs that begin at each flow, from the last one on: without stop points, all others lead forwards.
struct Runs<'c> {
    code: &'c Code,
    stops: &'c [u32],
    /// Instructions from each flow on, itself included.
    from_flow: Vec<usize>,
}

impl<'c> Runs<'c> {
    fn new(code: &'c Code, stops: &'c [u32]) -> Self {
        let mut runs = Self { code, stops, from_flow: vec![0; code.flows().len()] };
        for (index, flow) in code.flows().iter().enumerate().rev() {
            let next = || runs.from(flow.next);
            let to = |offset: i64| u32::try_from(offset).map_or(0, |offset| runs.from(offset));
            let rest = match flow.kind {
                FlowKind::Trap
                | FlowKind::Return
                | FlowKind::Jump(Target::Slot(_) | Target::Unknown) => 0,
                FlowKind::Jump(Target::Text(target)) => to(target),
                FlowKind::Branch(target) => next().max(to(target)),
                FlowKind::Call(_) => next(),
            };
            runs.from_flow[index] = 1 + rest;
        }
        runs
    }

    /// Instructions that run from `offset` on until a stop point, which itself does not.
    fn from(&self, offset: u32) -> usize {
        let stop = self.stops.get(self.stops.partition_point(|&stop| stop < offset)).copied();
        let index = self.code.flow_from(offset);
        match (self.code.flows().get(index), stop) {
            (Some(flow), Some(stop)) if stop <= flow.at => self.code.count(offset..stop),
            (Some(flow), _) => self.code.count(offset..flow.at) + self.from_flow[index],
            (None, stop) => self.code.count(offset..stop.unwrap_or(u32::MAX)),
        }
    }

    /// The longest behind any stop point, which itself counts.
    fn longest(&self) -> usize {
        let runs = self.stops.iter().map(|&stop| {
            let index = self.code.flow_from(stop);
            match self.code.flows().get(index) {
                Some(flow) if flow.at == stop => self.from_flow[index],
                _ => 1 + self.from(stop + 1),
            }
        });
        runs.max().unwrap_or(0)
    }
}
