//! Answers with an error. Shows the outcome `error`: the client gets the text, and the token is
//! released by returning.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::String;

use mote_service::{Context, Error, Request, Response, Result};

/// The error's text is `refused: BODY`.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let body = String::from_utf8_lossy(request.body());
    Err(Error::new(format!("refused: {body}")))
}
