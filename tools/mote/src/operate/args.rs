//! The arguments of the commands that speak to a running node.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::service::input::InputArgs;

/// Which node.
#[derive(Clone, Debug, Args)]
pub(crate) struct NodeArgs {
    /// The state folder of the node, as `mote serve` has it [default: ~/.local/state/mote].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state: Option<PathBuf>,
}

/// `mote deploy`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DeployArgs {
    /// A service's folder, which is built first, or an image.
    #[arg(value_name = "DIR|IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) service: PathBuf,
    /// What to call the function, as TENANT/NAME if it is another tenant's than the default one's [default:
    /// the package's name, or the file's].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A setting that is to change, such as `budget_us=500` or `mode=discard`; the others stay as they
    /// were. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<String>,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote invoke`.
#[derive(Clone, Debug, Args)]
pub(crate) struct InvokeArgs {
    /// The function, with or without a qualifier: NAME, NAME:VERSION.
    #[arg(value_name = "NAME")]
    pub(crate) function: String,
    /// Do not wait for the response: have the request kept as an event, which runs at least once.
    #[arg(long)]
    pub(crate) event: bool,
    /// What it gets.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote list` and `mote stats`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    /// Print one JSON array instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote top`.
#[derive(Clone, Debug, Args)]
pub(crate) struct TopArgs {
    /// Seconds from one look to the next.
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) interval: u32,
    /// End after so many intervals [default: go on].
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Print a JSON array for each interval, one a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote logs`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LogsArgs {
    /// The function [default: all].
    #[arg(value_name = "NAME")]
    pub(crate) function: Option<String>,
    /// Go on with what is logged from now on.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Print objects, one a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote rollback`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The function.
    #[arg(value_name = "NAME")]
    pub(crate) function: String,
    /// The version to go back to [default: the one before].
    #[arg(long, value_name = "N")]
    pub(crate) to: Option<u32>,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote rm`, `mote ban` and `mote unban`.
#[derive(Clone, Debug, Args)]
pub(crate) struct FunctionArgs {
    /// The function.
    #[arg(value_name = "NAME")]
    pub(crate) function: String,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote access`.
#[derive(Clone, Debug, Args)]
pub(crate) struct AccessArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AccessCommand,
}

/// What `mote access` can do.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Make a key of a tenant. Its secret is shown this once.
    Grant(TenantArgs),
    /// List the keys, without their secrets.
    List(ListArgs),
    /// Take a key back: it opens nothing from now on.
    Revoke(KeyArgs),
}

/// `mote access grant`.
#[derive(Clone, Debug, Args)]
pub(crate) struct TenantArgs {
    /// The tenant, as the configuration names it; `default` is always there.
    #[arg(value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// `mote access revoke`.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeyArgs {
    /// The key's identifier.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Which node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Takes `name=value` of characters that a query has as they are.
fn setting(text: &str) -> Result<String, String> {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match text.split_once('=') {
        Some((name, value)) if is_word(name) && is_word(value) => Ok(text.to_owned()),
        _ => Err("it must be NAME=VALUE, such as budget_us=500".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_is_a_name_and_a_value() {
        assert_eq!(setting("budget_us=500").as_deref(), Ok("budget_us=500"));
        for bad in ["", "budget_us", "=1", "a=", "a=b&c=d", "a=b c"] {
            assert!(setting(bad).is_err(), "{bad}");
        }
    }
}
