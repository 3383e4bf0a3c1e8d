//! What crosses a boundary in Mote: between dispatcher and worker, worker and service, loader and
//! worker.
//!
//! Everything here is a layout, a name or a number, and the few atomic operations that make a
//! shared line of memory a message. Nothing allocates, nothing blocks, nothing calls the kernel.
//!
//! | module | boundary |
//! | --- | --- |
//! | [`windows`] | where images lie, agreed between loader and worker |
//! | [`image`] | the record and the note of an image, agreed between build, loader and worker |
//! | [`unwind`] | the unwind table of an image, made by the loader and searched by workers |
//! | [`imports`] | the symbols a service may call |
//! | [`outcome`] | how an invocation ends, and the choices a request makes |
//! | [`message`] | one cache line from dispatcher to worker, one back |
//! | [`mod@line`] | how a cache line of shared memory is published and taken |
//! | [`prefetch`] | asking for a cache line early |
//! | [`park`] | how the two sides sleep without missing each other |
//! | [`area`] | the two shared areas of a worker: inbox and outbox |
//! | [`stack`] | what a service leaves untouched of its stack |
//! | [`stop`] | how breakpoints in a service's text are demanded and acknowledged |
//! | [`upstream`] | calls of a service to backends, and their replies |
//! | [`clock`] | the clock that all of a node share |
//! | [`lockdown`] | what a worker gives up before its first request, and the calls that it keeps |
//! | [`variables`] | what the operator set for a service |
//! | [`torture`] | order and results of `mote torture` |
#![no_std]
#![deny(unsafe_code)]

pub mod area;
#[allow(unsafe_code, reason = "reads the time-stamp counter")]
pub mod clock;
pub mod image;
pub mod imports;
pub mod line;
pub mod lockdown;
pub mod message;
pub mod outcome;
pub mod park;
#[allow(unsafe_code, reason = "is an instruction")]
pub mod prefetch;
pub mod stack;
pub mod stop;
pub mod torture;
pub mod unwind;
pub mod upstream;
pub mod variables;
pub mod windows;

mod sync;
