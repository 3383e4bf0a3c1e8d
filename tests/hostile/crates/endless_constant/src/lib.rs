//! Has a constant that is never known.
#![no_std]
#![allow(long_running_const_eval)]

use mote_service::{Context, Error, Request, Response};

const ENDLESS: u64 = {
    let mut rounds = 0;
    while rounds < u64::MAX {
        rounds += 1;
    }
    rounds
};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(ENDLESS.to_le_bytes()))
}
