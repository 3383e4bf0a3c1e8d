//! Panics, and panics again in a destructor while it is unwound. Shows that a second panic discards:
//! the token of the outer frame is not released but taken back.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// A value whose destructor panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the second panic");
    }
}

/// Holds a token, then a [`Bomb`], which is dropped first.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let _bomb = Bomb;
    panic!("the first panic");
}
