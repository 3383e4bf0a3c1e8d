//! The unwind table of an image, made from its CFI and LSDAs when it is checked.
//!
//! | file | holds |
//! | --- | --- |
//! | `builder` | the table's lists as they grow, and their bytes |
//! | `passes` | whether a raise gets through a landing pad |
//!
//! The format is [`mote_abi::unwind`]'s.
#![forbid(unsafe_code)]

mod builder;
mod passes;

use alloc::vec::Vec;

use mote_abi::unwind::{Pad, Row, Rule, Site, function};

use crate::cfi::{Action, CallSite, Cfi, CfiError, Function, RowReader};
use crate::decode::Code;
use crate::linkage::Slots;
use builder::Builder;
use passes::Fates;

/// The table of the image whose CFI and code these are, and whose calls of others go through `slots`.
pub(crate) fn table(cfi: &Cfi<'_>, code: &Code, slots: &Slots) -> Result<Vec<u8>, CfiError> {
    let mut maker = Maker::new(cfi, code, slots);
    let Some(mut reader) = cfi.rows() else { return Ok(Vec::new()) };
    for (index, function) in cfi.functions().iter().enumerate() {
        let next = cfi.functions().get(index + 1).map(|next| next.range.start);
        maker.function(function, next, &mut reader)?;
    }
    Ok(maker.builder.finish())
}

/// A table in the making.
struct Maker<'i, 'a> {
    cfi: &'i Cfi<'a>,
    code: &'i Code,
    slots: &'i Slots,
    /// What becomes of a thread at each place of the code; made when the first landing pad asks.
    fates: Option<Fates>,
    builder: Builder,
    /// The rules of one function.
    rules: Vec<(u32, Rule)>,
    rows: Vec<(u32, u16)>,
    sites: Vec<(u32, u16)>,
}

impl<'i, 'a> Maker<'i, 'a> {
    fn new(cfi: &'i Cfi<'a>, code: &'i Code, slots: &'i Slots) -> Self {
        let (rules, rows, sites) = (Vec::new(), Vec::new(), Vec::new());
        Self { cfi, code, slots, fates: None, builder: Builder::default(), rules, rows, sites }
    }

    /// Adds `function`, behind which the next one begins at `next`.
    fn function(
        &mut self,
        function: &Function<'a>,
        next: Option<u32>,
        reader: &mut RowReader<'_, 'a>,
    ) -> Result<(), CfiError> {
        reader.read(function, &mut self.rules)?;
        self.rows.clear();
        for (offset, rule) in &self.rules {
            push(&mut self.rows, *offset, self.builder.rule(rule)?);
        }
        if next != Some(function.range.end) {
            push(&mut self.rows, function.range.len() as u32, Row::END);
        }
        self.sites.clear();
        let mut flags = u32::from(function.is_signal_frame()) * function::IS_SIGNAL_FRAME;
        match self.cfi.call_sites(function)? {
            None => flags |= function::ALL_PASS,
            Some(sites) => {
                let all_pass = self.sites(function, &sites)?;
                flags |= function::HAS_LSDA | (u32::from(all_pass) * function::ALL_PASS);
            }
        }
        self.builder.function(&function.range, flags, &self.rows, &self.sites);
        Ok(())
    }

    /// Lists the sites of one function; whether all its landing pads that run destructors let pass.
    fn sites(&mut self, function: &Function<'_>, sites: &[CallSite]) -> Result<bool, CfiError> {
        let mut all_pass = true;
        let mut end = 0;
        for site in sites.iter().filter(|site| site.start < site.end) {
            if site.start > end {
                push(&mut self.sites, end, Site::GAP);
            }
            let pad = self.pad(function, site.action)?;
            all_pass &= pad.is_none_or(|pad| pad.terminates() || pad.passes());
            let index = pad.map_or(Ok(Site::NO_PAD), |pad| self.builder.pad(pad))?;
            push(&mut self.sites, site.start, index);
            end = site.end;
        }
        if end > 0 && end < function.range.len() as u32 {
            push(&mut self.sites, end, Site::GAP);
        }
        Ok(all_pass)
    }

    fn pad(&mut self, function: &Function<'_>, action: Action) -> Result<Option<Pad>, CfiError> {
        let (address, is_cleanup) = match action {
            Action::None => return Ok(None),
            Action::Cleanup(address) => (address, true),
            Action::Catch(address) | Action::Terminate(address) => (address, false),
        };
        let outside = CfiError::LandingPad { function: function.range.start.into(), pad: address };
        let offset = u32::try_from(address).ok().filter(|&offset| self.code.is_start(offset));
        let offset = offset.ok_or(outside)?;
        let flags = match is_cleanup {
            true if self.can_unwind(offset) => Pad::PASSES,
            true => 0,
            false => Pad::TERMINATES,
        };
        Ok(Some(Pad(offset | flags)))
    }

    fn can_unwind(&mut self, pad: u32) -> bool {
        let (code, slots) = (self.code, self.slots);
        self.fates.get_or_insert_with(|| Fates::of(code, slots)).can_unwind(code, pad)
    }
}

/// Notes that `value` holds from `offset` on, if another one did before.
fn push(list: &mut Vec<(u32, u16)>, offset: u32, value: u16) {
    match list.last_mut() {
        Some(last) if last.1 == value => {}
        Some(last) if last.0 == offset => last.1 = value,
        _ => list.push((offset, value)),
    }
}
