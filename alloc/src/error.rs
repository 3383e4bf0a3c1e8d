//! Why an arena could not be made.
#![forbid(unsafe_code)]

use thiserror::Error;

use crate::plan::{LEAST_REGION_BYTES, PAGE_BYTES};

/// Why [`Arena::new`](crate::Arena::new) failed. All of these are mistakes of the program that
/// reserves the region; none depends on a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArenaError {
    /// The region does not start on a page.
    #[error("the region starts at {address:#x}; it must start at a multiple of {PAGE_BYTES}")]
    Unaligned {
        /// Where the region starts.
        address: usize,
    },
    /// The region is no whole number of pages, or too few.
    #[error(
        "the region has {bytes} bytes; it must have a multiple of {PAGE_BYTES}, \
         at least {LEAST_REGION_BYTES} (Region::bytes_for computes it from a limit)"
    )]
    Length {
        /// The region's length.
        bytes: usize,
    },
    /// bumpalo's chunk came from elsewhere, or did not fit into the region.
    #[error(
        "bumpalo did not take its chunk of {bytes} bytes from the chunk source; \
         the source must be the program's #[global_allocator]"
    )]
    SourceNotAsked {
        /// The capacity that bumpalo was asked for.
        bytes: usize,
    },
}
