//! `mote access`: keys of tenants.

use super::args::{AccessArgs, AccessCommand, ListArgs};
use super::node::{ask, client};
use super::{say, show};
use crate::status::{Failure, Status};

/// Makes, lists or takes back keys of the node that runs here.
///
/// # Errors
/// No node answers, or there is no such tenant or key.
pub(crate) fn execute(args: &AccessArgs) -> Result<Status, Failure> {
    match &args.command {
        AccessCommand::Grant(args) => {
            let key = ask(client(&args.node)?.grant(&args.tenant))?;
            say(&format!("{}.{}\n", key.id, key.secret))
        }
        AccessCommand::List(args) => list(args),
        AccessCommand::Revoke(args) => {
            ask(client(&args.node)?.revoke(&args.id))?;
            Ok(Status::Done)
        }
    }
}

fn list(args: &ListArgs) -> Result<Status, Failure> {
    let keys = ask(client(&args.node)?.keys())?;
    show(args, &keys, ["ID", "TENANT"], |key| [key.id.clone(), key.tenant.clone()])
}
