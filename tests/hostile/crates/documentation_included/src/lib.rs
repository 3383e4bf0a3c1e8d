//! Has a file of the builder in its documentation.
#![no_std]

use mote_service::{Context, Error, Request, Response};

/// Answers.
#[doc = include_str!("@SECRET@")]
pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
