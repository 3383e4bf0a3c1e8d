//! The language-specific data area: which calls of a function have landing pads, and which kind.
//!
//! ```text
//!  encoding of the landing pad base, then the base      (omitted: the function's start)
//!  encoding of the type table, then its distance        (not needed: nothing is caught by type)
//!  encoding of the call sites, their length in bytes
//!  call sites: start, length, landing pad, action + 1   sorted by start
//!  actions: type filter (sleb128), distance to the next (sleb128)
//! ```
//! Spec: Itanium C++ ABI, Exception Handling Tables (HP's "C++ ABI for Itanium: Exception Handling",
//! section 7), as GCC and LLVM write it for `.gcc_except_table`.

#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

use gimli::{DwEhPe, LittleEndian, Reader};

use super::error::LsdaError;
use super::function::Bytes;

/// Longer chains are taken for cyclic. Compilers make one record for each clause of a landing pad.
const MAX_ACTION_RECORDS: usize = 64;

/// What the LSDA asks for when an exception passes an instruction. Addresses are absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing: the exception goes on to the caller.
    None,
    /// Run the landing pad, which comes back by `_Unwind_Resume`.
    Cleanup(u64),
    /// The landing pad catches the exception.
    Catch(u64),
    /// The landing pad ends the program: an exception may not pass here (`extern "C"`, a destructor
    /// during unwinding).
    Terminate(u64),
}

/// A range of a function's instructions, and what an exception there asks for. Offsets are from the
/// function's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallSite {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) action: Action,
}

/// A parsed header of an LSDA, for one function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lsda<'a> {
    pad_base: u64,
    encoding: DwEhPe,
    call_sites: Bytes<'a>,
    actions: Bytes<'a>,
}

impl<'a> Lsda<'a> {
    /// Reads the header of the LSDA at `address` that belongs to the function at `function`. `bytes`
    /// begin there and may go on behind it: an LSDA does not say where its actions end.
    pub(super) fn parse(bytes: &'a [u8], address: u64, function: u64) -> Result<Self, LsdaError> {
        let mut input = Bytes::new(bytes, LittleEndian);
        let pad_base = read_pad_base(&mut input, address, bytes.len(), function)?;
        if DwEhPe(input.read_u8()?) != gimli::DW_EH_PE_omit {
            input.read_uleb128()?;
        }
        let encoding = DwEhPe(input.read_u8()?);
        let call_sites_bytes = input.read_uleb128().and_then(to_usize)?;
        let call_sites = input.split(call_sites_bytes)?;
        Ok(Self { pad_base, encoding, call_sites, actions: input })
    }

    /// The call sites of `function`, by ascending address.
    pub(super) fn call_sites(&self, function: &Range<u32>) -> Result<Vec<CallSite>, LsdaError> {
        let mut sites: Vec<CallSite> = Vec::new();
        let mut rest = self.call_sites;
        while !rest.is_empty() {
            let row = self.read_call_site(&mut rest)?;
            let outside = LsdaError::SiteOutside { start: row.start, bytes: row.len };
            let end = row.start.checked_add(row.len).filter(|&end| end <= function.len() as u64);
            let (Some(end), start) = (end, row.start) else { return Err(outside) };
            if sites.last().is_some_and(|last| u64::from(last.end) > start) {
                return Err(LsdaError::Unsorted { start });
            }
            let action = self.action_of(&row)?;
            // Both are within the function.
            sites.push(CallSite { start: start as u32, end: end as u32, action });
        }
        Ok(sites)
    }

    fn read_call_site(&self, input: &mut Bytes<'a>) -> Result<Row, LsdaError> {
        let mut value = || read_value("call site table", self.encoding, input);
        let (start, len, pad) = (value()?, value()?, value()?);
        Ok(Row { start, len, pad, action: input.read_uleb128()? })
    }

    fn action_of(&self, site: &Row) -> Result<Action, LsdaError> {
        if site.pad == 0 {
            return Ok(Action::None);
        }
        let pad = self.pad_base.wrapping_add(site.pad);
        let Some(first) = site.action.checked_sub(1) else { return Ok(Action::Cleanup(pad)) };
        Ok(match self.first_filter(first.cast_signed())? {
            0 => Action::Cleanup(pad),
            1.. => Action::Catch(pad),
            ..0 => Action::Terminate(pad),
        })
    }

    /// The first filter of a chain of actions that is not a cleanup, or 0. Filters are tried in this
    /// order, and neither a catch clause nor an exception specification lets a raise through.
    fn first_filter(&self, mut offset: i64) -> Result<i64, LsdaError> {
        for _ in 0..MAX_ACTION_RECORDS {
            let mut record = self.actions;
            let outside = LsdaError::ActionOutside { offset };
            record.skip(usize::try_from(offset).map_err(|_| outside)?).map_err(|_| outside)?;
            let filter = record.read_sleb128()?;
            let next_field = self.actions.len() - record.len();
            let next = record.read_sleb128()?;
            if filter != 0 || next == 0 {
                return Ok(filter);
            }
            // A slice is at most isize::MAX long, so its offsets fit.
            offset = next.saturating_add(next_field as i64);
        }
        Err(LsdaError::ActionChain { records: MAX_ACTION_RECORDS })
    }
}

/// One row of the call site table; offsets from the function's start and the landing pad base.
struct Row {
    start: u64,
    len: u64,
    pad: u64,
    action: u64,
}

fn read_pad_base(
    input: &mut Bytes<'_>,
    address: u64,
    bytes: usize,
    function: u64,
) -> Result<u64, LsdaError> {
    const FIELD: &str = "landing pad base";
    let encoding = DwEhPe(input.read_u8()?);
    if encoding == gimli::DW_EH_PE_omit {
        return Ok(function);
    }
    let field = address.wrapping_add((bytes - input.len()) as u64);
    let base = match encoding.application() {
        gimli::DW_EH_PE_absptr => 0,
        gimli::DW_EH_PE_pcrel => field,
        gimli::DW_EH_PE_funcrel => function,
        _ => return Err(LsdaError::Encoding { field: FIELD, found: encoding.0 }),
    };
    if encoding.is_indirect() {
        return Err(LsdaError::Encoding { field: FIELD, found: encoding.0 });
    }
    Ok(read_value(FIELD, encoding.format(), input)?.wrapping_add(base))
}

/// Reads a number in an encoding that only says its format; signed ones are sign-extended.
#[inline]
fn read_value(
    field: &'static str,
    encoding: DwEhPe,
    input: &mut Bytes<'_>,
) -> Result<u64, LsdaError> {
    Ok(match encoding {
        gimli::DW_EH_PE_uleb128 => input.read_uleb128()?,
        gimli::DW_EH_PE_udata2 => input.read_u16()?.into(),
        gimli::DW_EH_PE_udata4 => input.read_u32()?.into(),
        gimli::DW_EH_PE_absptr | gimli::DW_EH_PE_udata8 => input.read_u64()?,
        gimli::DW_EH_PE_sleb128 => input.read_sleb128()?.cast_unsigned(),
        gimli::DW_EH_PE_sdata2 => i64::from(input.read_i16()?).cast_unsigned(),
        gimli::DW_EH_PE_sdata4 => i64::from(input.read_i32()?).cast_unsigned(),
        gimli::DW_EH_PE_sdata8 => input.read_i64()?.cast_unsigned(),
        _ => return Err(LsdaError::Encoding { field, found: encoding.0 }),
    })
}

fn to_usize(value: u64) -> gimli::Result<usize> {
    usize::try_from(value).map_err(|_| gimli::Error::UnsupportedOffset)
}

#[cfg(test)]
mod tests;
