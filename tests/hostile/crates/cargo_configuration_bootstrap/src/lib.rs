//! Its configuration of cargo opens what a stable compiler keeps closed.
#![no_std]
#![feature(never_type)]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
