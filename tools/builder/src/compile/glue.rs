//! Second compilation: the glue, which calls the user's `handle`. So this is where one is found to be
//! missing or of another type.

use std::path::Path;

use crate::compile::cargo_output::Crates;
use crate::compile::handle;
use crate::compile::rustc::Rustc;
use crate::error::BuildError;
use crate::event::Event;
use crate::toolchain::messages::Diagnostic;

/// The name of the glue's crate.
pub(crate) const CRATE: &str = "mote_glue";

/// The file that it is compiled to, in the scratch folder.
pub(crate) const FILE: &str = "libmote_glue.rlib";

/// Compiles the glue.
pub(crate) fn compile(
    rustc: &Rustc<'_>,
    crates: &Crates,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<(), BuildError> {
    rustc.write(handle::GLUE_FILE, handle::GLUE)?;
    let mut command = rustc.command(CRATE, "rlib");
    command
        .args(["-Cpanic=unwind", "-Cforce-unwind-tables=yes"])
        .arg(rustc.context.options.profile.opt_level())
        .args(["--error-format=json", "glue.rs", "-o", FILE])
        .args([named("service", &crates.user), named("mote_service", &crates.service)])
        .args(folders(crates));
    let finished = rustc.run(command, observer)?;
    if finished.is_success() {
        return Ok(());
    }
    let diagnostics = Diagnostic::all_of(finished.stderr.as_bytes());
    Err(handle::failure(&diagnostics, &rustc.context.intake.package))
}

fn named(name: &str, file: &Path) -> String {
    format!("--extern={name}={}", file.display())
}

/// Tells the compiler where the crates that are not named lie.
pub(crate) fn folders(crates: &Crates) -> impl Iterator<Item = String> {
    crates.folders.iter().map(|folder| format!("-Ldependency={}", folder.display()))
}
