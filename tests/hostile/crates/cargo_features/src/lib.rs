//! Asks for what only an unstable cargo has: flags for the compiler.
#![no_std]
#![allow(unexpected_cfgs)]

use mote_service::{Context, Error, Request, Response};

#[cfg(not(planted))]
compile_error!("built without its flags");

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
