//! One executable or image whose frames can be unwound, and finding a function in it.

use core::ops::Range;

use gimli::{
    BaseAddresses, EhFrame, EhFrameOffset, FrameDescriptionEntry, LittleEndian, Pointer,
    UnwindSection,
};

use mote_sigctx::unwind::Coverage;

use super::bytes::Bytes;
use super::error::{LsdaError, TableError, UnwindError};
use super::header::Header;
use super::lsda::{Action, Lsda};

/// One executable or image whose frames can be unwound: a service's image, or the worker itself.
///
/// It borrows the read-only bytes that hold `.eh_frame_hdr`, `.eh_frame` and the LSDAs. Addresses are
/// those of the running program; one that leads outside the bytes is an error.
#[derive(Clone, Debug)]
pub struct Module<'a> {
    text: Range<u64>,
    rodata: &'a [u8],
    rodata_address: u64,
    header: Header<'a>,
    pub(super) eh_frame: EhFrame<Bytes<'a>>,
    pub(super) bases: BaseAddresses,
}

impl<'a> Module<'a> {
    /// The module whose code lies at `text` and whose `.eh_frame_hdr` lies at `eh_frame_hdr` inside
    /// `rodata`, the bytes at `rodata_address`.
    ///
    /// # Errors
    /// If `.eh_frame_hdr` is empty, outside `rodata`, truncated, without a search table or in another
    /// encoding than linkers use, or if `.eh_frame` is outside `rodata`.
    pub fn new(
        text: Range<u64>,
        rodata_address: u64,
        rodata: &'a [u8],
        eh_frame_hdr: Range<u64>,
    ) -> Result<Self, TableError> {
        if eh_frame_hdr.is_empty() {
            return Err(TableError::NoHeader);
        }
        let from = |section, address| {
            bytes_from(rodata, rodata_address, address).ok_or(TableError::Outside {
                section,
                address,
                rodata: rodata_address..rodata_address.wrapping_add(rodata.len() as u64),
            })
        };
        let bytes = from(".eh_frame_hdr", eh_frame_hdr.start)?;
        let needed = eh_frame_hdr.end - eh_frame_hdr.start;
        let found = bytes.len() as u64;
        let bytes = usize::try_from(needed)
            .ok()
            .and_then(|needed| bytes.get(..needed))
            .ok_or(TableError::Truncated { needed, found })?;
        let header = Header::parse(bytes, eh_frame_hdr.start)?;
        let eh_frame = EhFrame::new(from(".eh_frame", header.eh_frame())?, LittleEndian);
        let bases = BaseAddresses::default().set_eh_frame(header.eh_frame());
        Ok(Self { text, rodata, rodata_address, header, eh_frame, bases })
    }

    /// Where the module's code lies.
    #[must_use]
    pub fn text(&self) -> Range<u64> {
        self.text.clone()
    }

    /// What covers the instruction that begins at `address` (not a return address).
    ///
    /// # Errors
    /// If no function covers it, or its tables are damaged.
    pub fn coverage_at(&self, address: u64) -> Result<Coverage, UnwindError> {
        Ok(self.entry_at(address)?.action_at(address)?.0)
    }

    /// The function that covers the instruction at `address`.
    pub(super) fn entry_at(&self, address: u64) -> Result<Entry<'_, 'a>, UnwindError> {
        let none = UnwindError::NoFunction { address };
        let entry = self.entry_of(self.header.find(address).ok_or(none.clone())?, address)?;
        if entry.fde.contains(address) { Ok(entry) } else { Err(none) }
    }

    /// The `index`-th function in the search table, or `None` behind the last.
    pub(super) fn entry(&self, index: usize) -> Option<Result<Entry<'_, 'a>, UnwindError>> {
        self.header.fde(index).map(|fde| self.entry_of(fde, fde))
    }

    /// How many functions the search table has.
    pub(super) fn entries(&self) -> usize {
        self.header.len()
    }

    /// The function whose FDE lies at `fde`, for an error that is to speak of `address`.
    fn entry_of(&self, fde: u64, address: u64) -> Result<Entry<'_, 'a>, UnwindError> {
        let offset = fde
            .checked_sub(self.header.eh_frame())
            .and_then(|offset| usize::try_from(offset).ok())
            .ok_or(UnwindError::FdeOutside { address: fde })?;
        let fde = self
            .eh_frame
            .fde_from_offset(&self.bases, EhFrameOffset(offset), EhFrame::cie_from_offset)
            .map_err(|error| UnwindError::Cfi { address, error })?;
        Ok(Entry { module: self, fde })
    }
}

