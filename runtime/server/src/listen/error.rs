//! Why there is no TLS.

use std::path::PathBuf;

use rustls::pki_types::pem;
use rustls::server::VerifierBuilderError;
use thiserror::Error;

/// Why there is no TLS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or is not PEM of what it should have.
    #[error("`{setting}` cannot be used: {}: {source}", path.display())]
    File {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// Nobody can be vouched for by the certificates of a file.
    #[error("`client_ca` cannot be used: {}: {source}", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// Why.
        source: VerifierBuilderError,
    },
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("`tls.certificate` and `tls.key` cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}
