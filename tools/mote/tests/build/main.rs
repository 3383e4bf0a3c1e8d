//! Builds services from source, and looks at what comes out, or at why nothing does.

mod handle;
mod intake;
mod made;
mod policy;
mod refused;
mod service;
mod source;
mod vendored;
