//! Cargo in the sandbox, with the settings of every compilation: the sources that were taken in, no
//! network, and the flags that make an image.
//!
//! The target is named although it is the host's: then the flags hold for what goes into the image,
//! and not for build scripts and procedural macros, which run here. What a profile says of `panic` and
//! `lto` is overruled on the command line.

use std::process::Command;

use crate::compile::context::BuildContext;
use crate::compile::lints;
use crate::intake::stage::INSIDE;
use crate::options::Options;
use crate::toolchain::TARGET;

/// `cargo SUBCOMMAND` in the package's folder.
pub(super) fn command(context: &BuildContext<'_>, subcommand: &str) -> Command {
    let BuildContext { options, toolchain, sandbox, intake, .. } = context;
    let profile = options.profile.cargo_name();
    let inside = |name: &str| sandbox.path(&intake.stage.path(name));
    let mut cargo = sandbox.command(&toolchain.cargo, &intake.stage.path("crate"));
    cargo
        .args([subcommand, "--offline", "--target", TARGET, "--profile", profile])
        .arg("--target-dir")
        .arg(inside("work/target"))
        .args(["--config", &format!("profile.{profile}.panic='unwind'")])
        .args(["--config", &format!("profile.{profile}.lto='off'")])
        .args(["--config", "source.crates-io.replace-with='mote'"])
        .args(["--config", "source.mote.directory='../vendor'"])
        .arg(message_format(options))
        .env("CARGO_HOME", inside("work/home"))
        .env("HOME", inside("work/home"))
        .env("TMPDIR", inside("work/tmp"))
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTC", &toolchain.rustc)
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(context).join("\x1f"));
    lints::apply(&mut cargo, context);
    cargo
}

fn message_format(options: &Options) -> &'static str {
    if options.has_colors {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    }
}

/// The flags of everything that goes into the image.
pub(super) fn rustflags(context: &BuildContext<'_>) -> Vec<String> {
    let inside = |name: &str| context.sandbox.path(&context.intake.stage.path(name));
    let mut flags = vec![
        format!("--sysroot={}", inside("sysroot").display()),
        "--cfg=mote_image".to_owned(),
        "--check-cfg=cfg(mote_image)".to_owned(),
        "-Cforce-unwind-tables=yes".to_owned(),
    ];
    if !context.sandbox.has_fixed_paths() {
        let stage = context.intake.stage.path("");
        flags.push(format!("--remap-path-prefix={}={INSIDE}/", stage.display()));
    }
    flags
}
