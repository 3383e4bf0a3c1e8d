//! Never ends, and offers places to be unwound. Shows `guarded` for a service that does not allocate:
//! past its budget the next checkpoint raises, and the token is released.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// Passes one checkpoint after the other.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    loop {
        context.checkpoint();
    }
}
