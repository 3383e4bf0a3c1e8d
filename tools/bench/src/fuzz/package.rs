//! Packages that hold programs: a service, and an ordinary program that runs the same sources.
//!
//! ```text
//!  FOLDER/mote-service   the service crate, for cargo
//!  FOLDER/programs       the service: lib.rs, support.rs, p0.rs, p1.rs, …
//!  FOLDER/native         runs them natively
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::grammar::Program;
use super::render;

const LIB: &str = include_str!("templates/lib.rs");
const SUPPORT: &str = include_str!("templates/support.rs");
const NATIVE: &str = include_str!("templates/native.rs");

/// The dependency of a service that lies beside the crate.
const BY_PATH: &str = "mote-service = { path = \"../mote-service\" }\n";

/// Writes the service and the ordinary program of `programs` into `folder`, in place of those that are
/// there.
///
/// # Errors
/// The kernel's.
pub(super) fn write(folder: &Path, programs: &[Program]) -> io::Result<()> {
    let crate_folder = folder.join("mote-service");
    if !crate_folder.is_dir() {
        mote_builder::copy_service_crate(&crate_folder)?;
    }
    let native = format!("{BY_PATH}programs = {{ path = \"../programs\" }}\n");
    let main = [("main.rs".to_owned(), NATIVE.to_owned())];
    package(&folder.join("native"), "native", &native, main)?;
    package(&service(folder), "programs", BY_PATH, sources(programs))
}

/// Where the service is in a folder that was written.
pub(super) fn service(folder: &Path) -> PathBuf {
    folder.join("programs")
}

/// Writes one program as a service that stands by itself.
///
/// # Errors
/// The kernel's.
pub(super) fn write_alone(folder: &Path, program: &Program) -> io::Result<()> {
    let asked = concat!("mote-service = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    package(folder, "find", asked, sources(std::slice::from_ref(program)))
}

/// The files in `src` of the service with `programs`.
fn sources(programs: &[Program]) -> Vec<(String, String)> {
    let numbers = 0..programs.len();
    let modules: String = numbers.clone().map(|number| format!("mod p{number};\n")).collect();
    let list = numbers.map(|number| format!("p{number}::run")).collect::<Vec<_>>().join(", ");
    let lib = LIB.replace("$modules\n", &modules).replace("$programs", &list);
    let fixed = [("lib.rs".to_owned(), lib), ("support.rs".to_owned(), SUPPORT.to_owned())];
    let modules = programs.iter().enumerate();
    let modules = modules.map(|(number, one)| (format!("p{number}.rs"), render::program(one)));
    fixed.into_iter().chain(modules).collect()
}

fn package(
    folder: &Path,
    name: &str,
    dependencies: &str,
    sources: impl IntoIterator<Item = (String, String)>,
) -> io::Result<()> {
    let source_folder = folder.join("src");
    if source_folder.is_dir() {
        fs::remove_dir_all(&source_folder)?;
    }
    fs::create_dir_all(&source_folder)?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{dependencies}"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    sources.into_iter().try_for_each(|(file, text)| fs::write(source_folder.join(file), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::generate;

    #[test]
    fn service_has_a_module_for_each_program() {
        let sources = sources(&[generate::program(1), generate::program(2)]);
        let names: Vec<_> = sources.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["lib.rs", "support.rs", "p0.rs", "p1.rs"]);
        let lib = &sources[0].1;
        assert!(lib.contains("mod p0;\nmod p1;\n") && lib.contains("[p0::run, p1::run]"), "{lib}");
    }
}
