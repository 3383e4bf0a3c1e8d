//! Whether the layers that the kernel says it has work, tried by running a program inside.

use std::io;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::Sandbox;
use super::landlock;
use super::layers::Layers;
use super::limits::Limits;
use super::process::{self, Ended};
use super::view::View;

impl Layers {
    /// What works here. Tried once in a process.
    #[must_use]
    pub fn available() -> Self {
        static AVAILABLE: OnceLock<Layers> = OnceLock::new();
        *AVAILABLE.get_or_init(|| {
            let landlock = landlock::is_available();
            let all = Self::of(true, landlock);
            if trial(all).is_ok() { all } else { Self::of(false, landlock) }
        })
    }
}

fn trial(layers: Layers) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("root");
    std::fs::create_dir(&root)?;
    let sandbox = Sandbox::new(layers, View::of_system(), Limits::default(), root);
    let mut command = Command::new("/usr/bin/env");
    command.current_dir("/usr").env_clear();
    sandbox.enclose(&mut command)?;
    let end = Instant::now() + Duration::from_secs(10);
    let finished = process::run(&mut command, end, &mut |_| {})?;
    if finished.ended == Ended::Success { Ok(()) } else { Err(io::Error::other(finished.stderr)) }
}
