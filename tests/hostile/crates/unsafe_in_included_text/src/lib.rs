//! Reads an address of its choice by the macro of another package, which stands in a file that is not named as a source.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([part::read!(1 as *const u8)]))
}
