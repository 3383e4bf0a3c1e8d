//! What an image says of its functions.

pub mod functions;
