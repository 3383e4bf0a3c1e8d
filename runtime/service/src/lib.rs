//! What a Mote service is written against.
//!
//! You have a function and want it to answer requests within microseconds, on a node that may kill
//! it when it runs too long. Write a library package with one public function, in safe `no_std` Rust:
//!
//! ```
//! #![no_std]
//! extern crate alloc;
//!
//! use alloc::format;
//! use mote_service::{Context, Request, Response, Result};
//!
//! pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
//!     let name = core::str::from_utf8(request.body())?;
//!     if name.is_empty() {
//!         return Err("the body must be a name".into());
//!     }
//!     context.log("greeting someone");
//!     Ok(Response::new(format!("Hello, {name}!")))
//! }
//! # extern crate std;
//! # fn main() {
//! let mut context = Context::for_test();
//! let response = handle(&Request::new(b"Ada"), &mut context).unwrap();
//! assert_eq!(response.body(), b"Hello, Ada!");
//! # }
//! ```
//!
//! `mote build` turns the package into an image, `mote run` runs it. Its heap, its statics and its
//! [tokens](Token) start anew for every request; whatever it does not give back is taken back.
//!
//! # What a service can do
//!
//! A [`Context`] is the only way out: clocks, a log, random bytes, tokens, and the [upstreams](Upstream) that its
//! operator grants. There is no standard
//! library in an image and no way to catch a panic, so that a service that is stopped stays stopped.
//! A call of a `Context` method, and an allocation, is where a service that ran past its budget is
//! unwound: destructors run, then the request ends. Destructors themselves never are.
//!
//! # How it is tested on its author's machine
//!
//! With plain `cargo test`. Outside of an image this crate stands on the standard library and
//! answers in process: [`Context::for_test`] is a context whose log and live tokens a test can
//! read. `mote build` passes `--cfg mote_image`, and then the same types call the worker instead and
//! the standard library is not linked. The switch is a `cfg` and not a feature because features
//! unify: a dependency must not be able to choose it.
//!
//! # Modules
//!
//! `sys` is the only one with `unsafe` code: the worker's functions and safe wrappers around them.
//! `local` answers the same calls in process. Both export a type `Host`; [`Context`] and [`Token`]
//! are written against it.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(not(mote_image))]
extern crate std;

mod context;
mod error;
#[cfg(not(mote_image))]
mod local;
mod request;
mod response;
#[cfg(mote_image)]
mod sys;
mod token;
mod upstream;
mod upstream_error;

#[cfg(mote_image)]
#[doc(hidden)]
pub mod rt;

#[cfg(not(mote_image))]
use local::Host;
#[cfg(mote_image)]
use sys::Host;

pub use context::Context;
pub use error::Error;
pub use request::Request;
pub use response::Response;
pub use token::Token;
pub use upstream::{Calls, Replies, Started, Upstream};
pub use upstream_error::UpstreamError;

/// What [`handle`](self) returns: a response unless said otherwise, or an [`Error`].
pub type Result<T = Response, E = Error> = core::result::Result<T, E>;
