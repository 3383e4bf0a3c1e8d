//! Everything that touches memory: the region, bumpalo's chunk, the two heaps, scrubbing.
#![allow(unsafe_code, reason = "this is the part of the package that touches memory")]

mod bump;
mod chunk_source;
mod general;
mod region;
mod scrub;

pub(crate) use bump::BumpHeap;
pub use chunk_source::ChunkSource;
pub(crate) use general::GeneralHeap;
pub use region::Region;
pub use scrub::PageSource;
pub(crate) use scrub::scrub;
