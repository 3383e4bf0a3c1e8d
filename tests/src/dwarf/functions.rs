//! A list of a module's functions, for reports.

use super::error::UnwindError;
use super::module::{Entry, Module};

/// What the tables say of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Address of its first instruction.
    pub start: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it has an LSDA. If not, exceptions pass through it without a trace.
    pub has_lsda: bool,
    /// Call sites (ranges of instructions) that have a landing pad.
    pub landing_pads: usize,
}

/// The functions of a module in the order of their addresses. See [`Module::functions`].
#[derive(Clone, Debug)]
pub struct Functions<'m, 'a> {
    module: &'m Module<'a>,
    next: usize,
}

impl<'a> Module<'a> {
    /// All functions that have an FDE. One that cannot be read is an error, and the list goes on.
    #[must_use]
    pub fn functions(&self) -> Functions<'_, 'a> {
        Functions { module: self, next: 0 }
    }
}

impl Iterator for Functions<'_, '_> {
    type Item = Result<Function, UnwindError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.module.entry(self.next)?;
        self.next += 1;
        Some(entry.and_then(|entry| describe(&entry)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.module.entries() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Functions<'_, '_> {}

fn describe(entry: &Entry<'_, '_>) -> Result<Function, UnwindError> {
    let landing_pads = entry.count_landing_pads()?;
    Ok(Function {
        start: entry.fde.initial_address(),
        bytes: entry.fde.len(),
        has_lsda: landing_pads.is_some(),
        landing_pads: landing_pads.unwrap_or(0),
    })
}
