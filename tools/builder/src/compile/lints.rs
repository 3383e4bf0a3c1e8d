//! The lints of crates of crates.io that are not vetted: those of the service itself. Cargo has no flags for
//! single crates, so it gets a wrapper of the compiler, which builds can read and not write.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::compile::context::BuildContext;
use crate::error::BuildError;

/// The wrapper.
const SCRIPT: &str = include_str!("templates/rustc.sh");

/// Its file in the stage.
const FILE: &str = "lints/rustc.sh";

/// Writes the wrapper into the stage.
pub(super) fn install(context: &BuildContext<'_>) -> Result<(), BuildError> {
    let path = context.intake.stage.path(FILE);
    write(&path).map_err(|error| BuildError::Write { path, error })
}

fn write(path: &Path) -> io::Result<()> {
    fs::write(path, SCRIPT)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Lets `cargo` use the wrapper if there is a crate that it is for.
pub(super) fn apply(cargo: &mut Command, context: &BuildContext<'_>) {
    let crates = &context.admitted.by_rules;
    if !crates.is_empty() {
        let names = crates.iter().map(|title| title.replace(' ', "@"));
        cargo
            .env("RUSTC_WRAPPER", context.sandbox.path(&context.intake.stage.path(FILE)))
            .env("MOTE_NOT_VETTED", names.collect::<Vec<_>>().join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles unsafe code as cargo does a crate of crates.io; whether the compiler takes it.
    fn is_taken(package: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write(&path("rustc.sh")).unwrap();
        fs::write(path("a.rs"), "#![no_std]\npub fn f(p: *const u8) -> u8 { unsafe { *p } }\n")
            .unwrap();
        let mut rustc = Command::new(path("rustc.sh"));
        rustc
            .args(["rustc", "--crate-type=lib", "--emit=metadata", "--cap-lints", "allow", "a.rs"])
            .current_dir(folder.path())
            .env("MOTE_NOT_VETTED", "a@1.0.0 b@2.0.0")
            .env("CARGO_PKG_NAME", package)
            .env("CARGO_PKG_VERSION", "2.0.0");
        rustc.output().unwrap().status.success()
    }

    #[test]
    fn caps_of_lints_hold_for_vetted_crates_alone() {
        assert!(is_taken("a"));
        assert!(!is_taken("b"));
        assert!(is_taken("bb"));
    }
}
