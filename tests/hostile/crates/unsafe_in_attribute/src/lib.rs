//! The same; the keyword is the name of an attribute, of which the macro of another package takes it.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([part::join!(#[unsafe] { *(1 as *const u8) })]))
}