/// What lies at `address` in `bytes`, which begin at `start`, and everything behind it; never empty.
fn bytes_from(bytes: &[u8], start: u64, address: u64) -> Option<&[u8]> {
    let offset = usize::try_from(address.checked_sub(start)?).ok()?;
    bytes.get(offset..).filter(|rest| !rest.is_empty())
}

/// One function of a module.
#[derive(Clone, Debug)]
pub(super) struct Entry<'m, 'a> {
    pub(super) module: &'m Module<'a>,
    pub(super) fde: FrameDescriptionEntry<Bytes<'a>>,
}

impl<'a> Entry<'_, 'a> {
    /// What the function's LSDA asks for at `address`.
    pub(super) fn action_at(&self, address: u64) -> Result<(Coverage, Action), UnwindError> {
        let Some(lsda) = self.lsda()? else { return Ok((Coverage::NoLsda, Action::None)) };
        let function = self.fde.initial_address();
        let action = lsda
            .action_at(address.wrapping_sub(function))
            .map_err(|error| self.lsda_error(error))?;
        let Some(action) = action else { return Ok((Coverage::Gap, Action::None)) };
        if let Some(pad) = action.landing_pad() {
            self.check_landing_pad(pad)?;
        }
        Ok((coverage_of(action), action))
    }

    /// Number of call sites with a landing pad, or `None` if the function has no LSDA.
    pub(super) fn count_landing_pads(&self) -> Result<Option<usize>, UnwindError> {
        let count = self.lsda()?.map(|lsda| lsda.count_landing_pads()).transpose();
        count.map_err(|error| self.lsda_error(error))
    }

    /// Whether `visit` says true of every landing pad of the function that runs destructors.
    pub(super) fn all_cleanups(
        &self,
        visit: &mut impl FnMut(u64) -> bool,
    ) -> Result<bool, UnwindError> {
        let all = self.lsda()?.map(|lsda| lsda.all_cleanups(visit)).transpose();
        Ok(all.map_err(|error| self.lsda_error(error))?.unwrap_or(true))
    }

    fn lsda(&self) -> Result<Option<Lsda<'a>>, UnwindError> {
        let Some(pointer) = self.fde.lsda().filter(|pointer| !self.is_null(*pointer)) else {
            return Ok(None);
        };
        self.parse_lsda(pointer).map(Some).map_err(|error| self.lsda_error(error))
    }

    fn parse_lsda(&self, pointer: Pointer) -> Result<Lsda<'a>, LsdaError> {
        let address = pointer.direct().map_err(|_| LsdaError::Indirect)?;
        let bytes = bytes_from(self.module.rodata, self.module.rodata_address, address)
            .ok_or(LsdaError::Outside)?;
        Lsda::parse(bytes, address, self.fde.initial_address())
    }

    /// An encoded 0 means that there is no LSDA, even where the encoding is relative. gimli adds the
    /// base all the same, and then the pointer leads to its own field in the FDE.
    fn is_null(&self, pointer: Pointer) -> bool {
        let fde = self.module.header.eh_frame().wrapping_add(self.fde.offset() as u64);
        let offset = pointer.pointer().wrapping_sub(fde);
        pointer.pointer() == 0 || offset < self.fde.entry_len() as u64
    }

    /// A landing pad may lie outside the function (in a cold section), but not outside the module.
    fn check_landing_pad(&self, address: u64) -> Result<(), UnwindError> {
        if self.module.text.contains(&address) {
            return Ok(());
        }
        Err(UnwindError::LandingPadOutside { address, text: self.module.text() })
    }

    fn lsda_error(&self, error: LsdaError) -> UnwindError {
        UnwindError::Lsda {
            function: self.fde.initial_address(),
            address: self.fde.lsda().map_or(0, Pointer::pointer),
            error,
        }
    }
}

fn coverage_of(action: Action) -> Coverage {
    match action {
        Action::None => Coverage::NoPad,
        Action::Cleanup(_) => Coverage::LandingPad,
        Action::Catch(_) | Action::Terminate(_) => Coverage::Terminate,
    }
}
