//! First compilation: the user's crate and its dependencies, by cargo.
//!
//! The target is named although it is the host's: then the flags that make an image hold for what
//! goes into it, and not for build scripts and procedural macros, which run here. What a profile
//! says of `panic` and `lto` is overruled on the command line. `-F unsafe-code` is for the user's own
//! crate; a dependency may have unsafe code and is chosen, not written, by the user.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::compile::cargo_output::{CargoOutput, Crates};
use crate::compile::context::BuildContext;
use crate::error::BuildError;
use crate::event::Event;
use crate::intake::package::Source;
use crate::options::Options;
use crate::toolchain::TARGET;
use crate::toolchain::command;
use crate::toolchain::messages::Message;
use crate::toolchain::sysroot::Sysroot;

/// Compiles the user's crate; tries without the network first.
pub(crate) fn compile(
    context: &BuildContext<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Crates, BuildError> {
    let cargo = |network: Option<&str>| {
        let mut cargo = cargo(context);
        cargo.args(network).args(["--", "-F", "unsafe-code"]);
        cargo
    };
    match compile_with(cargo(Some("--offline")), context, observer) {
        Err(BuildError::Cargo { stderr })
            if !context.options.is_offline && may_need_network(&stderr) =>
        {
            compile_with(cargo(None), context, observer)
        }
        result => result,
    }
}

/// Whether cargo failed because something is not on this machine.
fn may_need_network(stderr: &str) -> bool {
    stderr.contains("offline")
}

fn cargo(context: &BuildContext<'_>) -> Command {
    let BuildContext { options, toolchain, sysroot, embedded, package } = context;
    let profile = options.profile.cargo_name();
    let mut cargo = command::clean(&toolchain.cargo);
    cargo
        .current_dir(&options.directory)
        .args(["rustc", "--lib", "--crate-type=rlib", "--target", TARGET, "--profile", profile])
        .arg("--manifest-path")
        .arg(&package.manifest)
        .arg("--target-dir")
        .arg(&package.target_directory)
        .args(["--config", &format!("profile.{profile}.panic='unwind'")])
        .args(["--config", &format!("profile.{profile}.lto='off'")])
        .args(["--config", &embedded_config(package.source, embedded)])
        .arg(message_format(options))
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(sysroot));
    if options.is_locked {
        cargo.arg("--locked");
    }
    cargo
}

/// Puts the embedded crate in the place of the one that the package names.
fn embedded_config(source: Source, embedded: &Path) -> String {
    let path = toml_string(&embedded.to_string_lossy());
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
fn rustflags(sysroot: &Sysroot) -> String {
    let sysroot = format!("--sysroot={}", sysroot.path().display());
    let flags = [
        sysroot.as_str(),
        "--cfg=mote_image",
        "--check-cfg=cfg(mote_image)",
        "-Cforce-unwind-tables=yes",
    ];
    flags.join("\x1f")
}

fn compile_with(
    mut cargo: Command,
    context: &BuildContext<'_>,
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
    let mut cargo_output = CargoOutput::new(context);
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        cargo_output.message(Message::of_line(&line.unwrap_or_default()), observer);
    }
    let status = child.wait().map_err(|error| command::cannot_run(&cargo, error))?;
    let stderr = stderr.and_then(|reader| reader.join().ok()).unwrap_or_default();
    if status.success() {
        cargo_output.crates(stderr)
    } else {
        Err(cargo_output.failure(stderr, observer))
    }
}

fn read_all(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read until an error is all there is to tell.
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_with_quotes_stays_one_string() {
        let config = embedded_config(Source::Path, Path::new(r#"/a "b"\c"#));
        assert_eq!(config, r#"paths=["/a \"b\"\\c"]"#);
    }
}
