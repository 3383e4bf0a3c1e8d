//! Counts in statics. Shows that nothing survives from one request to the next: the count reads 0 in
//! every one, and a static that starts at another value starts there again.
#![no_std]

extern crate alloc;

use alloc::string::ToString;
use core::sync::atomic::{AtomicU64, Ordering};

use mote_service::{Context, Error, Request, Response, Result};

const START: u64 = 42;

/// In `.bss`.
static COUNT: AtomicU64 = AtomicU64::new(0);
/// In `.data`.
static STARTED: AtomicU64 = AtomicU64::new(START);

/// Answers the count from before this request, in decimal; an error if the other static was not at
/// its start.
pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    match STARTED.fetch_add(1, Ordering::Relaxed) {
        START => Ok(Response::new(count.to_string())),
        other => Err(Error::new(alloc::format!("a static that starts at {START} was {other}"))),
    }
}
