//! Invocations that share a worker: their time slices, and what one leaves for the next.

mod registers;
mod slices;
