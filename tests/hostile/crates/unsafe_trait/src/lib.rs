//! Promises for another type what does not hold.
#![no_std]

use mote_service::{Context, Error, Request, Response};

struct Shared(*const u8);

unsafe impl Sync for Shared {}

static SHARED: Shared = Shared(core::ptr::null());

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([u8::from(SHARED.0.is_null())]))
}
