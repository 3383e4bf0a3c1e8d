//! Has an unsafe block. `mote build` must refuse it.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// Would read whatever lies behind the body.
pub fn handle(request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let byte = unsafe { *request.body().as_ptr().add(request.body().len()) };
    Ok(Response::new([byte]))
}
