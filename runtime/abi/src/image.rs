//! What an image carries for the loader, and what the loader leaves for the worker.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Version of everything in this package. An image, a worker and a dispatcher must agree on it.
pub const ABI_VERSION: u32 = 5;

/// Offset of the read-only segment from the text segment, as linked.
pub const RODATA_OFFSET: u64 = crate::windows::WINDOW_BYTES;

/// Offset of the data segment from the text segment, as linked.
pub const DATA_OFFSET: u64 = 2 * crate::windows::WINDOW_BYTES;

/// Offset from the text segment, as linked, of what only the loader reads. It is not placed.
pub const TABLES_OFFSET: u64 = 3 * crate::windows::WINDOW_BYTES;

/// The largest data segment, in bytes. A worker copies and zeroes it for every invocation, and is not
/// preempted while it does: 1 MiB takes some tens of microseconds.
pub const DATA_LIMIT_BYTES: u64 = 1 << 20;

/// The one symbol that an image exports: `extern "C-unwind" fn(body: *const u8, bytes: usize)`.
pub const ENTRY_SYMBOL: &str = "mote_entry";

/// Section of the note that names what built an image.
pub const NOTE_SECTION: &str = ".note.mote";

/// Owner name of that note, with its terminating zero, as ELF notes have it.
pub const NOTE_NAME: &[u8; 5] = b"mote\0";

/// Type of that note. Its descriptor is [`ABI_VERSION`] as four little-endian bytes, then the output
/// of `rustc --version` as UTF-8 without a line end.
pub const NOTE_TYPE: u32 = 1;

/// Type of the note that says what an image was made of. Its descriptor is a [`Provenance`].
pub const PROVENANCE_TYPE: u32 = 2;

/// What an image was made of, and under which limits. Integers are little-endian.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Provenance {
    /// SHA-256 of the sources: manifests, lock file, every source file.
    pub source: [u8; 32],
    /// SHA-256 of the policy by which they were admitted.
    pub policy: [u8; 32],
    /// How long compiling might take.
    pub build_seconds: u64,
    /// How much memory a compiler might use.
    pub build_memory_mib: u64,
    /// The bits of [`provenance`].
    pub flags: u64,
}

/// The bits of [`Provenance::flags`].
pub mod provenance {
    /// Compilers and build scripts ran in a sandbox.
    pub const SANDBOXED: u64 = 1 << 0;
    /// It is optimised: built by the profile `release`.
    pub const OPTIMISED: u64 = 1 << 1;
}

impl Provenance {
    /// As the note has it; `None` if these are not the bytes of one.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::read_from_bytes(bytes).ok()
    }
}

/// State of the processor beyond general and vector registers, which an image can change if its code has
/// instructions that do: the bits of [`ImageHeader::state`].
pub mod state {
    /// The x87 registers, control and status words.
    pub const X87: u32 = 1 << 0;
    /// The MMX registers, which lie over those of x87.
    pub const MMX: u32 = 1 << 1;
    /// The flags that calls keep, by `popf`.
    pub const FLAGS: u32 = 1 << 2;
    /// Segment registers.
    pub const SEGMENTS: u32 = 1 << 3;
    /// The control word of vector arithmetic.
    pub const MXCSR: u32 = 1 << 4;
}

/// What a worker must know of a placed image beyond its entry: one cache line, written by the loader
/// into the read-only window behind the image's own bytes.
///
/// All offsets are from the start of their window, in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C, align(64))]
pub struct ImageHeader {
    /// Offset of the image's slot, the same in all three windows.
    pub slot: u32,
    /// Bytes of text.
    pub text_bytes: u32,
    /// Bytes of the read-only segment as linked (not counting what the loader adds behind it).
    pub rodata_bytes: u32,
    /// Bytes of the data segment in memory: what an invocation may write.
    pub data_bytes: u32,
    /// Bytes of the data segment's pristine copy; the rest of `data_bytes` starts as zeros.
    pub pristine_bytes: u32,
    /// Offset in the read-only window of the pristine, relocated copy of the data segment.
    pub pristine: u32,
    /// Offset in the read-only window of the [unwind table](crate::unwind).
    pub unwind: u32,
    /// Bytes of the unwind table; 0 if the image has none, and then it cannot be unwound.
    pub unwind_bytes: u32,
    /// The zone that the image is in.
    pub zone: u32,
    /// What the image's code can change of the processor's [`state`].
    pub state: u32,
    /// Offset in the read-only window of the image's stop points: offsets in its text, each a `u32`, ascending.
    pub stop_points: u32,
    /// How many there are.
    pub stop_point_count: u32,
    /// Zero.
    pub reserved: [u32; 4],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_is_one_cache_line() {
        assert_eq!(size_of::<ImageHeader>(), 64);
    }
}
