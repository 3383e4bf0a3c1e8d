//! The builds of hostile crates by cargo alone, as if Mote took whatever it is given: every attack succeeds.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};

use super::stage::{SECRET, SECRET_VARIABLE, Stage};

/// Longer than any honest crate of this size takes, and than the limit of [`protected`](super::protected).
const ENDLESS: Duration = Duration::from_secs(6);

/// More memory than any honest crate of this size takes.
const MEMORY_BYTES: u64 = 4 << 30;

/// More output than anybody wants to keep: what Mote's own limit is.
const OUTPUT_BYTES: usize = 32 << 20;

/// What an attack does where nothing stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Runs code of its own on the machine that builds.
    RunsCode,
    /// The secret is in the library, or in what the compiler says.
    Leaks,
    /// The build has no end, or ends at the machine's memory.
    TakesAll,
    /// The compiler says more than [`OUTPUT_BYTES`], to whoever reads its messages as JSON.
    Floods,
    /// There is a library whose code may do anything.
    Compiles,
}

/// Whether the crate `name` does `harm` when cargo alone builds it. What it depends on is kept in `target`.
pub(crate) fn succeeds(name: &str, harm: Harm, target: &Path) -> bool {
    let stage = Stage::new(name);
    let mut cargo = cargo(&stage, target);
    if harm == Harm::TakesAll {
        return takes_all(&stage, &mut cargo);
    }
    if harm == Harm::Floods {
        cargo.arg("--message-format=json");
    }
    let output = cargo.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    match harm {
        Harm::RunsCode => stage.is_marked(),
        Harm::Leaks => said.contains(SECRET) || has_secret(name, target),
        Harm::Floods => output.stdout.len() > OUTPUT_BYTES,
        Harm::Compiles | Harm::TakesAll => has_compiled(&output),
    }
}

/// Tells what the compiler said if it failed.
fn has_compiled(output: &Output) -> bool {
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

/// Cargo as a person in the crate's folder would call it.
fn cargo(stage: &Stage, target: &Path) -> Command {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let rustup = home.map(|home| home.join("bin/cargo")).filter(|cargo| cargo.exists());
    let mut cargo = Command::new(rustup.unwrap_or_else(|| env!("CARGO").into()));
    cargo.args(["build", "--lib"]).current_dir(stage.package());
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CARGO_") || name.starts_with("RUST") {
            cargo.env_remove(&variable);
        }
    }
    cargo.env("CARGO_TARGET_DIR", target).env(SECRET_VARIABLE, SECRET);
    if stage.manifest().contains("cargo-features") {
        // As an unstable cargo.
        cargo.env("RUSTC_BOOTSTRAP", "1");
    }
    if !stage.manifest().contains("git = ") {
        cargo.arg("--offline");
    }
    cargo.stdin(Stdio::null());
    cargo
}

/// Whether the library `name` in `target` has the secret.
fn has_secret(name: &str, target: &Path) -> bool {
    let library = fs::read(target.join(format!("debug/lib{name}.rlib"))).unwrap_or_default();
    library.windows(SECRET.len()).any(|found| found == SECRET.as_bytes())
}

/// Whether the build goes on for [`ENDLESS`], or wants more memory than there should be.
fn takes_all(stage: &Stage, cargo: &mut Command) -> bool {
    let said = stage.path("said");
    cargo.process_group(0).stderr(File::create(&said).unwrap());
    let mut child = cargo.spawn().unwrap();
    let group = Pid::from_child(&child);
    let limit = Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) };
    prlimit(Some(group), Resource::As, limit).unwrap();
    let has_ended = ends(&mut child);
    // The group may have ended by itself.
    let _ = kill_process_group(group, Signal::KILL);
    child.wait().unwrap();
    !has_ended || fs::read_to_string(said).unwrap().contains("memory allocation of")
}

/// Whether `child` ends in time.
fn ends(child: &mut Child) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < ENDLESS {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    false
}
