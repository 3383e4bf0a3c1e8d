//! A sysroot without the standard library: only `core`, `alloc` and `compiler_builtins` are there, so
//! `extern crate std` fails to find its crate, in the user's crate and in every dependency.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::error::BuildError;
use crate::toolchain::TARGET;
use crate::toolchain::cache::Cache;
use crate::toolchain::compiler::Toolchain;

/// What of the toolchain's libraries an image may hold.
const CRATES: [&str; 3] = ["alloc", "compiler_builtins", "core"];

/// Ends the mangled name of the standard library's answer to a refused allocation.
const REFUSED_ALLOCATION: &str = "___rustc25___rdl_alloc_error_handler";

/// A restricted sysroot.
#[derive(Clone, Debug)]
pub(crate) struct Sysroot {
    path: PathBuf,
    refused_allocation: String,
}

impl Sysroot {
    /// Makes the restricted sysroot of `toolchain`, of links to its files.
    pub(crate) fn restricted(toolchain: &Toolchain, cache: &Cache) -> Result<Self, BuildError> {
        let libraries = libraries(toolchain)?;
        let path = cache.entry("sysroot", &libraries, |folder| link(folder, &libraries))?;
        let refused_allocation = refused_allocation(toolchain, &libraries)?;
        Ok(Self { path, refused_allocation })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The symbol of the function that the standard library calls when an allocation was refused.
    pub(crate) fn refused_allocation(&self) -> &str {
        &self.refused_allocation
    }
}

/// The files of [`CRATES`], in a stable order.
fn libraries(toolchain: &Toolchain) -> Result<Vec<PathBuf>, BuildError> {
    let folder = toolchain.libraries();
    let read = || -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut files = read().map_err(|error| BuildError::Read { path: folder, error })?;
    files.retain(|file| CRATES.iter().any(|name| is_library_of(file, name)));
    files.sort();
    for name in CRATES {
        if !files.iter().any(|file| is_library_of(file, name) && has_extension(file, "rlib")) {
            let file = format!("lib/rustlib/{TARGET}/lib/lib{name}-*.rlib");
            return Err(BuildError::IncompleteToolchain {
                sysroot: toolchain.sysroot.clone(),
                file,
            });
        }
    }
    Ok(files)
}

/// Whether `file` is `libNAME-HASH.rlib` or `.rmeta`.
fn is_library_of(file: &Path, name: &str) -> bool {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let hash = stem.strip_prefix("lib").and_then(|stem| stem.strip_prefix(name));
    hash.is_some_and(|hash| hash.starts_with('-'))
        && (has_extension(file, "rlib") || has_extension(file, "rmeta"))
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

fn link(folder: &Path, libraries: &[PathBuf]) -> io::Result<()> {
    let target = folder.join("lib/rustlib").join(TARGET).join("lib");
    std::fs::create_dir_all(&target)?;
    for library in libraries {
        symlink(library, target.join(library.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Looks the symbol up in the archive of `alloc`: its name has a hash of the compiler's version.
fn refused_allocation(toolchain: &Toolchain, libraries: &[PathBuf]) -> Result<String, BuildError> {
    let archive =
        libraries.iter().find(|file| is_library_of(file, "alloc") && has_extension(file, "rlib"));
    let path = archive.cloned().unwrap_or_default();
    let bytes = std::fs::read(&path).map_err(|error| BuildError::Read { path, error })?;
    symbol_ending(&bytes, REFUSED_ALLOCATION).ok_or_else(|| BuildError::IncompleteToolchain {
        sysroot: toolchain.sysroot.clone(),
        file: format!("the symbol *{REFUSED_ALLOCATION}"),
    })
}

/// The first symbol in `bytes` that ends with `ending`.
fn symbol_ending(bytes: &[u8], ending: &str) -> Option<String> {
    let at = bytes.windows(ending.len()).position(|window| window == ending.as_bytes())?;
    let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = bytes[..at].iter().rev().take_while(|byte| is_symbol(byte)).count();
    String::from_utf8(bytes[at - before..at + ending.len()].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_library_is_not_among_the_files() {
        assert!(is_library_of(Path::new("/l/libcore-12ab.rlib"), "core"));
        assert!(is_library_of(Path::new("/l/libcore-12ab.rmeta"), "core"));
        assert!(!is_library_of(Path::new("/l/libcore_simd-12ab.rlib"), "core"));
        assert!(!is_library_of(Path::new("/l/libcore-12ab.so"), "core"));
        assert!(CRATES.iter().all(|name| !is_library_of(Path::new("/l/libstd-12ab.rlib"), name)));
    }

    #[test]
    fn symbol_is_cut_at_what_cannot_be_part_of_one() {
        assert_eq!(symbol_ending(b"\0_RNvCs1_7___end\0", "___end").unwrap(), "_RNvCs1_7___end");
        assert_eq!(symbol_ending(b"other", "___end"), None);
    }
}
