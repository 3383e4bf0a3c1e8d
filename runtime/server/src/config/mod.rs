//! `mote.toml`: where a node listens, what it keeps, and what bounds it.
//!
//! Every setting has a default, so an empty file is a complete configuration. A name that is not known
//! is an error, not a setting that does nothing.

mod error;
pub mod events;
pub mod limits;
pub mod node;
mod range;
pub mod settings;
pub mod tenant;
pub mod tls;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use error::ConfigError;
use events::EventsSection;
use limits::Limits;
use node::NodeSection;
use settings::Settings;
use tenant::TenantSection;
use tls::TlsSection;

/// The port of [`Config::default`].
const PORT: u16 = 9000;

/// A node's configuration. Take the default and change what matters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where clients connect to.
    pub listen: SocketAddr,
    /// The folder of functions, their images and the admin socket; `None`: see [`Config::state_folder`].
    pub state: Option<PathBuf>,
    /// Files for TLS; without them, clients speak in the clear.
    pub tls: Option<TlsSection>,
    /// Whether Lambda's clients may create, change and delete functions; by default where only this
    /// machine's programs can connect.
    pub manage: Option<bool>,
    /// Users that may use the admin socket, by number, beside root and the one that the node runs as.
    pub admin_uids: Vec<u32>,
    /// The policy by which sources are built that clients submit; `None`: the builder's own.
    pub policy: Option<PathBuf>,
    /// The name of the key that signs what is built from them; `None`: nothing does.
    pub build_key: Option<String>,
    /// Where operators' programs read metrics of all tenants; without it, `/metrics` is read where clients
    /// connect.
    pub metrics_listen: Option<SocketAddr>,
    /// Whether there is a page at `/`.
    pub page: bool,
    /// The file that gets a line of CSV for each invocation; `None`: there is none.
    pub accounting: Option<PathBuf>,
    /// Whose functions there are; with none, there is one tenant, and whoever connects is it.
    #[serde(rename = "tenant")]
    pub tenants: Vec<TenantSection>,
    /// Workers and their queue.
    pub node: NodeSection,
    /// What bounds clients.
    pub limits: Limits,
    /// Requests that are kept until they have run.
    pub events: EventsSection,
    /// What a function gets that does not say otherwise.
    pub defaults: Settings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            state: None,
            tls: None,
            manage: None,
            admin_uids: Vec::new(),
            policy: None,
            build_key: None,
            metrics_listen: None,
            page: true,
            accounting: None,
            tenants: Vec::new(),
            node: NodeSection::default(),
            limits: Limits::default(),
            events: EventsSection::default(),
            defaults: Settings::default(),
        }
    }
}

impl Config {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, has a name that is not known, or a number out of its range.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        config.check()?;
        Ok(config)
    }

    /// Refuses numbers that cannot work. A node's own are checked when it starts.
    ///
    /// # Errors
    /// [`ConfigError::Range`].
    pub fn check(&self) -> Result<(), ConfigError> {
        self.limits.check()?;
        self.events.check()?;
        tenant::check(&self.tenants, self.tls.is_some())?;
        self.defaults.check()
    }

    /// Whether Lambda's clients may manage functions.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.manage.unwrap_or(self.listen.ip().is_loopback())
    }

    /// Where functions are kept: `state`, or else `$STATE_DIRECTORY` (which systemd sets),
    /// `$XDG_STATE_HOME/mote` or `~/.local/state/mote`.
    ///
    /// # Errors
    /// [`ConfigError::NoState`].
    pub fn state_folder(&self) -> Result<PathBuf, ConfigError> {
        self.state.clone().or_else(default_state_folder).ok_or(ConfigError::NoState)
    }
}

/// [`Config::state_folder`] when no configuration says otherwise.
#[must_use]
pub fn default_state_folder() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("STATE_DIRECTORY")
        .or_else(|| folder("XDG_STATE_HOME").map(|home| home.join("mote")))
        .or_else(|| folder("HOME").map(|home| home.join(".local/state/mote")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Config::read(file.path())
    }

    #[test]
    fn empty_file_is_the_default() {
        assert_eq!(read("").unwrap(), Config::default());
        assert_eq!(Config::default().listen.to_string(), "127.0.0.1:9000");
    }

    #[test]
    fn example_has_every_setting_with_its_default() {
        let text = include_str!("../../mote.toml");
        assert_eq!(read(text).unwrap(), Config::default());
        for name in [
            "streams",
            "queue_limit",
            "memory_kib",
            "slice_us",
            "ban_after",
            "state",
            "policy",
            "build_key",
            "trusted_keys",
            "manage",
            "backoff_ms",
            "certificate",
            "key",
            "metrics_listen",
            "accounting",
            "weight",
            "max_queued",
            "max_running",
            "max_functions",
            "client_ca",
        ] {
            assert!(text.contains(&format!("{name} = ")), "{name}");
        }
    }

    #[test]
    fn sections_set_what_they_name_and_nothing_else() {
        let text = "listen = '[::1]:80'\n[node]\nworkers = 3\n[defaults]\nmode = 'discard'\n";
        let config = read(text).unwrap();
        assert_eq!(config.listen.port(), 80);
        assert_eq!(config.node.workers, 3);
        assert_eq!(config.defaults.mode.name(), "discard");
        assert_eq!(config.limits, Limits::default());
    }

    #[test]
    fn unknown_name_is_told_with_its_line() {
        let message = read("[limits]\nconections = 5\n").unwrap_err().to_string();
        assert!(message.contains("conections") && message.contains("line 2"), "{message}");
    }

    #[test]
    fn trusted_keys_are_public_keys() {
        let key = format!("ed25519:{}", "0a".repeat(32));
        let config = read(&format!("[node]\ntrusted_keys = ['{key}']\n")).unwrap();
        assert_eq!(config.node.config(&[]).trusted_keys[0].to_string(), key);
        let message = read("[node]\ntrusted_keys = ['release']\n").unwrap_err().to_string();
        assert!(message.contains("`release`: a public key is `ed25519:`"), "{message}");
    }

    #[test]
    fn unknown_mode_is_told_with_those_there_are() {
        let message = read("[defaults]\nmode = 'gentle'\n").unwrap_err().to_string();
        assert!(message.contains("gentle") && message.contains("guarded"), "{message}");
    }

    #[test]
    fn number_out_of_its_range_is_told_with_the_range() {
        let message = read("[limits]\nconnections = 0\n").unwrap_err().to_string();
        assert_eq!(message, "`limits.connections` is 0; it must be from 1 to 1000000");
    }
}
