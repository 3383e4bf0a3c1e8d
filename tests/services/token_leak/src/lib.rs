//! Leaks a token, in safe code. Shows that the worker takes back what a service forgot: of two tokens
//! one is released and one reclaimed.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// Opens two tokens and drops only the first.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    drop(context.token());
    core::mem::forget(context.token());
    Ok(Response::new("leaked one"))
}
