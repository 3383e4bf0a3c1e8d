//! A node as a service: Lambda's API and plain HTTP in front, functions that persist, and what an
//! operator needs to look after it.
//!
//! | room | what |
//! | --- | --- |
//! | [`config`] | `mote.toml` |
//! | [`functions`] | how functions are named, and what is kept of them on disk |
//! | `metrics` | what is counted, and the text that Prometheus reads |
//! | [`events`] | durable events: what is on disk, what is due, what is parked |
//! | `accounting` | what each invocation used, as CSV |
//! | `door` | the node, which owns a thread, as asynchronous code sees it |
//! | `registry` | functions and the node's services that run them; deploying |
//! | [`package`] | what clients submit: images, and source that is built |
//! | [`logs`] | what functions logged, for operators |
//! | `http` | bodies with limits, and replies |
//! | `access` | which tenant a request is of |
//! | `app` | one request, from a target and a body to an answer, whatever way it came in |
//! | `delivery` | runs the events that are due |
//! | `lambda`, `plain` | the two ways in |
//! | `page` | the page at `/` |
//! | `listen` | clients' connections |
//! | [`admin`] | the admin socket, and its client |
//!
//! Each room uses those above it.
#![forbid(unsafe_code)]

mod access;
mod accounting;
pub mod admin;
mod app;
pub mod config;
mod delivery;
mod door;
pub mod events;
pub mod functions;
mod http;
mod lambda;
mod listen;
pub mod logs;
mod metrics;
pub mod package;
mod page;
mod plain;
mod registry;
mod server;

pub use listen::error::TlsError;
pub use registry::error::ChangeError;
pub use server::{Preloaded, ServeError, Server};
