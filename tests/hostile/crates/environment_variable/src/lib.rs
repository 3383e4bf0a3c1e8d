//! Carries a variable of the builder's environment away.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(env!("MOTE_HOSTILE_SECRET")))
}
