//! Panics while it holds a token. Shows that a panic of its own ends one request, unwound: the
//! destructor runs, and the client gets the message.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// Panics with the length of the body.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    panic!("a body of {} bytes was too much", request.body().len());
}
