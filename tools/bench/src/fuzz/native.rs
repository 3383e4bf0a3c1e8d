//! How programs end as ordinary ones: built by cargo with the standard library, run by the kernel.

use std::path::Path;
use std::process::{Command, Output};

use mote_abi::outcome::Outcome;
use mote_dispatcher::TOOLCHAIN;

use crate::error::Error;

/// What is said of a program that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// `ok`, `error` or `panicked`.
    pub(crate) outcome: Outcome,
    /// Tokens that were left.
    pub(crate) live_tokens: u32,
    /// The answer, the error, or the panic's message.
    pub(crate) answer: String,
}

/// What ends as it should not is named so.
const PROGRAM: &str = "the native program";

/// Builds and runs the `count` programs in `folder`; compiled crates go to `target`.
///
/// # Errors
/// They do not compile, or do not run to their end.
pub(super) fn run(folder: &Path, target: &Path, count: usize) -> Result<Vec<Ended>, Error> {
    let package = folder.join("native");
    let mut cargo = Command::new("cargo");
    // Tells rustup which compiler images are built with.
    let release = TOOLCHAIN.split(' ').nth(1).unwrap_or("stable");
    cargo.env("RUSTUP_TOOLCHAIN", release).env("CARGO_TARGET_DIR", target);
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        cargo.env_remove(variable);
    }
    cargo.args(["run", "--quiet", "--offline", "--", &count.to_string()]).current_dir(package);
    let output = cargo.output().map_err(Error::run("cargo"))?;
    if !output.status.success() {
        return Err(refused(&output));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let ended: Option<Vec<_>> = text.lines().map(parse).collect();
    ended.filter(|all| all.len() == count).ok_or(Error::NoNumbers { program: PROGRAM.to_owned() })
}

fn refused(output: &Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Error::Compile { name: "native", output: format!("{}\n{said}", output.status) }
}

fn parse(line: &str) -> Option<Ended> {
    let mut fields = line.splitn(3, '\t');
    let outcome = Outcome::from_name(fields.next()?)?;
    let live_tokens = fields.next()?.parse().ok()?;
    Some(Ended { outcome, live_tokens, answer: fields.next()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_what_the_program_prints() {
        let ended = parse("error\t2\tno such thing").unwrap();
        let expected =
            Ended { outcome: Outcome::Error, live_tokens: 2, answer: "no such thing".into() };
        assert_eq!(ended, expected);
        assert_eq!((parse("ok\t2"), parse("fine\t2\tx")), (None, None));
    }
}
