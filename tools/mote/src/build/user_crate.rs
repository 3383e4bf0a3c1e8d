//! First compilation: the user's crate and its dependencies, by cargo.
//!
//! The target is named although it is the host's: then the flags that make an image hold for what
//! goes into it, and not for build scripts and procedural macros, which run here. What a profile
//! says of `panic` and `lto` is overruled on the command line. `-F unsafe-code` is for the user's own
//! crate; a dependency may have unsafe code and is chosen, not written, by the user.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use super::messages::{Artifact, Diagnostic, FromCompiler, Message};
use super::package::{Package, Source};
use super::sysroot::Sysroot;
use super::workshop::Workshop;
use super::{BuildError, Event, Frames, Options, TARGET, carried, command};

/// What the later compilations need of this one.
#[derive(Clone, Debug)]
pub(super) struct Crates {
    /// The user's crate.
    pub(super) user: PathBuf,
    /// The carried service crate.
    pub(super) service: PathBuf,
    /// Where the compiler finds what these two depend on.
    pub(super) folders: BTreeSet<PathBuf>,
}

/// Compiles the user's crate; tries without the network first.
pub(super) fn compile(
    workshop: &Workshop<'_>,
    frames: Frames,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Crates, BuildError> {
    let cargo = |network: Option<&str>| {
        let mut cargo = cargo(workshop, frames);
        cargo.args(network).args(["--", "-F", "unsafe-code"]);
        cargo
    };
    match compile_with(cargo(Some("--offline")), workshop, observer) {
        Err(BuildError::Cargo { stderr })
            if !workshop.options.is_offline && may_need_network(&stderr) =>
        {
            compile_with(cargo(None), workshop, observer)
        }
        result => result,
    }
}

/// Whether cargo failed because something was not on this machine, and that is not the service crate,
/// which is.
fn may_need_network(stderr: &str) -> bool {
    stderr.contains("offline") && !stderr.contains("mote-service")
}

fn cargo(workshop: &Workshop<'_>, frames: Frames) -> Command {
    let Workshop { options, toolchain, sysroot, carried, package } = workshop;
    let profile = options.profile.name();
    let mut cargo = command::clean(&toolchain.cargo);
    cargo
        .current_dir(&options.directory)
        .args(["rustc", "--lib", "--crate-type=rlib", "--target", TARGET, "--profile", profile])
        .arg("--manifest-path")
        .arg(&package.manifest)
        .arg("--target-dir")
        .arg(package.target_directory.join(folder(frames)))
        .args(["--config", &format!("profile.{profile}.panic='unwind'")])
        .args(["--config", &format!("profile.{profile}.lto='off'")])
        .args(["--config", &carried_config(package.source, carried)])
        .arg(message_format(options))
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(sysroot, frames));
    if options.is_locked {
        cargo.arg("--locked");
    }
    cargo
}

/// Each way of compiling has its target directory, so that neither makes the other's stale.
fn folder(frames: Frames) -> &'static str {
    match frames {
        Frames::Plain => "plain",
        Frames::Pointers => "pointers",
    }
}

/// Puts the carried crate in the place of the one that the package names.
fn carried_config(source: Source, carried: &Path) -> String {
    let path = toml_string(&carried.to_string_lossy());
    match source {
        Source::Version => format!("patch.crates-io.mote-service.path={path}"),
        Source::Path => format!("paths=[{path}]"),
    }
}

/// A TOML basic string.
fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn message_format(options: &Options) -> &'static str {
    if options.has_colors {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    }
}

/// The flags of everything that goes into the image, in the encoding that allows spaces in paths.
fn rustflags(sysroot: &Sysroot, frames: Frames) -> String {
    let flags = [
        format!("--sysroot={}", sysroot.path().display()),
        "--cfg=mote_image".to_owned(),
        "--check-cfg=cfg(mote_image)".to_owned(),
        "-Cforce-unwind-tables=yes".to_owned(),
        frames.flag().to_owned(),
    ];
    flags.join("\x1f")
}

fn compile_with(
    mut cargo: Command,
    workshop: &Workshop<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Crates, BuildError> {
    observer(Event::Command(&command::line(&cargo)));
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| command::cannot_run(&cargo, error))?;
    let stderr = child.stderr.take().map(|stderr| thread::spawn(|| read_all(stderr)));
    let mut heard = Heard::new(&workshop.package);
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        heard.message(Message::of_line(&line.unwrap_or_default()), observer);
    }
    let status = child.wait().map_err(|error| command::cannot_run(&cargo, error))?;
    let stderr = stderr.and_then(|reader| reader.join().ok()).unwrap_or_default();
    if status.success() {
        heard.crates(&workshop.carried, stderr)
    } else {
        Err(heard.failure(stderr))
    }
}

