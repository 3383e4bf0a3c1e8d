//! What cargo says during the first compilation, and what follows from it: where the crates are, or
//! why there are none. Called for each message by [`user_crate`](crate::compile::service_crate); calls nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::compile::context::BuildContext;
use crate::error::BuildError;
use crate::error::substitute::InsteadOfStd;
use crate::event::Event;
use crate::toolchain::messages::{Artifact, Diagnostic, FromCompiler, Message};

/// What the later compilations need of this one.
#[derive(Clone, Debug)]
pub(crate) struct Crates {
    /// The user's crate.
    pub(crate) user: PathBuf,
    /// The embedded service crate.
    pub(crate) service: PathBuf,
    /// Where the compiler finds what these two depend on.
    pub(crate) folders: BTreeSet<PathBuf>,
}

/// What cargo has said so far.
pub(crate) struct CargoOutput {
    /// Of the user's package and of the service crate, as cargo sees them.
    manifest: PathBuf,
    service_manifest: PathBuf,
    user: Option<PathBuf>,
    service: Option<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// The first thing that explains why there is no image better than "does not compile".
    cause: Option<BuildError>,
    /// The crates that miss the standard library.
    without_std: BTreeSet<String>,
    /// The crates that were refused, each with an error as the compiler renders it.
    errors: Vec<(String, String)>,
}

impl CargoOutput {
    pub(crate) fn new(context: &BuildContext<'_>) -> Self {
        let stage = &context.intake.stage;
        Self {
            manifest: context.sandbox.path(&stage.path("crate/Cargo.toml")),
            service_manifest: context.sandbox.path(&stage.path("mote-service/Cargo.toml")),
            user: None,
            service: None,
            folders: BTreeSet::new(),
            cause: None,
            without_std: BTreeSet::new(),
            errors: Vec::new(),
        }
    }

    /// Takes one message; warnings go on to `observer` at once, errors at the end.
    pub(crate) fn message(&mut self, message: Message, observer: &mut dyn FnMut(Event<'_>)) {
        match message {
            Message::Artifact(artifact) => self.artifact(&artifact, observer),
            Message::FromCompiler(said) => self.said(&said, observer),
            Message::Other => {}
        }
    }

    fn artifact(&mut self, artifact: &Artifact, observer: &mut dyn FnMut(Event<'_>)) {
        observer(Event::Compiled { package: &artifact.target.name, is_fresh: artifact.fresh });
        self.folders
            .extend(artifact.filenames.iter().filter_map(|file| file.parent().map(Path::to_owned)));
        let Some(rlib) = artifact.rlib() else { return };
        if artifact.manifest_path == self.manifest {
            self.user = Some(rlib.clone());
        } else if artifact.manifest_path == self.service_manifest {
            self.service = Some(rlib.clone());
        }
    }

    fn said(&mut self, said: &FromCompiler, observer: &mut dyn FnMut(Event<'_>)) {
        let message = &said.message;
        if message.is_count() {
            return;
        }
        if is_std_missing(message) {
            self.without_std.insert(said.target.name.clone());
        }
        let cause = self.cause_of(said);
        self.cause = self.cause.take().or(cause);
        let rendered = message.text();
        if message.is_warning() {
            observer(Event::Diagnostic { rendered, is_error: false });
        } else {
            self.errors.push((said.target.name.clone(), rendered.to_owned()));
        }
    }

    fn cause_of(&self, said: &FromCompiler) -> Option<BuildError> {
        let message = &said.message;
        let place = message.place();
        let file = || self.shown(&said.target.src_path);
        let package = said.target.name.clone();
        if is_std_missing(message) {
            let remedy = self.remedy_for_std(said);
            let place = place.unwrap_or_else(file);
            return Some(BuildError::NeedsStd { place, package, remedy });
        }
        (message.has_code("unsafe_code") && !message.is_warning())
            .then(|| BuildError::UnsafeCode { place: place.unwrap_or_else(file), package })
    }

    /// How a file is called in messages: without the package's folder.
    fn shown(&self, file: &Path) -> String {
        let folder = self.manifest.parent().unwrap_or(&self.manifest);
        file.strip_prefix(folder).unwrap_or(file).display().to_string()
    }

    fn remedy_for_std(&self, said: &FromCompiler) -> InsteadOfStd {
        if said.manifest_path != self.manifest {
            InsteadOfStd::DependencyFeature
        } else if said.message.has_code("E0463") && !said.message.is_about("extern crate") {
            InsteadOfStd::NoStd
        } else {
            InsteadOfStd::of_line(said.message.line_text())
        }
    }

    /// What was made, when cargo has ended well.
    pub(crate) fn crates(self, stderr: String) -> Result<Crates, BuildError> {
        match (self.user, self.service) {
            (Some(user), Some(service)) => Ok(Crates { user, service, folders: self.folders }),
            _ => Err(BuildError::Cargo { stderr }),
        }
    }

    /// Why there is no image when cargo was stopped for `error`: what was found before explains it better, such
    /// as a crate with more errors than are read.
    pub(crate) fn stopped(self, error: BuildError) -> BuildError {
        self.cause.unwrap_or(error)
    }

    /// Shows the errors, and says why there is no image. Of a crate without the standard library none
    /// is shown: the compiler goes on to miss each of its names, and advises to install it.
    pub(crate) fn failure(self, stderr: String, observer: &mut dyn FnMut(Event<'_>)) -> BuildError {
        for (package, rendered) in &self.errors {
            if !self.without_std.contains(package) {
                observer(Event::Diagnostic { rendered, is_error: true });
            }
        }
        match (self.cause, self.errors.into_iter().next()) {
            (Some(cause), _) => cause,
            (None, Some((package, _))) => BuildError::DoesNotCompile { package },
            (None, None) => BuildError::Cargo { stderr },
        }
    }
}

/// Whether the compiler did not find the standard library, or a path names it where it is not linked.
fn is_std_missing(message: &Diagnostic) -> bool {
    let codes = ["E0463", "E0432", "E0433"];
    codes.iter().any(|code| message.has_code(code)) && message.message.contains("`std`")
}
