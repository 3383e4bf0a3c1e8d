//! The arguments of `mote keys`.

use clap::{Args, Subcommand};

/// `mote keys`.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// What to do with keys.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, for `mote build --key NAME`, and print its public half.
    New {
        /// Its name.
        name: String,
    },
    /// List your keys: name and public half, which nodes are told to trust.
    List {
        /// Print a JSON list of name and key.
        #[arg(long)]
        json: bool,
    },
}
