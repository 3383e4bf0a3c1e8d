//! The commands, with the help that a newcomer reads first.

use std::sync::LazyLock;

use clap::{Parser, Subcommand};
use mote_abi::image::ABI_VERSION;
use mote_bench::contenders::child::ContenderArgs;

use crate::bench::BenchArgs;
use crate::build::BuildArgs;
use crate::demo::DemoArgs;
use crate::doctor::DoctorArgs;
use crate::inspect::InspectArgs;
use crate::keys::KeysArgs;
use crate::manual::{CompletionsArgs, ManArgs};
use crate::new::NewArgs;
#[cfg(feature = "http")]
use crate::operate::args::{
    AccessArgs, DeployArgs, FunctionArgs, InvokeArgs, ListArgs, LogsArgs, RollbackArgs, TopArgs,
};
#[cfg(feature = "http")]
use crate::operate::events::args::EventsArgs;
use crate::policy::PolicyArgs;
use crate::run::args::RunArgs;
#[cfg(feature = "http")]
use crate::serve::args::ServeArgs;
use crate::torture::args::TortureArgs;

/// Version of the command, and what images must be built with.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    format!("{version} (images: {}, ABI {ABI_VERSION})", mote_dispatcher::TOOLCHAIN)
});

/// Runs functions as a service, in microseconds, and stops them on time.
///
/// A service is a Rust library without std and without unsafe code that has one function, `handle`.
/// `mote build` compiles it to an image, `mote run` runs it in a worker process of its own, within a
/// budget of time and memory. `mote demo` shows all of it with services that are on board.
#[derive(Clone, Debug, Parser)]
#[command(name = "mote", version = VERSION.as_str(), disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What `mote` can do.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a service to begin with.
    New(NewArgs),
    /// Compile a service to an image.
    Build(BuildArgs),
    /// Print or check the policy: which crates and folders a build vets.
    Policy(PolicyArgs),
    /// Make or list the keys that sign images.
    Keys(KeysArgs),
    /// Show what an image holds, and whether the loader takes it.
    Inspect(InspectArgs),
    /// Run a service and print its response.
    Run(RunArgs),
    /// Serve functions to HTTP clients.
    #[cfg(feature = "http")]
    Serve(ServeArgs),
    /// Deploy a service to the node that runs here, as a new version.
    #[cfg(feature = "http")]
    Deploy(DeployArgs),
    /// Run a deployed function and print its response.
    #[cfg(feature = "http")]
    Invoke(InvokeArgs),
    /// List the deployed functions.
    #[cfg(feature = "http")]
    List(ListArgs),
    /// Say how the invocations of each function ended.
    #[cfg(feature = "http")]
    Stats(ListArgs),
    /// Look after events: requests that are kept until they have run.
    #[cfg(feature = "http")]
    Events(EventsArgs),
    /// Watch how many invocations of each function end, and how, until Ctrl-C.
    #[cfg(feature = "http")]
    Top(TopArgs),
    /// Show what functions log.
    #[cfg(feature = "http")]
    Logs(LogsArgs),
    /// Go back to an earlier version of a function.
    #[cfg(feature = "http")]
    Rollback(RollbackArgs),
    /// Remove a function with all its versions.
    #[cfg(feature = "http")]
    Rm(FunctionArgs),
    /// Refuse a function's requests from now on, whichever version.
    #[cfg(feature = "http")]
    Ban(FunctionArgs),
    /// Lift the ban of a function, and forgive what it did.
    #[cfg(feature = "http")]
    Unban(FunctionArgs),
    /// Make, list or take back the keys by which tenants are known.
    #[cfg(feature = "http")]
    Access(AccessArgs),
    /// Say what of this machine is there for Mote, and what to change.
    Doctor(DoctorArgs),
    /// Preempt an invocation at every instruction, and see what the cleanup did.
    Torture(TortureArgs),
    /// Run the services on board, kill the runaways among them, and print one table of it.
    Demo(DemoArgs),
    /// Measure Mote beside processes, shared libraries and wasmtime, as the paper's evaluation does.
    Bench(BenchArgs),
    /// Print the script by which a shell completes mote's arguments.
    Completions(CompletionsArgs),
    /// Print the manual page, or write the pages of all commands.
    Man(ManArgs),
    /// What `mote bench` starts; not for people.
    #[command(name = "__contender", hide = true)]
    Contender(ContenderArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn version_names_the_toolchain() {
        assert!(VERSION.contains("rustc 1."), "{}", VERSION.as_str());
    }
}
