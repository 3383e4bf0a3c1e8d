//! Survives a refused reservation, then panics for a reason of its own. Shows that a refusal is told as
//! `over_memory` only when it is what ended the service.
#![no_std]
extern crate alloc;

use alloc::vec::Vec;

use mote_service::{Context, Request, Response, Result};

/// More than any arena has.
const TOO_MANY_BYTES: usize = 1 << 45;

/// Panics if there is no room, and there is none.
pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let mut table: Vec<u8> = Vec::new();
    assert!(table.try_reserve_exact(TOO_MANY_BYTES).is_ok(), "no room for the table");
    Ok(Response::new(table))
}
