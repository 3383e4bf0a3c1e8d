//! The arena behind a real global allocator, as in the worker. Both heaps.

mod discard;
mod edges;
mod model;
mod source;
mod support;
