//! What the entry of an image calls. For the code that `mote build` generates, not for services.
#![expect(unsafe_code, reason = "the entry takes a pointer from the worker and passes it on")]

use crate::sys::{self, Host};
use crate::{Context, Error, Request, Response};

/// Answers one request: builds it, calls `handle`, hands over what it returned.
///
/// Generic, so that the service's function is called directly and can be inlined. It must be
/// instantiated in a crate that is compiled to unwind.
///
/// # Safety
/// As for [`sys::body`]: `body` and `bytes` are what the worker called the entry with.
#[inline]
pub unsafe fn enter<F>(handle: F, body: *const u8, bytes: usize)
where
    F: for<'a> Fn(&Request<'a>, &mut Context) -> Result<Response, Error>,
{
    // SAFETY: passed on.
    let body = unsafe { sys::body(body, bytes) };
    let result = handle(&Request::new(body), &mut Context::from_host(Host));
    match &result {
        Ok(response) => Host.respond(false, response.body()),
        Err(error) => Host.respond(true, error.message().as_bytes()),
    }
}
