//! The services that the executable carries as source, and their images.
//!
//! Images are kept in the user's cache for as long as the executable is the same: the sources, the
//! service crate and the compiler's version are all inside it.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use anyhow::Context as _;
use indicatif::ProgressBar;
use mote_dispatcher::TOOLCHAIN;
use mote_loader::{Expected, verify};
use tempfile::TempDir;

use crate::build_command;
use crate::status::{Failure, OrStatus as _, Status};
use mote_builder::{Built, Event, Profile};

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
pub(crate) fn images(names: &[&'static str], bar: &ProgressBar) -> Result<Vec<Bundled>, Failure> {
    let (folder, sources) = places()?;
    bar.set_length(names.len() as u64);
    in_parallel(names, |name| {
        let image = image(&folder, sources.path(), name, Profile::Release)?;
        bar.set_message(format!("{name} is built"));
        bar.inc(1);
        Ok(Bundled { name, image })
    })
}

/// The name of every service on board.
pub(crate) fn names() -> Vec<&'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix("/Cargo.toml")).collect()
}

/// The workloads of the corpus, from its table.
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
pub(crate) fn image_in(name: &str, profile: Profile) -> Result<Vec<u8>, Failure> {
    let (folder, sources) = places()?;
    image(&folder, sources.path(), name, profile)
}

/// Where images are kept, and where they are built: in a folder where no other process looks, so that
/// two at once do not meet.
fn places() -> Result<(PathBuf, TempDir), Failure> {
    let folder = folder().or_status(Status::Failed, || "the bundled services have no place")?;
    let sources = sources(&folder)
        .or_status(Status::Failed, || format!("cannot write below {}", folder.display()))?;
    Ok((folder, sources))
}

/// A folder of this executable's in the user's cache.
fn folder() -> anyhow::Result<PathBuf> {
    let metadata =
        std::env::current_exe().and_then(fs::metadata).context("which program is this?")?;
    let mut hasher = DefaultHasher::new();
    (FILES, metadata.len(), metadata.modified().ok()).hash(&mut hasher);
    let cache = mote_builder::user_cache().ok_or(mote_builder::BuildError::NoCache)?.join("mote");
    Ok(cache.join(format!("demo-{:016x}", hasher.finish())))
}

/// A new folder with the sources, and with which compiler they want. It goes when it is dropped.
fn sources(folder: &Path) -> io::Result<TempDir> {
    fs::create_dir_all(folder)?;
    let sources = tempfile::Builder::new().prefix("sources-").tempdir_in(folder)?;
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

fn image(folder: &Path, sources: &Path, name: &str, profile: Profile) -> Result<Vec<u8>, Failure> {
    let path = folder.join(match profile {
        Profile::Release => format!("{name}.image"),
        Profile::Debug => format!("{name}-debug.image"),
    });
    if let Some(image) = fs::read(&path).ok().filter(|image| is_sound(image)) {
        return Ok(image);
    }
    let built = build(&sources.join(name), profile)?;
    built.write(&path).or_status(Status::Failed, || "cannot keep a built image")?;
    Ok(built.image)
}

/// Whether the loader takes a kept image; one that was cut short is built again.
fn is_sound(image: &[u8]) -> bool {
    verify(image, &Expected::of(TOOLCHAIN)).is_ok()
}

/// Says nothing unless it fails: then what the compiler said comes first.
fn build(directory: &Path, profile: Profile) -> Result<Built, Failure> {
    let mut said = String::new();
    let mut observer = |event: Event<'_>| {
        if let Event::Diagnostic { rendered, .. } = event {
            said.push_str(rendered);
        }
    };
    let built = build_command::build(directory, profile, &mut observer);
    if built.is_err() {
        eprint!("{said}");
    }
    built
}

/// Does `work` for every item, as many at once as there are cores, and keeps the order. Stops with
/// the first error.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let failed = Mutex::new(None);
    let one_after_the_other = || {
        while let Some((index, item)) = take(items, &next) {
            match work(item) {
                Ok(result) => done.lock().expect("nobody panics").push((index, result)),
                Err(failure) => {
                    next.store(items.len(), Ordering::Relaxed);
                    failed.lock().expect("nobody panics").get_or_insert(failure);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(one_after_the_other);
        }
    });
    match failed.into_inner().expect("nobody panics") {
        Some(failure) => Err(failure),
        None => Ok(in_order(done.into_inner().expect("nobody panics"))),
    }
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, items.get(index)?))
}

fn in_order<R>(mut done: Vec<(usize, R)>) -> Vec<R> {
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[test]
    fn bundle_has_every_service_of_the_plan() {
        for service in plan::services() {
            let manifest = format!("{service}/Cargo.toml");
            assert!(FILES.iter().any(|(name, _)| *name == manifest), "no {manifest}");
        }
    }

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

    #[test]
    fn parallel_work_keeps_its_order_and_stops_when_one_fails() {
        let items: Vec<u32> = (0..100).collect();
        let doubled = in_parallel(&items, |&item| Ok(2 * item)).unwrap();
        assert_eq!(doubled, items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        let refused = in_parallel(&items, |&item| match item {
            0..50 => Ok(()),
            _ => Err(anyhow::anyhow!("{item}").into()),
        });
        assert!(refused.is_err());
    }
}
