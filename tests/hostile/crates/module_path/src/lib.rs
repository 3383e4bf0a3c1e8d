//! Has a module whose file is outside, which the compiler then quotes.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[path = "@SECRET@"]
mod inner;

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
