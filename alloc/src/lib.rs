//! The memory of one invocation: an [`Arena`] over a reserved [`Region`].
//!
//! A worker has one arena for each invocation that can be under way or paused. For each it calls [`Arena::begin`] with the heap and the limit
//! that the request asked for, serves the service's allocations from it, and calls
//! [`Arena::discard`] when the invocation has ended, however it ended: no destructor has to run, and
//! no tenant's bytes remain for the next.
//!
//! ```text
//!  region  base                                                                    end
//!          │ general ──▶ pages, as dlmalloc asks    …      bytes, as asked ◀── bump │footer│
//!          └ KEPT_BYTES stay resident ┘             └ KEPT_BYTES stay resident ─────┘ 64 B ┘
//! ```
//!
//! The two heaps never live at the same time. *Bump* is bumpalo: freeing is a no-op. *General* is
//! dlmalloc: freed memory is used again. Both are asked through `arena`; all their `unsafe` is in
//! `sys`; the arithmetic is in `plan`, which is pure.
//!
//! A service is safe Rust, but the language alone is not trusted: whatever lies in
//! the region may have been overwritten. So everything that discarding relies on (marks, counters,
//! ranges) is kept in the [`Arena`] itself, in host memory, and nothing is read back from the region.
//!
//! bumpalo takes its chunks from the global allocator only. The worker therefore declares a
//! [`ChunkSource`] as its global allocator, and that source has one piece to give at a
//! time: the region of the arena that asks.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod arena;
mod error;
mod plan;
mod sys;

pub use arena::{Arena, HeapKind};
pub use error::ArenaError;
pub use plan::{KEPT_BYTES, PAGE_BYTES};
pub use sys::{ChunkSource, PageSource, Region};
