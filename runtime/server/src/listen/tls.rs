//! TLS of clients' connections.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

use crate::config::tls::TlsSection;

/// What clients may choose, the best first. Source: RFC 7301, 6.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];

/// The name of HTTP/2.
pub(super) const HTTP2: &[u8] = b"h2";

/// Why there is no TLS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or is not PEM of what it should have.
    #[error("`tls.{setting}` cannot be used: {}: {source}", path.display())]
    File {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("`tls.certificate` and `tls.key` cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// Reads the files.
pub(crate) fn config(section: &TlsSection) -> Result<Arc<ServerConfig>, TlsError> {
    let file = |setting, path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::File { setting, path, source }
    };
    let certificates = CertificateDer::pem_file_iter(&section.certificate)
        .and_then(Iterator::collect)
        .map_err(file("certificate", &section.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&section.key).map_err(file("key", &section.key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}
