//! Programs that were generated; the body of a request is the number of one.
#![no_std]
#![allow(warnings)]

extern crate alloc;

$modules
mod support;

use alloc::string::ToString;

use mote_service::{Context, Error, Request, Response, Result};
use support::{Failure, Key, Source};

/// A program: it works on what it makes, and may fail.
type Program = for<'s> fn(&'s Source<'s>) -> core::result::Result<(), Failure<'s>>;

const PROGRAMS: &[Program] = &[$programs];

/// Runs one program, and answers with all that happened.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let number = core::str::from_utf8(request.body())?.parse::<usize>()?;
    let program = PROGRAMS.get(number).ok_or("there is no such program")?;
    let source = Source::new(context);
    let failed = program(&source).err().map(|failure| failure.key());
    let trace = source.trace().to_string();
    match failed {
        None => Ok(Response::new(trace)),
        Some(key) => Err(Error::new(key.to_string() + " after " + &trace)),
    }
}
