//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why there is no configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not a configuration.
    #[error("{} is not a configuration: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What, and in which line.
        source: Box<toml::de::Error>,
    },
    /// A number is outside its limits.
    #[error("`{field}` is {found}; it must be from {least} to {most}")]
    Range {
        /// The setting, with its section.
        field: &'static str,
        /// Its value.
        found: u64,
        /// The least value allowed.
        least: u64,
        /// The greatest value allowed.
        most: u64,
    },
    /// A tenant may not be called so.
    #[error("`{found}` is not the name of a tenant: letters, digits, `-` and `_`, 1 to 64 of them")]
    TenantName {
        /// What was there.
        found: String,
    },
    /// Two tenants have one name.
    #[error("there are two tenants `{name}`")]
    TenantTwice {
        /// The name.
        name: String,
    },
    /// Clients have certificates only where there is TLS.
    #[error("tenant `{name}` has `client_ca`, and there is no section [tls]")]
    TenantWithoutTls {
        /// The tenant.
        name: String,
    },
    /// Nothing says where the state belongs.
    #[error("there is no place for a state folder: set `state`, or XDG_STATE_HOME or HOME")]
    NoState,
}
