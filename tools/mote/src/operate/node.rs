//! Reaching the node that runs here.

use std::future::Future;

use anyhow::{Context as _, anyhow};
use mote_server::admin::client::{AdminClient, AdminError};
use mote_server::admin::socket_path;
use mote_server::config::default_state_folder;
use tokio::runtime::Runtime;

use super::args::NodeArgs;
use crate::status::{Failure, OrStatus as _, Status};

pub(super) fn client(args: &NodeArgs) -> Result<AdminClient, Failure> {
    let folder = args.state.clone().or_else(default_state_folder);
    let folder = folder
        .ok_or_else(|| anyhow!("neither XDG_STATE_HOME nor HOME says where it is"))
        .or_status(Status::Usage, || "no --state, and no default for it")?;
    Ok(AdminClient::new(&socket_path(&folder)))
}

pub(super) fn ask<T>(answer: impl Future<Output = Result<T, AdminError>>) -> Result<T, Failure> {
    runtime()?.block_on(answer).or_status(Status::NodeFailed, || "the node did not do it")
}

pub(super) fn runtime() -> anyhow::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().context("cannot start the runtime")
}
