//! Where compilers and build scripts run: a process tree that sees the files of one build and nothing
//! else, has no network, and ends with whoever started it.
//!
//! | module | its part |
//! | --- | --- |
//! | `limits` | time, memory, processes, output |
//! | `layers` | what of the kernel's means is there |
//! | `view` | which files are seen, and under which path |
//! | `plan` | the steps of a process into its own root, as C strings made before it starts |
//! | `sys` | takes these steps |
//! | `landlock` | the same files once more, as rules |
//! | `trial` | whether the layers work |
//! | `process` | runs a program to its end, or to a limit |
//!
//! ```text
//!  mote ─┬─ supervisor ─── 1 cargo ─┬─ rustc      a pid namespace: when 1 ends, all end
//!        │  dies with mote          └─ rustc
//!        └─ reads stdout and stderr, kills the supervisor at a limit
//! ```
//!
//! Spec: user_namespaces(7), pid_namespaces(7), pivot_root(2), landlock(7), prctl(2).

mod landlock;
mod layers;
mod limits;
mod plan;
mod process;
mod sys;
mod trial;
mod view;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub use layers::{Layer, Layers};
pub use limits::Limits;
pub(crate) use process::{Ended, Finished};
pub(crate) use view::View;

use crate::error::BuildError;
use crate::error::sandbox::{Limit, SandboxError};
use crate::event::Event;

/// Takes each line that a program writes to its stdout, and whoever shows what a build does.
pub(crate) type OnLine<'a> = &'a mut dyn FnMut(&str, &mut dyn FnMut(Event<'_>));

/// A sandbox for one build.
#[derive(Debug)]
pub(crate) struct Sandbox {
    layers: Layers,
    view: View,
    limits: Limits,
    /// An empty folder to put the new root on.
    root: PathBuf,
}

impl Sandbox {
    /// A sandbox with `layers` in which the files of `view` are seen.
    pub(crate) fn new(layers: Layers, view: View, limits: Limits, root: PathBuf) -> Self {
        Self { layers, view, limits, root }
    }

    /// Whether every build finds its files under the same paths.
    pub(crate) fn has_fixed_paths(&self) -> bool {
        self.layers.has_namespaces()
    }

    /// A file's path as seen from inside.
    pub(crate) fn path(&self, file: &Path) -> PathBuf {
        if self.has_fixed_paths() { self.view.inside(file) } else { file.to_owned() }
    }

    /// A program to be run inside, in `folder` (a path of outside), with nothing in its environment.
    pub(crate) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(self.path(program));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir(self.path(folder));
        command
    }

    /// Runs `command` until it ends or `deadline` is over; `on_line` takes each line of its stdout.
    pub(crate) fn run(
        &self,
        mut command: Command,
        deadline: Deadline,
        observer: &mut dyn FnMut(Event<'_>),
        on_line: OnLine<'_>,
    ) -> Result<Finished, BuildError> {
        observer(Event::Command(&crate::toolchain::command::line(&command)));
        let program = PathBuf::from(command.get_program());
        let finished = self
            .enclose(&mut command)
            .and_then(|()| {
                process::run(&mut command, deadline.end, &mut |line| on_line(line, observer))
            })
            .map_err(|error| BuildError::Sandbox(SandboxError::Start { program, error }))?;
        let limit = match finished.ended {
            Ended::TimeLimit => Limit::Seconds(deadline.seconds),
            Ended::OutputLimit => Limit::Output(limits::OUTPUT_BYTES >> 20),
            Ended::Failure if finished.is_out_of_memory() => {
                Limit::MemoryMib(self.limits.memory_mib)
            }
            _ => return Ok(finished),
        };
        Err(BuildError::Sandbox(SandboxError::Limit(limit)))
    }

    /// Lets `command` begin by entering the sandbox.
    fn enclose(&self, command: &mut Command) -> std::io::Result<()> {
        let folder = command.get_current_dir().map(Path::to_owned).unwrap_or_default();
        let namespaces = self.has_fixed_paths();
        let plan =
            namespaces.then(|| plan::Plan::new(&self.view, &self.root, &folder)).transpose()?;
        if namespaces {
            // The folder is inside: the plan goes there once there is an inside.
            command.current_dir("/");
        } else {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        let rules = self.layers.has_landlock().then(|| landlock::rules(&self.view)).transpose()?;
        sys::before_exec(command, sys::Entry { plan, rules, limits: self.limits.resources() });
        Ok(())
    }
}

/// When the programs of a build, together, must have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Instant,
    seconds: u64,
}

impl Deadline {
    /// So many seconds from now.
    pub(crate) fn after(seconds: u64) -> Self {
        Self { end: Instant::now() + Duration::from_secs(seconds), seconds }
    }
}

#[cfg(test)]
mod tests;
