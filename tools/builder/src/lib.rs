//! From a service's folder to its image.
//!
//! ```text
//!  user's crate ─cargo──▶ rlib, panic=unwind, -F unsafe-code ┐
//!  embedded mote-service ▶ rlib, panic=unwind                 ├─▶ final crate: cdylib, panic=abort
//!  glue         ─rustc──▶ rlib, panic=unwind                 ┘   panic handler, allocator, note
//!                                                                └─rust-lld, image.ld─▶ image
//! ```
//!
//! | room | its part |
//! | --- | --- |
//! | `sandbox` | where compilers and build scripts run |
//! | `toolchain` | the compiler that this was built with, its restricted sysroot, the embedded mote-service, the cache, and what cargo and rustc say |
//! | `lock` | `Cargo.lock` |
//! | `keys` | the keys that sign images |
//! | `policy` | what an operator vets |
//! | `intake` | a copy of the user's package that cannot change how it is built, and its dependencies' sources |
//! | `source` | what the sources of a service may not have |
//! | `admission` | which crates of crates.io a service may have |
//! | `compile` | the three compilations, and the loader's verdict |
//!
//! A room uses only the rooms above it in this table. There is no link-time optimisation anywhere: it
//! removes landing pads.
//!
//! A build happens in a fresh folder of the user's cache, `$XDG_CACHE_HOME/mote` or `~/.cache/mote`, where
//! the sysroot, the embedded crate, the sources of crates and compiled dependencies stay. A folder without
//! `Cargo.lock` gets one; nothing else is written there.

#![deny(unsafe_code)]

mod admission;
mod built;
mod compile;
mod error;
mod event;
mod intake;
mod keys;
mod lock;
mod options;
pub mod policy;
mod sandbox;
mod source;
mod toolchain;

use std::path::Path;
use std::process;

pub use built::Built;
pub use error::BuildError;
pub use error::handle::{HandleError, Mismatch};
pub use error::intake::{IntakeError, ManifestRule, SizeLimit};
pub use error::keys::KeyError;
pub use error::policy::{AdmissionError, HostCode, NotVetted, PolicyError};
pub use error::sandbox::{Limit, SandboxError};
pub use error::source::{Finding, SourceError};
pub use error::substitute::InsteadOfStd;
pub use event::{AdmittedBy, Event, Ignored, Step};
pub use keys::{Key, Keys};
pub use options::{Options, Profile};
pub use policy::Policy;
pub use sandbox::{Layer, Layers, Limits};
pub use toolchain::cache::user_cache;
pub use toolchain::embedded::copy_service_crate;

/// What strangers write, as the fuzz targets give it in.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::intake::judge_manifest;
    pub use crate::source::accepts;
}

use compile::BuildContext;
use toolchain::command;
use toolchain::compiler::Toolchain;

/// The compiler that this was built with, to be run in `directory` with an environment that changes
/// nothing.
///
/// # Errors
/// There is no compiler that says it is `toolchain`.
pub fn compiler(directory: &Path, toolchain: &str) -> Result<process::Command, BuildError> {
    let toolchain = Toolchain::find(toolchain)?;
    let mut rustc = command::clean(&toolchain.rustc);
    rustc.current_dir(directory);
    Ok(rustc)
}

/// Builds the service in `options.directory`.
///
/// # Errors
/// Every [`BuildError`]; what the compiler said has gone to `observer` before.
pub fn build(options: &Options, observer: &mut dyn FnMut(Event<'_>)) -> Result<Built, BuildError> {
    observer(Event::Step(Step::Prepare));
    let context = BuildContext::open(options, observer)?;
    let image = compile::compile(&context, observer)?;
    let image = match &options.key {
        Some(key) => key.sign(&image),
        None => image,
    };
    Ok(Built { image, package: context.intake.package.name })
}
