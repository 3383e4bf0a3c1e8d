//! The command line: from arguments to a command, and from its end to an exit status.
//!
//! Each command owns its arguments and does its work; here is only which one it is.

mod command;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use mote_bench::contenders::child::{self, ContenderArgs};

use crate::service::requirements;
use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::output;
use crate::{bench, build, demo, doctor, inspect, keys, manual, new, policy, run, torture};
#[cfg(feature = "http")]
use crate::{operate, serve};
use command::{Cli, Command};

/// Runs the command that the process's arguments name.
#[must_use]
pub(crate) fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => execute(&cli.command),
        Err(refusal) => tell(&refusal),
    };
    match done {
        Ok(status) => status.into(),
        Err(failure) => {
            report(&failure);
            failure.status.into()
        }
    }
}

/// What clap has to say: help and the version on stdout, or what is wrong with the arguments on stderr.
fn tell(refusal: &clap::Error) -> Result<Status, Failure> {
    if refusal.use_stderr() {
        // With stderr closed there is nobody left to tell; the status still says it.
        let _ = refusal.print();
        return Ok(Status::Usage);
    }
    let text = refusal.render();
    let is_styled = io::stdout().is_terminal() && console::colors_enabled();
    output::print(&if is_styled { text.ansi().to_string() } else { text.to_string() })?;
    Ok(Status::Done)
}

fn execute(command: &Command) -> Result<Status, Failure> {
    match command {
        Command::New(args) => new::execute(args),
        Command::Build(args) => build::execute(args),
        Command::Policy(args) => policy::execute(args),
        Command::Keys(args) => keys::execute(args),
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
        Command::Events(args) => operate::events::execute(args),
        #[cfg(feature = "http")]
        Command::Top(args) => operate::top::execute(args),
        #[cfg(feature = "http")]
        Command::Logs(args) => operate::logs(args),
        #[cfg(feature = "http")]
        Command::Rollback(args) => operate::rollback(args),
        #[cfg(feature = "http")]
        Command::Rm(args) => operate::remove(args),
        #[cfg(feature = "http")]
        Command::Ban(args) => operate::set_banned(args, true),
        #[cfg(feature = "http")]
        Command::Unban(args) => operate::set_banned(args, false),
        #[cfg(feature = "http")]
        Command::Access(args) => operate::access::execute(args),
        Command::Doctor(args) => doctor::execute(args),
        Command::Torture(args) => requirements::check().and_then(|()| torture::execute(args)),
        Command::Demo(args) => requirements::check().and_then(|()| demo::execute(args)),
        Command::Bench(args) => requirements::check().and_then(|()| bench::execute(args)),
        Command::Completions(args) => manual::complete(args, Cli::command()),
        Command::Man(args) => manual::man(args, Cli::command()),
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
    let mut before = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Many messages hold that of their cause already.
        if !before.contains(&cause) {
            let label = console::style("cause:").for_stderr().dim();
            text.push_str(&format!("  {label} {}\n", indented(&cause)));
        }
        before = cause;
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

    #[test]
    fn cause_is_told_once_when_the_message_holds_it() {
        console::set_colors_enabled_stderr(false);
        let error = anyhow!("errno 2").context("cannot open x: errno 2").context("no image");
        assert_eq!(rendered(&error), "error: no image\n  cause: cannot open x: errno 2\n");
    }
}
