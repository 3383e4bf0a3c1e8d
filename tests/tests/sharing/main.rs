//! Invocations that share a worker: their time slices, and what one leaves for the next.

mod processor_state;
mod registers;
mod slices;
mod tenants;
mod traces;
