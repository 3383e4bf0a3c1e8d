//! Builds the freestanding worker program that the dispatcher carries inside, and notes the toolchain.
//!
//! The worker is another kind of program than what is being built: no std, no libc and its own entry
//! point. So a second cargo builds it, in its own target directory, untouched by
//! the flags, wrappers and lints that were meant for the first.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The packages that the worker is made of, as folders of the workspace.
const SOURCES: &[&str] = &["alloc", "runtime/abi", "runtime/worker", "sigctx"];

/// What is built of those: the worker, and the one of `mote torture`, by the feature that makes it.
const PROGRAMS: [(&str, &str); 2] =
    [("freestanding", "mote-worker"), ("torture", "mote-torture-worker")];

/// A program that the dispatcher relocates.
const RUSTFLAGS: &[&str] = &[
    "-Crelocation-model=pie",
    "-Clink-arg=-nostartfiles",
    "-Clink-arg=-nostdlib",
    "-Clink-arg=-static-pie",
];

/// What the crate `libc`, a dependency of a dependency for its types, asks the linker for. The worker
/// has no C library: it gets empty archives of these names, so that a call into one is an error and
/// the machine that builds needs none for static linking.
const NO_LIBRARIES: &[&str] = &["c", "dl", "gcc_s", "m", "pthread", "rt", "util"];

/// An archive without members. Source: ar(5).
const EMPTY_ARCHIVE: &str = "!<arch>\n";

/// What the second cargo may know of the first one's environment, of all that begins with `CARGO`.
const KEPT: &[&str] =
    &["CARGO_HOME", "CARGO_HTTP", "CARGO_MAKEFLAGS", "CARGO_NET", "CARGO_REGISTR", "CARGO_TERM"];

/// Variables of the first cargo, or of whoever called it, that do not begin with `CARGO`.
const REMOVED: &[&str] = &[
    "DEBUG",
    "HOST",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC_LINKER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "TARGET",
];

fn main() {
    let workspace = variable("CARGO_MANIFEST_DIR").join("../..");
    name_what_matters(&workspace);
    println!("cargo::rustc-env=MOTE_TOOLCHAIN={}", toolchain());
    for (feature, name) in PROGRAMS {
        let built = build_worker(&workspace, feature);
        let embedded = variable("OUT_DIR").join(name);
        if let Err(error) = fs::copy(&built, &embedded) {
            fail(&format!("{name} was built, but {} cannot be copied: {error}", built.display()));
        }
    }
}

fn name_what_matters(workspace: &Path) {
    for path in SOURCES.iter().chain(&["Cargo.lock", "Cargo.toml"]) {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// Builds the worker with `feature`, in the profile of this build, and says where it is.
fn build_worker(workspace: &Path, feature: &str) -> PathBuf {
    let target_dir = variable("OUT_DIR").join("worker");
    let profile = if variable("PROFILE") == Path::new("release") { "release" } else { "dev" };
    let mut cargo = Command::new(variable("CARGO"));
    cargo
        .current_dir(workspace)
        .args(["build", "--locked", "--package", "mote-worker", "--bin", "mote-worker"])
        .args(["--features", feature, "--target", TARGET, "--profile", profile])
        .args(["--config", &format!("profile.{profile}.panic='abort'")])
        .args(["--config", "profile.release.strip='debuginfo'"])
        .arg("--target-dir")
        .arg(&target_dir);
    clean_environment(&mut cargo);
    let libraries = format!("-Lnative={}", empty_libraries().display());
    let flags: Vec<&str> = RUSTFLAGS.iter().copied().chain([libraries.as_str()]).collect();
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    run(cargo);
    let folder = if profile == "release" { "release" } else { "debug" };
    target_dir.join(TARGET).join(folder).join("mote-worker")
}

/// A folder with an empty archive for each of [`NO_LIBRARIES`].
fn empty_libraries() -> PathBuf {
    let folder = variable("OUT_DIR").join("no-libraries");
    let made = fs::create_dir_all(&folder).and_then(|()| {
        NO_LIBRARIES
            .iter()
            .try_for_each(|name| fs::write(folder.join(format!("lib{name}.a")), EMPTY_ARCHIVE))
    });
    match made {
        Ok(()) => folder,
        Err(error) => fail(&format!("cannot fill {}: {error}", folder.display())),
    }
}

fn clean_environment(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let is_kept = KEPT.iter().any(|kept| name.starts_with(kept));
        if (name.starts_with("CARGO") && !is_kept) || REMOVED.contains(&name.as_ref()) {
            cargo.env_remove(name.as_ref());
        }
    }
}

fn run(mut cargo: Command) {
    let output = cargo.output().unwrap_or_else(|error| {
        fail(&format!("cannot run {}: {error}", cargo.get_program().display()))
    });
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        fail(&format!(
            "the worker program does not build ({}); its errors are above",
            output.status
        ));
    }
}

/// The output of `rustc --version`, for the compiler that builds this.
fn toolchain() -> String {
    let rustc = variable("RUSTC");
    match Command::new(&rustc).arg("--version").output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        Ok(output) => fail(&format!("{} --version failed: {}", rustc.display(), output.status)),
        Err(error) => fail(&format!("cannot run {}: {error}", rustc.display())),
    }
}

fn variable(name: &str) -> PathBuf {
    env::var_os(name).unwrap_or_else(|| fail(&format!("cargo did not set {name}"))).into()
}

fn fail(message: &str) -> ! {
    eprintln!("mote-dispatcher: {message}");
    std::process::exit(1);
}
