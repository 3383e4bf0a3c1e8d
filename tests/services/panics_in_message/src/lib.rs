//! Panics with a message that panics when it is formatted. Shows that a service cannot do a second
//! thing with its first panic: it is discarded, and its token taken back.
#![no_std]

use core::fmt;

use mote_service::{Context, Request, Response, Result};

/// What cannot be said.
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the second panic");
    }
}

/// Holds a token, then panics.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    panic!("{Unspeakable}");
}
