//! The same, by an attribute that another holds.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[cfg_attr(all(), path = "@SECRET@")]
mod inner;

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
