//! Starting and ending a server.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use mote_dispatcher::NodeError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use thiserror::Error;
use tokio::net::{TcpListener, UnixListener};

use crate::access::Access;
use crate::accounting::Accounts;
use crate::admin::{self, SocketError};
use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::delivery;
use crate::door::Door;
use crate::events::{Events, StorageError};
use crate::functions::name::FunctionId;
use crate::functions::store::{Store, StoreError};
use crate::functions::tenant::Tenants;
use crate::listen;
use crate::listen::error::TlsError;
use crate::listen::tls::Tls;
use crate::package::{ImageBuilder, Packager};
use crate::registry::Registry;
use crate::registry::deploy::{Deployer, Release};
use crate::registry::error::ChangeError;

/// A node that listens.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    doors: Vec<listen::Door>,
    tls: Option<Tls>,
    metrics: Option<TcpListener>,
    admin: UnixListener,
}

/// A function that is to be there from the start.
#[derive(Clone, Debug)]
pub struct Preloaded {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: Vec<u8>,
}

/// Why a server does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The node does not start.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Functions cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Events cannot be read.
    #[error(transparent)]
    Events(#[from] StorageError),
    /// A function cannot be deployed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The files for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The admin socket cannot be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// What invocations use cannot be written.
    #[error("cannot write `accounting` {}: {source}", path.display())]
    Accounting {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The address is taken, or is not this machine's.
    #[error("cannot listen on {address}: {source}; set `listen` in the configuration")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl Server {
    /// Starts the node, and gives it the functions of its state folder and `preloaded` ones.
    /// `builder` makes images of what clients submit as source. Clients may connect when this returns, and are answered in [`Server::run`].
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(
        config: Config,
        builder: Arc<dyn ImageBuilder>,
        preloaded: Vec<Preloaded>,
    ) -> Result<Self, ServeError> {
        config.check()?;
        allow_descriptors(config.limits.connections);
        let tenants = Tenants::new(&config.tenants);
        let tls = tls(&config, &tenants)?;
        let folder = config.state_folder()?;
        let store = Arc::new(Store::open(&folder)?);
        let events = Events::open(&folder, &config.events)?;
        let admin = admin::bind(&folder, !config.admin_uids.is_empty())?;
        let doors = doors(&config, &tenants).await?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let accounts = accounts(&config)?;
        let node = config.node.config(&tenants.shares());
        let door = Arc::new(Door::start(node, config.node.queue_timeout_ms, accounts)?);
        let registry = Arc::new(Registry::default());
        let deployer = Deployer::new(Arc::clone(&registry), Arc::clone(&door), Arc::clone(&store));
        deployer.restore(&tenants).await?;
        for Preloaded { name, image } in preloaded {
            let id = FunctionId { tenant: tenants.default_one().clone(), name };
            deployer.ensure(Release { id, image, settings: config.defaults }).await?;
        }
        let access = Access::open(tenants, store.keys())?;
        let packager = Packager::new(builder);
        let app = Arc::new(App::new(config, access, door, registry, deployer, packager, events));
        Ok(Self { app, doors, tls, metrics, admin })
    }

    /// Where it listens; the port is the one that the system chose if the configuration says 0.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.doors[0].listener.local_addr()
    }

    /// What its clients' URLs begin with.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The names of the functions that whoever connects may invoke.
    #[must_use]
    pub fn functions(&self) -> Vec<String> {
        if self.app.access.is_asked() {
            return Vec::new();
        }
        self.app.registry.all().iter().map(|deployed| deployed.id.to_string()).collect()
    }

    /// Answers clients until `end`, and then those whose requests are under way.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let app = self.app;
        let stop = async {
            end.await;
            app.close();
        };
        let clients = listen::serve(Arc::clone(&app), self.doors, self.tls, app.closing());
        let scrapers = listen::serve_metrics(Arc::clone(&app), self.metrics, app.closing());
        let operators = admin::serve(Arc::clone(&app), self.admin, app.closing());
        let events = delivery::run(Arc::clone(&app), app.closing());
        tokio::join!(stop, clients, scrapers, operators, events);
    }
}

/// Lets this process have a descriptor for each connection, as far as it may.
fn allow_descriptors(connections: u32) {
    let limit = getrlimit(Resource::Nofile);
    let allowed = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let most = if allowed.is_ok() { limit.maximum } else { limit.current };
    if let Some(most) = most
        && most < u64::from(connections)
    {
        tracing::warn!(connections, most, "fewer descriptors are allowed than connections");
    }
}

/// The file of what invocations use, where there is one.
fn accounts(config: &Config) -> Result<Option<Accounts>, ServeError> {
    let Some(path) = &config.accounting else { return Ok(None) };
    let accounts = Accounts::open(path);
    accounts.map(Some).map_err(|source| ServeError::Accounting { path: path.clone(), source })
}

/// TLS, where there are files for it.
fn tls(config: &Config, tenants: &Tenants) -> Result<Option<Tls>, TlsError> {
    let Some(section) = &config.tls else { return Ok(None) };
    let vouched = config
        .tenants
        .iter()
        .filter_map(|tenant| Some((tenants.get(&tenant.name)?.clone(), tenant.client_ca.clone()?)));
    Tls::read(section, &vouched.collect::<Vec<_>>()).map(Some)
}

/// The sockets of clients: the node's first, then those of single tenants.
async fn doors(config: &Config, tenants: &Tenants) -> Result<Vec<listen::Door>, ServeError> {
    let mut doors = vec![listen::Door { listener: listen(config.listen).await?, peer: None }];
    for section in &config.tenants {
        if let Some(address) = section.listen {
            let peer = tenants.get(&section.name).cloned();
            doors.push(listen::Door { listener: listen(address).await?, peer });
        }
    }
    Ok(doors)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}
