//! What every compilation of one build needs, found or made before the first.

use std::path::PathBuf;

use crate::admission::{Admitted, admit};
use crate::error::BuildError;
use crate::error::sandbox::SandboxError;
use crate::event::Event;
use crate::intake::graph::Described;
use crate::intake::{Intake, Materials, take_in};
use crate::options::Options;
use crate::sandbox::{Layers, Sandbox};
use crate::source;
use crate::toolchain::cache::Cache;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::embedded;
use crate::toolchain::sysroot::Sysroot;

/// The tools and materials of one build.
pub(crate) struct BuildContext<'a> {
    pub(crate) options: &'a Options,
    pub(crate) toolchain: Toolchain,
    pub(crate) cache: Cache,
    pub(crate) sysroot: Sysroot,
    pub(crate) intake: Intake,
    pub(crate) admitted: Admitted,
    pub(crate) sandbox: Sandbox,
    /// The folder of the embedded service crate.
    pub(crate) embedded: PathBuf,
}

impl<'a> BuildContext<'a> {
    pub(crate) fn open(
        options: &'a Options,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self, BuildError> {
        let layers = if options.has_sandbox { Layers::available() } else { Layers::NONE };
        if options.has_sandbox && layers == Layers::NONE {
            return Err(BuildError::Sandbox(SandboxError::Unavailable));
        }
        let toolchain = Toolchain::find(&options.toolchain)?;
        let cache = Cache::open(options.cache.as_deref())?;
        let sysroot = Sysroot::restricted(&toolchain, &cache)?;
        let embedded = embedded::install(&cache)?;
        let materials = Materials {
            toolchain: &toolchain,
            cache: &cache,
            embedded: &embedded,
            sysroot: sysroot.path(),
        };
        let intake = take_in(options, materials, observer)?;
        check_sources(&intake)?;
        let admitted = admit(&intake, &options.policy, &cache, observer)?;
        let view = intake.stage.view(&toolchain.sysroot);
        let sandbox = Sandbox::new(layers, view, options.limits, intake.stage.path("root"));
        Ok(Self { options, toolchain, cache, sysroot, intake, admitted, sandbox, embedded })
    }

    /// The dependencies that are compiled before, and kept apart from, the user's crate: vetted crates
    /// whose dependencies are vetted too, and the service crate.
    pub(crate) fn vetted(&self) -> Vec<&Described> {
        let graph = &self.intake.graph;
        let is_vetted = |package: &Described| match package.is_from_registry() {
            true => self.admitted.vetted.contains(&package.title()),
            false => package.name == "mote-service",
        };
        let used = graph.used.iter().filter(|package| graph.is_linked(package));
        used.filter(|package| graph.tree(package).into_iter().all(is_vetted)).collect()
    }
}

/// Looks at the sources of the service, and of the crates in its folder.
fn check_sources(intake: &Intake) -> Result<(), BuildError> {
    let graph = &intake.graph;
    let is_service_s = |package: &&Described| {
        !package.is_from_registry() && package.folder().starts_with(&intake.package.folder)
    };
    let packages = graph.used.iter().filter(is_service_s).chain([&graph.root]);
    for package in packages {
        let Some(root) = package.library() else { continue };
        source::check(&package.name, root, |file| intake.package.shown(file))
            .map_err(BuildError::Source)?;
    }
    Ok(())
}
