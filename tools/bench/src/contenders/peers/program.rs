//! Where `mote-peers` is: given, or built by cargo from the checkout that this `mote` is run in.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, NoPeers};

/// Where its package is, below a checkout.
const PACKAGE: &str = "tools/peers";

/// Variables that would change what is built, or where.
const OF_OTHER_BUILDS: &[&str] =
    &["CARGO", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"];

/// What there is to measure with.
#[derive(Debug)]
pub(crate) enum Found {
    /// The program.
    Program(PathBuf),
    /// None: why, and what to do.
    Nothing(NoPeers),
}

/// How to come by the program.
#[derive(Debug)]
enum Plan {
    Use(PathBuf),
    /// In this checkout. It takes minutes the first time.
    Build(PathBuf),
    Without(NoPeers),
}

/// What is known before anything is done.
struct Known {
    given: Option<PathBuf>,
    checkout: Option<PathBuf>,
    is_built: bool,
    may_take_minutes: bool,
}

/// Finds the program, and builds it if need be; `says` what takes long.
///
/// # Errors
/// The program that was given is not there.
pub(crate) fn find(
    given: Option<&Path>,
    may_take_minutes: bool,
    says: impl Fn(&str),
) -> Result<Found, Error> {
    let given = given.map(existing).transpose()?;
    let checkout = checkout();
    let is_built = checkout.as_deref().is_some_and(|checkout| built(checkout).exists());
    Ok(match plan(Known { given, checkout, is_built, may_take_minutes }) {
        Plan::Use(program) => Found::Program(program),
        Plan::Without(reason) => Found::Nothing(reason),
        Plan::Build(checkout) => {
            let minutes = if is_built { "" } else { ", which takes minutes the first time" };
            says(&format!("building {PACKAGE}{minutes}"));
            match build(&checkout) {
                Ok(()) => Found::Program(built(&checkout)),
                Err(why) => Found::Nothing(why),
            }
        }
    })
}

fn existing(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::PeersPath { path: path.to_owned(), source })
}

fn plan(known: Known) -> Plan {
    match known {
        Known { given: Some(program), .. } => Plan::Use(program),
        Known { checkout: None, .. } => Plan::Without(NoPeers::NoCheckout),
        Known { checkout: Some(_), is_built: false, may_take_minutes: false, .. } => {
            Plan::Without(NoPeers::Quick)
        }
        Known { checkout: Some(checkout), .. } => Plan::Build(checkout),
    }
}

/// The checkout that this program was built in, or else the one that it is run in.
fn checkout() -> Option<PathBuf> {
    let places = [env::current_exe().ok(), env::current_dir().ok()];
    places.iter().flatten().flat_map(|place| place.ancestors()).find_map(|folder| {
        let manifest = fs::read_to_string(folder.join(PACKAGE).join("Cargo.toml")).ok()?;
        manifest.contains("name = \"mote-peers\"").then(|| folder.to_owned())
    })
}

fn built(checkout: &Path) -> PathBuf {
    checkout.join(PACKAGE).join("target/release/mote-peers")
}

/// Takes a moment if it was built before and nothing changed.
fn build(checkout: &Path) -> Result<(), NoPeers> {
    let package = checkout.join(PACKAGE);
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--target-dir"]).arg(package.join("target"));
    for variable in OF_OTHER_BUILDS {
        cargo.env_remove(variable);
    }
    let output = cargo.current_dir(package).stdin(Stdio::null()).output();
    let output = output.map_err(NoPeers::Cargo)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let error = said.lines().find(|line| line.starts_with("error"));
        let error = error.unwrap_or("cargo does not say why").to_owned();
        return Err(NoPeers::Build { error });
    }
    let program = built(checkout);
    if program.is_file() { Ok(()) } else { Err(NoPeers::Elsewhere { program }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(checkout: Option<&str>, is_built: bool, may_take_minutes: bool) -> Known {
        Known { given: None, checkout: checkout.map(PathBuf::from), is_built, may_take_minutes }
    }

    #[test]
    fn program_that_is_given_is_used_wherever_this_runs() {
        for checkout in [None, Some("/mote")] {
            let given = Some(PathBuf::from("/p"));
            let found = plan(Known { given, ..known(checkout, false, true) });
            assert!(matches!(found, Plan::Use(program) if program == Path::new("/p")));
        }
    }

    #[test]
    fn program_is_built_in_a_checkout_unless_that_takes_minutes_which_are_not_to_be_taken() {
        let builds =
            |known| matches!(plan(known), Plan::Build(checkout) if checkout == Path::new("/mote"));
        assert!(builds(known(Some("/mote"), false, true)));
        assert!(builds(known(Some("/mote"), true, false)));
        let without = |known| match plan(known) {
            Plan::Without(reason) => reason.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(without(known(Some("/mote"), false, false)).contains("--quick"));
        assert!(without(known(None, false, true)).contains("--peers"));
    }

    #[test]
    fn tests_run_in_a_checkout_that_has_the_package() {
        assert!(checkout().is_some_and(|folder| folder.join(PACKAGE).is_dir()));
    }
}
