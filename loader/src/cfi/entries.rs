//! `.eh_frame`: an entry for each function.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use gimli::{BaseAddresses, EhFrame, EhFrameOffset, LittleEndian, Pointer, UnwindSection};

use super::error::{CfiError, LsdaError};
use super::function::{Bytes, Function};
use super::header::Header;
use super::lsda::{CallSite, Lsda};
use crate::image::Segment;

/// The section.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    pub(super) section: EhFrame<Bytes<'a>>,
    pub(super) bases: BaseAddresses,
    address: u64,
    /// Where it lies, and the LSDAs.
    segment: Segment<'a>,
}

impl<'a> Entries<'a> {
    /// The section that `header` names, in the same `segment`.
    pub(super) fn new(header: &Header<'_>, segment: &Segment<'a>) -> Result<Self, CfiError> {
        let address = header.eh_frame();
        let bytes = segment.bytes_from(address).ok_or(CfiError::EhFrame { address })?;
        let bases = BaseAddresses::default().set_eh_frame(address);
        let section = EhFrame::new(bytes, LittleEndian);
        Ok(Self { section, bases, address, segment: *segment })
    }

    /// The function whose entry lies at `address`; `None` if it has no instructions.
    pub(super) fn function(
        &self,
        address: u64,
        text: &Segment<'_>,
    ) -> Result<Option<Function<'a>>, CfiError> {
        let outside = CfiError::EntryOutside { address };
        let offset = EhFrameOffset(address.checked_sub(self.address).ok_or(outside)? as usize);
        let fde = self
            .section
            .fde_from_offset(&self.bases, offset, EhFrame::cie_from_offset)
            .map_err(|error| CfiError::Entry { address, error })?;
        let (start, bytes) = (fde.initial_address(), fde.len());
        if bytes == 0 {
            return Ok(None);
        }
        match text.bytes_at(start, bytes) {
            // A text segment is no longer than a window, which is less than 4 GiB.
            Some(_) => Ok(Some(Function { range: start as u32..(start + bytes) as u32, fde })),
            None => Err(CfiError::FunctionOutside { start, bytes }),
        }
    }

    /// The call sites of `function` by ascending address; `None` if it has no LSDA.
    pub(super) fn call_sites(
        &self,
        function: &Function<'a>,
    ) -> Result<Option<Vec<CallSite>>, CfiError> {
        let pointer = function.fde.lsda().filter(|pointer| !self.is_null(function, *pointer));
        let Some(pointer) = pointer else { return Ok(None) };
        let start = u64::from(function.range.start);
        let sites = self.lsda(pointer, start).and_then(|lsda| lsda.call_sites(&function.range));
        sites.map(Some).map_err(|error| CfiError::Lsda {
            function: start,
            address: pointer.pointer(),
            error,
        })
    }

    fn lsda(&self, pointer: Pointer, function: u64) -> Result<Lsda<'a>, LsdaError> {
        let address = pointer.direct().map_err(|_| LsdaError::Indirect)?;
        let bytes = self.segment.bytes_from(address).ok_or(LsdaError::Outside)?;
        Lsda::parse(bytes, address, function)
    }

    /// An encoded 0 means that there is no LSDA, even where the encoding is relative. gimli adds the
    /// base all the same, and then the pointer leads to its own field in the entry.
    fn is_null(&self, function: &Function<'_>, pointer: Pointer) -> bool {
        let entry = self.address.wrapping_add(function.fde.offset() as u64);
        let offset = pointer.pointer().wrapping_sub(entry);
        pointer.pointer() == 0 || offset < function.fde.entry_len() as u64
    }
}
