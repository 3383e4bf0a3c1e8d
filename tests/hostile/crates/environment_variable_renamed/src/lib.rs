//! The same, by another name of the macro.
#![no_std]

use mote_service::{Context, Error, Request, Response};

use core::env as variable;

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(variable!("MOTE_HOSTILE_SECRET")))
}
