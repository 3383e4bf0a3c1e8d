//! What differs between architectures, with the same items for each.

#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("mote-sigctx knows Linux on x86-64 only; a port adds a module under arch/");
