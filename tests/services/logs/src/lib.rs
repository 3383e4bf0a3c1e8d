//! Writes to its log. Shows that the log goes to the operator while the client gets the response.
#![no_std]

extern crate alloc;

use alloc::format;

use mote_service::{Context, Request, Response, Result};

/// Logs each line of the body, and answers how many there were.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let text = core::str::from_utf8(request.body())?;
    text.lines().for_each(|line| context.log(line));
    Ok(Response::new(format!("{} lines logged", text.lines().count())))
}
