//! The mailbox: two rings of cache lines, in memory shared with `mote bench`.
//!
//! Only atomics are seen in it, so whatever the other process writes is a value and nothing worse.
//! Spec: mmap(2); `mote_abi::line`, `mote_abi::area`.
#![allow(unsafe_code, reason = "shared memory comes from a foreign call")]

use std::fs::OpenOptions;
use std::path::Path;
use std::ptr::{NonNull, null_mut};

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::{Line, index};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use wasmtime::ensure;
use wasmtime::error::Context as _;

/// Requests and completions, a ring each, for as long as this process lives.
#[derive(Debug)]
pub(crate) struct Mailbox {
    lines: &'static [Line],
}

impl Mailbox {
    /// The one that `mote bench` made and named.
    pub(crate) fn open(path: &Path) -> wasmtime::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        let (count, bytes) = (2 * RING_ENTRIES, 2 * RING_ENTRIES * size_of::<Line>());
        ensure!(file.metadata()?.len() >= bytes as u64, "the mailbox is too small");
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, where the kernel likes.
        let address = unsafe { mmap(null_mut(), bytes, access, MapFlags::SHARED, &file, 0) }?;
        let first = NonNull::new(address.cast::<Line>()).context("a mapping is never at 0")?;
        // SAFETY:
        // 1. The mapping has `bytes` bytes of a file that is as long, begins at a page, and is never
        //    unmapped.
        // 2. A `Line` is atomics alone, and any bytes are one.
        let lines = unsafe { NonNull::slice_from_raw_parts(first, count).as_ref() };
        Ok(Self { lines })
    }

    /// The line of a request.
    pub(crate) fn request(&self, sequence: u64) -> &Line {
        &self.lines[index(sequence, RING_ENTRIES)]
    }

    /// The line of a completion.
    pub(crate) fn completion(&self, sequence: u64) -> &Line {
        &self.lines[RING_ENTRIES + index(sequence, RING_ENTRIES)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailbox_has_two_rings_and_a_short_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Mailbox::open(file.path()).is_err());
        file.as_file().set_len(4_096).unwrap();
        let (ours, theirs) =
            (Mailbox::open(file.path()).unwrap(), Mailbox::open(file.path()).unwrap());
        ours.request(1).publish(1, [7; 7]);
        assert_eq!(theirs.request(1).poll(1), Some([7; 7]));
        assert_eq!(theirs.completion(1).poll(1), None);
    }
}
