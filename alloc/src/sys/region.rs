//! The address range that an arena is given.

use core::ops::Range;
use core::ptr::NonNull;

use crate::error::ArenaError;
use crate::plan::{self, LEAST_REGION_BYTES, PAGE_BYTES};

/// A reserved range of memory that belongs to one arena.
#[derive(Debug)]
pub struct Region {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: by `Region::new`'s contract nobody else uses the range, so it may go to another thread.
unsafe impl Send for Region {}

impl Region {
    /// The `bytes` bytes from `base`, both multiples of [`PAGE_BYTES`].
    ///
    /// # Safety
    /// 1. The range is one reservation, readable, writable and all zeros, and stays mapped until the
    ///    process ends.
    /// 2. Nobody else uses it, except services within the blocks that the arena gave them.
    #[must_use]
    pub const unsafe fn new(base: NonNull<u8>, bytes: usize) -> Self {
        Self { base, bytes }
    }

    /// The length, in bytes, of a region in which both heaps can serve a limit of `limit_bytes`.
    ///
    /// It is a little more than twice the limit: the general heap needs room for headers and
    /// fragmentation. Only what is used is ever resident.
    #[must_use]
    pub const fn bytes_for(limit_bytes: usize) -> usize {
        plan::region_bytes(limit_bytes)
    }

    /// Its first byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Its length, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Its addresses.
    #[inline]
    pub(crate) fn addresses(&self) -> Range<usize> {
        let start = self.base.addr().get();
        start..start + self.bytes
    }

    /// That it is whole pages, and enough of them.
    pub(crate) fn check(&self) -> Result<(), ArenaError> {
        let address = self.base.addr().get();
        if !address.is_multiple_of(PAGE_BYTES) {
            return Err(ArenaError::Unaligned { address });
        }
        if self.bytes < LEAST_REGION_BYTES || !self.bytes.is_multiple_of(PAGE_BYTES) {
            return Err(ArenaError::Length { bytes: self.bytes });
        }
        Ok(())
    }
}
