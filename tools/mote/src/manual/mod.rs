//! `mote completions` and `mote man`: what shells and man(1) want to know, made from the command line itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::output;

/// `mote completions`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that is to complete.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// `mote man`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder, instead of mote(1) to stdout.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

/// Prints the script by which a shell completes `command`.
///
/// # Errors
/// Stdout cannot be written.
pub(crate) fn complete(
    args: &CompletionsArgs,
    mut command: clap::Command,
) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "mote", &mut script);
    output::write_all(&script)?;
    Ok(Status::Done)
}

/// Prints the manual page of `command`, or writes those of all its commands.
///
/// # Errors
/// Stdout or the folder cannot be written.
pub(crate) fn man(args: &ManArgs, command: clap::Command) -> Result<Status, Failure> {
    let Some(folder) = &args.directory else {
        output::write_all(&page(command).or_status(Status::Failed, || "no page was made")?)?;
        return Ok(Status::Done);
    };
    write_pages(folder, command).or_status(Status::Failed, || {
        format!("the manual pages cannot be written into {}", folder.display())
    })?;
    Ok(Status::Done)
}

/// mote.1, and mote-NAME.1 for each command that people call.
fn write_pages(folder: &Path, command: clap::Command) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    fn command() -> Command {
        let hidden = Command::new("inner").hide(true);
        Command::new("mote").subcommands([Command::new("run").about("Runs"), hidden])
    }

    #[test]
    fn pages_are_those_of_commands_for_people() {
        let folder = tempfile::tempdir().unwrap();
        write_pages(&folder.path().join("man1"), command()).unwrap();
        let names = fs::read_dir(folder.path().join("man1")).unwrap();
        let mut names: Vec<_> = names.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["mote-run.1", "mote.1"]);
    }
}
