//! The services that the executable carries as source, and their images.
//!
//! Images are kept in the user's cache for as long as the executable is the same: the sources, the
//! service crate and the compiler's version are all inside it.

pub(crate) mod parallel;
mod scratch;

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use mote_builder::{BuildError, Built, Event, Options, Profile};
use mote_dispatcher::TOOLCHAIN;
use mote_loader::{Expected, verify};

use crate::error::Error;
use scratch::Scratch;

/// Paths below `tests/services` and the files' texts: see build.rs.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// A service of the bundle, ready to deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bundled {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its image.
    pub(crate) image: Vec<u8>,
}

/// The services of these names, built unless that was done before.
///
/// # Errors
/// The cache cannot be written, or a service does not build.
pub(crate) fn images(names: &[&'static str], bar: &ProgressBar) -> Result<Vec<Bundled>, Error> {
    let (folder, sources) = places()?;
    bar.set_length(names.len() as u64);
    parallel::in_order(names, |name| {
        let image = image(&folder, sources.path(), name, Profile::Release)?;
        bar.set_message(format!("{name} is built"));
        bar.inc(1);
        Ok(Bundled { name, image })
    })
}

/// The name of every service on board.
#[must_use]
pub(crate) fn names() -> Vec<&'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix("/Cargo.toml")).collect()
}

/// The workloads of the corpus, from its table.
#[must_use]
pub(crate) fn workloads() -> Vec<&'static str> {
    let source = FILES.iter().find(|(path, _)| *path == "corpus/src/lib.rs");
    let lines = source.map_or("", |(_, text)| text).lines();
    let entry = |line: &'static str| line.trim_start().strip_prefix("(\"")?.split('"').next();
    lines.filter_map(entry).collect()
}

/// The image of a service on board in `profile`, built unless that was done before.
///
/// # Errors
/// As [`images`].
pub(crate) fn image_in(name: &str, profile: Profile) -> Result<Vec<u8>, Error> {
    let (folder, sources) = places()?;
    image(&folder, sources.path(), name, profile)
}

/// Where images are kept, and where they are built: in a folder where no other process looks, so that
/// two at once do not meet.
fn places() -> Result<(PathBuf, Scratch), Error> {
    let folder = folder()?;
    let sources =
        sources(&folder).map_err(|source| Error::Cache { path: folder.clone(), source })?;
    Ok((folder, sources))
}

/// A folder of this executable's in the user's cache.
fn folder() -> Result<PathBuf, Error> {
    let program = std::env::current_exe().and_then(fs::metadata).map_err(Error::ThisProgram)?;
    let mut hasher = DefaultHasher::new();
    (FILES, program.len(), program.modified().ok()).hash(&mut hasher);
    let cache = mote_builder::user_cache().ok_or(Error::NoCache(BuildError::NoCache))?;
    Ok(cache.join("mote").join(format!("demo-{:016x}", hasher.finish())))
}

/// A new folder with the sources, and with which compiler they want. It goes when it is dropped.
fn sources(folder: &Path) -> io::Result<Scratch> {
    fs::create_dir_all(folder)?;
    let sources = Scratch::new(folder)?;
    write(&sources.path().join("rust-toolchain.toml"), &toolchain_file())?;
    FILES.iter().try_for_each(|(name, text)| write(&sources.path().join(name), &unpacked(text)))?;
    Ok(sources)
}

/// Away from the source tree, a service depends on the service crate by version instead of by path.
fn unpacked(text: &str) -> String {
    const BY_PATH: &str = r#"mote-service = { path = "../../../runtime/service" }"#;
    text.replace(BY_PATH, concat!("mote-service = \"", env!("CARGO_PKG_VERSION"), "\""))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

/// Tells rustup which compiler to take, wherever the user's cache is: `rustc 1.95.0 (…)` is 1.95.0.
fn toolchain_file() -> String {
    let release = mote_dispatcher::TOOLCHAIN.split(' ').nth(1).unwrap_or("stable");
    format!("[toolchain]\nchannel = \"{release}\"\n")
}

fn image(folder: &Path, sources: &Path, name: &str, profile: Profile) -> Result<Vec<u8>, Error> {
    let path = folder.join(match profile {
        Profile::Release => format!("{name}.image"),
        Profile::Debug => format!("{name}-debug.image"),
    });
    if let Some(image) = fs::read(&path).ok().filter(|image| is_sound(image)) {
        return Ok(image);
    }
    let built = build(&sources.join(name), profile)?;
    built.write(&path).map_err(Error::Keep)?;
    Ok(built.image)
}

/// Whether the loader takes a kept image; one that was cut short is built again.
fn is_sound(image: &[u8]) -> bool {
    verify(image, &Expected::of(TOOLCHAIN)).is_ok()
}

/// Builds the service in `directory`. Says nothing unless it fails: then what the compiler said comes first.
///
/// # Errors
/// It does not build.
pub(crate) fn build(directory: &Path, profile: Profile) -> Result<Built, Error> {
    let mut said = String::new();
    let mut observer = |event: Event<'_>| {
        if let Event::Diagnostic { rendered, .. } = event {
            said.push_str(rendered);
        }
    };
    let options = Options { profile, ..Options::new(directory, TOOLCHAIN) };
    mote_builder::build(&options, &mut observer).map_err(|source| {
        eprint!("{said}");
        Error::Build { directory: directory.to_owned(), source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacked_manifest_leads_nowhere_outside_its_folder() {
        for (name, text) in FILES.iter().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
            assert!(text.contains("[workspace]"), "{name} belongs to no workspace of its own");
            assert!(!unpacked(text).contains("path ="), "{name}: {}", unpacked(text));
        }
    }

    #[test]
    fn kept_image_is_not_used_when_it_is_damaged() {
        assert!(!is_sound(b"\x7fELF and no more"));
    }

    #[test]
    fn toolchain_file_names_the_release_alone() {
        let text = toolchain_file();
        assert!(text.contains("channel = \"1."), "{text}");
    }
}
