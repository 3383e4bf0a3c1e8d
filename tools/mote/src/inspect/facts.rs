//! What can be said of the bytes of an image. Total: any bytes give an answer.

use mote_abi::imports::Import;
use mote_loader::{
    CheckError, Checked, Expected, Image, ImportUse, RelocationCounts, StopKind, StopPoint, check,
    longest_run,
};
use serde::Serialize;

use super::provenance::{ProvenanceFact, SignatureFact};
use mote_bench::image::functions::{self, Function};

/// Everything that `mote inspect` tells. The names of the fields are those in JSON.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Facts {
    /// The file's length.
    pub(crate) bytes: usize,
    /// The compiler that built it, if its note says so.
    pub(crate) toolchain: Option<String>,
    /// The ABI it was built for, if its note says so.
    pub(crate) abi_version: Option<u32>,
    /// What it was made of, if its note says so.
    pub(crate) provenance: Option<ProvenanceFact>,
    /// Its signature, if it has one.
    pub(crate) signature: Option<SignatureFact>,
    /// Address of the entry.
    pub(crate) entry: Option<u64>,
    /// Its segments in the order of the windows.
    pub(crate) segments: Vec<Segment>,
    /// Its undefined symbols.
    pub(crate) imports: Vec<ImportFact>,
    /// How many relocations of each kind it has.
    pub(crate) relocations: Relocations,
    /// Its functions in the order of their addresses.
    pub(crate) functions: Vec<Function>,
    /// How many functions the list leaves out.
    pub(crate) functions_left_out: usize,
    /// Why its unwind tables cannot be read.
    pub(crate) unwind_error: Option<String>,
    /// Where breakpoints may stand, if the loader takes it.
    pub(crate) stop_points: Vec<StopPointFact>,
    /// The most instructions that run without a stop point.
    pub(crate) longest_run: Option<usize>,
    /// Where it reads a counter of the processor, if it does: nodes whose tenants do not share workers refuse it.
    pub(crate) counter: Option<String>,
    /// Whether the loader takes it.
    pub(crate) verdict: Verdict,
}

/// One segment.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Segment {
    pub(crate) name: &'static str,
    pub(crate) address: u64,
    pub(crate) file_bytes: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) align: u64,
    pub(crate) flags: String,
}

/// One undefined symbol.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ImportFact {
    pub(crate) name: String,
    pub(crate) is_whitelisted: bool,
    pub(crate) first_use: Option<u64>,
}

/// Relocations by kind.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Relocations {
    pub(crate) relative: usize,
    pub(crate) glob_dat: usize,
    pub(crate) jump_slot: usize,
    pub(crate) direct: usize,
    pub(crate) other: usize,
}

/// One stop point.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct StopPointFact {
    pub(crate) address: u32,
    pub(crate) kind: &'static str,
}

impl From<&StopPoint> for StopPointFact {
    fn from(point: &StopPoint) -> Self {
        let kind = match point.kind {
            StopKind::Loop => "loop",
            StopKind::Entry => "entry",
            StopKind::Return => "return",
            _ => "other",
        };
        Self { address: point.offset, kind }
    }
}

/// What the loader says.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Verdict {
    pub(crate) accepted: bool,
    pub(crate) refusals: Vec<String>,
    pub(crate) slot_bytes: Option<u32>,
}

impl Facts {
    /// Reads `bytes`, and asks the loader what it makes of them.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match Image::parse(bytes) {
            Ok(image) => Self::of_image(bytes, &image),
            Err(error) => Self {
                bytes: bytes.len(),
                verdict: Verdict { refusals: vec![error.to_string()], ..Verdict::default() },
                ..Self::default()
            },
        }
    }

    fn of_image(bytes: &[u8], image: &Image<'_>) -> Self {
        let functions = functions::of(bytes, image);
        let checked = check(image, &Expected::of(mote_dispatcher::TOOLCHAIN));
        let stops = checked.as_ref().map(|checked| checked.stop_points().to_vec());
        let stops = stops.unwrap_or_default();
        Self {
            bytes: bytes.len(),
            toolchain: image.toolchain().map(str::to_owned),
            abi_version: image.abi_version(),
            provenance: image.provenance().map(ProvenanceFact::from),
            signature: SignatureFact::of(bytes),
            entry: image.entry(),
            segments: image.segments().map(Segment::from).collect(),
            imports: image.imports().into_iter().map(ImportFact::from).collect(),
            relocations: image.relocation_counts().into(),
            functions: functions.list,
            functions_left_out: functions.left_out,
            unwind_error: functions.error,
            stop_points: stops.iter().map(StopPointFact::from).collect(),
            longest_run: longest_run(image, &stops).filter(|_| checked.is_ok()),
            counter: checked.as_ref().ok().and_then(|it| it.counter()).map(ToString::to_string),
            verdict: Verdict::of(&checked).with_signature(bytes),
        }
    }
}

impl Verdict {
    fn of(checked: &Result<Checked, CheckError>) -> Self {
        match checked {
            Ok(checked) => Self {
                accepted: true,
                refusals: Vec::new(),
                slot_bytes: Some(checked.slot_bytes()),
            },
            Err(error) => Self { refusals: vec![error.to_string()], ..Self::default() },
        }
    }

    /// An image whose signature is wrong is refused, whatever else it is.
    fn with_signature(mut self, bytes: &[u8]) -> Self {
        if let Err(error) = mote_dispatcher::signer(bytes) {
            (self.accepted, self.slot_bytes) = (false, None);
            self.refusals.push(error.to_string());
        }
        self
    }
}

impl From<&mote_loader::Segment<'_>> for Segment {
    fn from(segment: &mote_loader::Segment<'_>) -> Self {
        Self {
            name: segment.kind.name(),
            address: segment.address,
            file_bytes: segment.bytes.len(),
            memory_bytes: segment.memory_bytes,
            align: segment.align,
            flags: flags(segment.flags),
        }
    }
}

/// The permissions of `PF_R`, `PF_W` and `PF_X`, as `ls` would write them.
fn flags(bits: u32) -> String {
    let all = [(elf::abi::PF_R, 'r'), (elf::abi::PF_W, 'w'), (elf::abi::PF_X, 'x')];
    all.iter().map(|&(bit, letter)| if bits & bit == 0 { '-' } else { letter }).collect()
}

impl From<ImportUse<'_>> for ImportFact {
    fn from(import: ImportUse<'_>) -> Self {
        Self {
            name: import.name.to_owned(),
            is_whitelisted: Import::from_name(import.name).is_some(),
            first_use: import.first_use,
        }
    }
}

impl From<RelocationCounts> for Relocations {
    fn from(counts: RelocationCounts) -> Self {
        let RelocationCounts { relative, glob_dat, jump_slot, direct, other, .. } = counts;
        Self { relative, glob_dat, jump_slot, direct, other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_image_are_refused_with_a_message() {
        for bytes in [&b""[..], b"\x7fELF", &[0xff; 4096]] {
            let verdict = Facts::of(bytes).verdict;
            assert!(!verdict.accepted);
            assert!(verdict.refusals.iter().all(|message| !message.is_empty()));
            assert_eq!(verdict.refusals.len(), 1);
        }
    }

    #[test]
    fn own_executable_is_refused() {
        let bytes = std::fs::read("/proc/self/exe").unwrap();
        assert!(!Facts::of(&bytes).verdict.accepted);
    }

    #[test]
    fn flags_are_written_as_ls_writes_them() {
        assert_eq!([flags(5), flags(4), flags(6), flags(0)], ["r-x", "r--", "rw-", "---"]);
    }
}
