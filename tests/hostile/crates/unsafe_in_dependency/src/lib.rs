//! Reads an address of its choice by a function of another package that allows itself to.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([part::read(1)]))
}
