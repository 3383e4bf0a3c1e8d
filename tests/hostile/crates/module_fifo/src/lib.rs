//! Has a module that is a fifo, whose end no compiler sees.
#![no_std]

use mote_service::{Context, Error, Request, Response};

mod inner;

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
