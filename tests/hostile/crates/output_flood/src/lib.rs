//! Has the compiler say more than anybody wants to keep: each message quotes a line that does not end soon.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[rustfmt::skip]
fn warned() { let a = 0; let b = 0; let c = 0; let d = 0; let e = 0; let f = 0; let g = 0; let h = 0; /* @LONG@ */ }

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    warned();
    Ok(Response::new("answered"))
}
