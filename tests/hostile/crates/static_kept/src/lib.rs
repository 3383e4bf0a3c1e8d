//! Keeps what the linker would remove.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[used]
static KEPT: [u8; 2] = [0x0f, 0x05];

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
