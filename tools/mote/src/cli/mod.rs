//! The command line: from arguments to a command, and from its end to an exit status.
//!
//! Each command owns its arguments and does its work; here is only which one it is.

mod command;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use mote_bench::contenders::child::{self, ContenderArgs};

use crate::service::requirements;
use crate::status::{Failure, OrStatus as _, Status};
use crate::{bench, build, demo, inspect, run, torture};
#[cfg(feature = "http")]
use crate::{operate, serve};
use command::{Cli, Command};

/// Runs the command that the process's arguments name.
#[must_use]
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli.command) {
        Ok(status) => status.into(),
        Err(failure) => {
            report(&failure);
            failure.status.into()
        }
    }
}

fn execute(command: &Command) -> Result<Status, Failure> {
    match command {
        Command::Build(args) => build::execute(args),
        Command::Inspect(args) => inspect::execute(args),
        Command::Run(args) => requirements::check().and_then(|()| run::execute(args)),
        #[cfg(feature = "http")]
        Command::Serve(args) => requirements::check().and_then(|()| serve::execute(args)),
        #[cfg(feature = "http")]
        Command::Deploy(args) => operate::deploy(args),
        #[cfg(feature = "http")]
        Command::Invoke(args) => operate::invoke(args),
        #[cfg(feature = "http")]
        Command::List(args) => operate::list(args),
        #[cfg(feature = "http")]
        Command::Stats(args) => operate::stats(args),
        #[cfg(feature = "http")]
        Command::Logs(args) => operate::logs(args),
        #[cfg(feature = "http")]
        Command::Rollback(args) => operate::rollback(args),
        #[cfg(feature = "http")]
        Command::Rm(args) => operate::remove(args),
        Command::Torture(args) => requirements::check().and_then(|()| torture::execute(args)),
        Command::Demo(args) => requirements::check().and_then(|()| demo::execute(args)),
        Command::Bench(args) => requirements::check().and_then(|()| bench::execute(args)),
        Command::Contender(args) => contender(args),
    }
}

fn contender(args: &ContenderArgs) -> Result<Status, Failure> {
    child::execute(args).or_status(Status::Failed, || "this contender of mote bench failed")?;
    Ok(Status::Done)
}

/// `error: …` with its causes below, on stderr. A reader that went away (a closed pipe) is told
/// nothing, as is usual.
fn report(failure: &Failure) {
    let is_closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    };
    if failure.error.chain().any(is_closed_pipe) {
        return;
    }
    // With stderr closed there is nobody left to tell; the status still says it.
    let _ = io::stderr().write_all(rendered(&failure.error).as_bytes());
}

fn rendered(error: &anyhow::Error) -> String {
    let mut text = format!("{} {error}\n", console::style("error:").for_stderr().red().bold());
    for cause in error.chain().skip(1) {
        let label = console::style("cause:").for_stderr().dim();
        text.push_str(&format!("  {label} {}\n", indented(&cause.to_string())));
    }
    text
}

/// A cause of several lines (a compiler's) stays below its label.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n         ")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn error_is_rendered_with_its_causes() {
        console::set_colors_enabled_stderr(false);
        let error = anyhow!("no such file\nreally").context("cannot read hello.image");
        let expected = "error: cannot read hello.image\n  cause: no such file\n         really\n";
        assert_eq!(rendered(&error), expected);
    }
}
