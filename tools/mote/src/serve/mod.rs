//! `mote serve`: builds what is a folder, starts a node with its functions, and answers clients until
//! it is told to end.

pub(crate) mod args;
mod builder;
mod log;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use mote_server::config::Config;
use mote_server::{Preloaded, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::service::policy;
use crate::service::source::{self, Source};
use crate::service::trust;
use crate::status::{Failure, OrStatus as _, Status};
use args::ServeArgs;
use builder::Builder;

/// Serves until SIGTERM or SIGINT, and then answers the requests that are under way. A second signal
/// ends it at once.
///
/// # Errors
/// The configuration or a service cannot be used, or the node does not start.
pub(crate) fn execute(args: &ServeArgs) -> Result<Status, Failure> {
    let config = config(args)?;
    let builder = builder(&config)?;
    let preloaded =
        args.services.iter().map(|path| preloaded(path)).collect::<Result<Vec<_>, _>>()?;
    log::start(args.log_json);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .or_status(Status::NodeFailed, || "cannot start the runtime")?;
    let served = runtime.block_on(serve(config, builder, preloaded));
    runtime.shutdown_background();
    served
}

fn config(args: &ServeArgs) -> Result<Config, Failure> {
    let mut config = match &args.config {
        Some(path) => Config::read(path).or_status(Status::Usage, || "cannot serve")?,
        None => Config::default(),
    };
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    if let Some(state) = &args.state {
        config.state = Some(state.clone());
    }
    Ok(config)
}

fn builder(config: &Config) -> Result<Builder, Failure> {
    let policy = match &config.policy {
        Some(file) => policy::read(Some(file))?,
        None => policy::of_environment()?,
    };
    let key = config.build_key.as_deref().map(trust::own).transpose()?;
    Ok(Builder { policy, key })
}

fn preloaded(path: &Path) -> Result<Preloaded, Failure> {
    let Source { name, bytes } = source::load(path)?;
    Ok(Preloaded { name, image: bytes })
}

async fn serve(
    config: Config,
    builder: Builder,
    preloaded: Vec<Preloaded>,
) -> Result<Status, Failure> {
    let (mut first, mut second) = (Signals::catch()?, Signals::catch()?);
    let server = Server::start(config, Arc::new(builder), preloaded);
    let server = server.await.or_status(Status::NodeFailed, || "cannot serve")?;
    announce(&server)?;
    tokio::select! {
        () = server.run(first.next()) => {}
        () = second.after_next() => {}
    }
    Ok(Status::Done)
}

/// Says where it listens, and how to ask its first function something.
fn announce(server: &Server) -> anyhow::Result<()> {
    let address = server.address().context("the system does not say where it listens")?;
    let url = format!("{}://{address}", server.scheme());
    let mut text = format!("listening on {url}\n");
    if let Some(name) = server.functions().first() {
        text.push_str(&format!("try: curl -d world {url}/invoke/{name}\n"));
    }
    // Nobody may be reading; clients are served all the same.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// The signals that end a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> anyhow::Result<Self> {
        let catch = |kind| signal(kind).context("cannot catch signals");
        Ok(Self {
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// The one after the next.
    async fn after_next(&mut self) {
        self.next().await;
        self.next().await;
    }
}
