//! The compiler that images must come from.

/// `rustc --version` of the compiler that built this: images of another are refused.
pub const TOOLCHAIN: &str = env!("MOTE_TOOLCHAIN");
