//! A service to build: one of `tests/services`, or a copy of one in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mote_builder::{BuildError, Built, Event, Options, Profile, build};
use tempfile::TempDir;

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The image of a service of `tests/services`.
pub(crate) fn built(name: &str) -> Vec<u8> {
    Service::of_tests(name).build().unwrap().image
}

/// Why a service of `tests/services/bad` is not built, and what the compiler said.
pub(crate) fn refused(name: &str) -> (BuildError, String) {
    let service = Service::of_tests(&format!("bad/{name}"));
    let mut shown = String::new();
    let result = build(&service.options(), &mut |event| {
        if let Event::Diagnostic { rendered, .. } = event {
            shown.push_str(rendered);
        }
    });
    (result.unwrap_err(), shown)
}

/// A service, and the folder of its copy if it is one.
pub(crate) struct Service {
    folder: PathBuf,
    scratch: TempDir,
}

impl Service {
    /// The service of that name in `tests/services`.
    pub(crate) fn of_tests(name: &str) -> Self {
        let folder = repository().join("tests/services").join(name);
        Self { folder, scratch: tempfile::tempdir().unwrap() }
    }

    /// A copy of that service, whose dependency on mote-service is `named` (a TOML value).
    pub(crate) fn copied(name: &str, named: &str) -> Self {
        let original = Self::of_tests(name);
        let scratch = tempfile::tempdir().unwrap();
        let copy = Self { folder: scratch.path().join("service"), scratch };
        let manifest = original.read("Cargo.toml");
        let lines = manifest.lines().map(|line| match line.split_once(" = ") {
            Some(("mote-service", _)) => format!("mote-service = {named}\n"),
            _ => format!("{line}\n"),
        });
        copy.write("Cargo.toml", &lines.collect::<String>());
        copy.write("src/lib.rs", &original.read("src/lib.rs"));
        copy
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where [`command`](Self::command) puts the image.
    pub(crate) fn image(&self) -> PathBuf {
        self.scratch.path().join("image")
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn append(&self, file: &str, text: &str) {
        self.write(file, &(self.read(file) + text));
    }

    pub(crate) fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from:?}");
        self.write(file, &text.replace(from, to));
    }

    /// Options with a cache that other builds of this test run share.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::new(&self.folder, mote_dispatcher::TOOLCHAIN);
        options.cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
        options
    }

    pub(crate) fn build(&self) -> Result<Built, BuildError> {
        build(&self.options(), &mut |_| {})
    }

    pub(crate) fn build_as(&self, profile: Profile) -> Result<Built, BuildError> {
        build(&Options { profile, ..self.options() }, &mut |_| {})
    }

    /// `mote build` of this service.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mote"));
        command.arg("build").arg(&self.folder).arg("-o").arg(self.image());
        command
    }
}
