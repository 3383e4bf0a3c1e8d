//! Puts a function where a loader would call it before anything else.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[unsafe(link_section = ".init_array")]
static FIRST: extern "C" fn() = first;

extern "C" fn first() {}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([u8::from(FIRST as usize == 0)]))
}
