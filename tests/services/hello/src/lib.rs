//! Greets whoever the body names. Shows the smallest useful service, and how one is unit-tested.
#![no_std]

extern crate alloc;

use alloc::format;

use mote_service::{Context, Request, Response, Result};

/// Answers `Hello, NAME!`, where the body is NAME; an error if the body is not UTF-8.
pub fn handle(request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let name = core::str::from_utf8(request.body())?;
    Ok(Response::new(format!("Hello, {name}!")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greeting_names_the_body() {
        let response = handle(&Request::new(b"Ada"), &mut Context::for_test()).unwrap();
        assert_eq!(response.body(), b"Hello, Ada!");
    }

    #[test]
    fn body_is_refused_when_it_is_not_text() {
        let error = handle(&Request::new(b"\xff"), &mut Context::for_test()).unwrap_err();
        assert!(error.message().contains("utf-8"), "{error}");
    }
}