fn read_all(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read until an error is all there is to tell.
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What cargo has said so far.
struct Heard<'a> {
    package: &'a Package,
    user: Option<PathBuf>,
    service: Option<(PathBuf, PathBuf)>,
    folders: BTreeSet<PathBuf>,
    /// The first thing that explains why there is no image better than "does not compile".
    cause: Option<BuildError>,
    refused: Option<String>,
    errors: usize,
}

impl<'a> Heard<'a> {
    fn new(package: &'a Package) -> Self {
        Self {
            package,
            user: None,
            service: None,
            folders: BTreeSet::new(),
            cause: None,
            refused: None,
            errors: 0,
        }
    }

    fn message(&mut self, message: Message, observer: &mut dyn FnMut(Event<'_>)) {
        match message {
            Message::CompilerArtifact(artifact) => self.artifact(&artifact, observer),
            Message::CompilerMessage(said) => self.said(&said, observer),
            Message::Other => {}
        }
    }

    fn artifact(&mut self, artifact: &Artifact, observer: &mut dyn FnMut(Event<'_>)) {
        observer(Event::Compiled { package: &artifact.target.name, is_fresh: artifact.fresh });
        self.folders
            .extend(artifact.filenames.iter().filter_map(|file| file.parent().map(Path::to_owned)));
        let Some(rlib) = artifact.rlib() else { return };
        if artifact.manifest_path == self.package.manifest {
            self.user = Some(rlib);
        } else if artifact.target.name == "mote_service" {
            self.service = Some((rlib, artifact.manifest_path.clone()));
        }
    }

    fn said(&mut self, said: &FromCompiler, observer: &mut dyn FnMut(Event<'_>)) {
        let message = &said.message;
        if message.is_count() {
            return;
        }
        if message.is_error() {
            self.errors += 1;
            self.refused.get_or_insert_with(|| said.target.name.clone());
        }
        let cause = self.cause_of(said);
        self.cause = self.cause.take().or(cause);
        if let Some(rendered) =
            message.rendered.as_deref().filter(|_| !is_explained_better(message))
        {
            observer(Event::Diagnostic { rendered, is_error: message.is_error() });
        }
    }

    fn cause_of(&self, said: &FromCompiler) -> Option<BuildError> {
        let message = &said.message;
        let place = message.place();
        let file = || self.package.shown(&said.target.src_path);
        let package = said.target.name.clone();
        if is_std_missing(message) {
            let remedy = self.remedy_for_std(said);
            let place = place.unwrap_or_else(file);
            return Some(BuildError::NeedsStd { place, package, remedy });
        }
        (message.has_code("unsafe_code") && message.is_error())
            .then(|| BuildError::UnsafeCode { place: place.unwrap_or_else(file), package })
    }

    fn remedy_for_std(&self, said: &FromCompiler) -> &'static str {
        if said.manifest_path != self.package.manifest {
            "use it without its feature `std` (default-features = false), or another crate"
        } else if said.message.place().is_some() {
            "use `core` and `alloc` in its place"
        } else {
            "begin the crate root with `#![no_std]`, and use `core` and `alloc`"
        }
    }

    fn crates(self, carried: &Path, stderr: String) -> Result<Crates, BuildError> {
        let (Some(user), Some((service, manifest))) = (self.user, self.service) else {
            return Err(BuildError::Cargo { stderr });
        };
        if !is_same_file(&manifest, &carried.join("Cargo.toml")) {
            let version = carried::VERSION;
            return Err(BuildError::OtherServiceCrate { found: manifest, version });
        }
        Ok(Crates { user, service, folders: self.folders })
    }

    fn failure(self, stderr: String) -> BuildError {
        match (self.cause, self.refused) {
            (Some(cause), _) => cause,
            (None, Some(package)) => BuildError::DoesNotCompile { package, errors: self.errors },
            (None, None) => BuildError::Cargo { stderr },
        }
    }
}

/// Whether the compiler did not find the standard library.
fn is_std_missing(message: &Diagnostic) -> bool {
    message.has_code("E0463") && message.message.contains("`std`")
}

/// Whether [`BuildError::NeedsStd`] says it better: the compiler advises to install a target, and to
/// read about it.
fn is_explained_better(message: &Diagnostic) -> bool {
    is_std_missing(message) || message.message.contains("`rustc --explain E0463`")
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_with_quotes_stays_one_string() {
        let config = carried_config(Source::Path, Path::new(r#"/a "b"\c"#));
        assert_eq!(config, r#"paths=["/a \"b\"\\c"]"#);
    }

    #[test]
    fn network_is_not_asked_for_the_service_crate() {
        assert!(may_need_network("no matching package named `serde` found, offline was specified"));
        assert!(!may_need_network("no `mote-service = 9` found, offline was specified"));
        assert!(!may_need_network("expected a value"));
    }
}
