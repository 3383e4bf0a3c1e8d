//! The section `[tls]`.

use std::path::PathBuf;

use serde::Deserialize;

/// Files for TLS. They are read at the start.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    /// The certificate with those that vouch for it, in PEM.
    pub certificate: PathBuf,
    /// The certificate's private key, in PEM.
    pub key: PathBuf,
}
