//! The arguments of `mote events`.

use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::operate::args::NodeArgs;

/// `mote events`.
#[derive(Clone, Debug, Args)]
pub(crate) struct EventsArgs {
    #[command(subcommand)]
    pub(super) command: EventsCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// List events that wait, run or are parked, the oldest first.
    List(ListArgs),
    /// Show one event with its body.
    Show(ShowArgs),
    /// Let events run at once, as if they had never failed.
    Retry(ChangeArgs),
    /// Forget events.
    Drop(ChangeArgs),
}

/// `mote events list`.
#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    /// Only those of this function.
    #[arg(long, value_name = "NAME")]
    pub(super) function: Option<String>,
    /// Only those that are parked.
    #[arg(long)]
    pub(super) parked: bool,
    /// List so many at most.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(super) limit: usize,
    /// Print one JSON array instead of a table.
    #[arg(long)]
    pub(super) json: bool,
    /// Which node.
    #[command(flatten)]
    pub(super) node: NodeArgs,
}

/// `mote events show`.
#[derive(Clone, Debug, Args)]
pub(super) struct ShowArgs {
    /// The event.
    #[arg(value_name = "ID")]
    pub(super) id: Uuid,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    /// Which node.
    #[command(flatten)]
    pub(super) node: NodeArgs,
}

/// `mote events retry` and `mote events drop`.
#[derive(Clone, Debug, Args)]
pub(super) struct ChangeArgs {
    /// The events.
    #[arg(value_name = "ID", required_unless_present = "parked", conflicts_with = "parked")]
    pub(super) ids: Vec<Uuid>,
    /// All that are parked.
    #[arg(long)]
    pub(super) parked: bool,
    /// Of those, only the ones of this function.
    #[arg(long, value_name = "NAME", requires = "parked")]
    pub(super) function: Option<String>,
    /// Print their identifiers as one JSON array.
    #[arg(long)]
    pub(super) json: bool,
    /// Which node.
    #[command(flatten)]
    pub(super) node: NodeArgs,
}
