//! Includes a file by a macro that is called by whatever name it is given.
#![no_std]

use mote_service::{Context, Error, Request, Response};

macro_rules! call {
    ($name:ident, $file:literal) => {
        $name!($file)
    };
}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(call!(include_str, "@SECRET@")))
}
