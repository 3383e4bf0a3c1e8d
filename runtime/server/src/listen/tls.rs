//! TLS of clients' connections.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::error::TlsError;
use super::tenants::TenantVerifier;
use crate::config::tls::TlsSection;
use crate::functions::tenant::Tenant;

/// What clients may choose, the best first. Source: RFC 7301, 6.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];

/// The name of HTTP/2.
pub(super) const HTTP2: &[u8] = b"h2";

/// What connections are made secure with.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    tenants: Option<Arc<TenantVerifier>>,
}

impl Tls {
    /// Reads the files: the node's own, and for each of these tenants what vouches for its clients.
    pub(crate) fn read(
        section: &TlsSection,
        tenants: &[(Tenant, PathBuf)],
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let tenants = match tenants {
            [] => None,
            some => Some(Arc::new(TenantVerifier::new(some, &provider)?)),
        };
        let config = config(section, provider, tenants.clone())?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), tenants })
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// The tenant whose certificate the client has shown, if it has shown one.
    pub(super) fn tenant_of(&self, chain: Option<&[CertificateDer<'_>]>) -> Option<Tenant> {
        self.tenants.as_ref()?.tenant_of(chain?)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("tenants", &self.tenants).finish_non_exhaustive()
    }
}

fn config(
    section: &TlsSection,
    provider: Arc<CryptoProvider>,
    tenants: Option<Arc<TenantVerifier>>,
) -> Result<ServerConfig, TlsError> {
    let file = |setting, path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::File { setting, path, source }
    };
    let certificates = CertificateDer::pem_file_iter(&section.certificate)
        .and_then(Iterator::collect)
        .map_err(file("tls.certificate", &section.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&section.key).map_err(file("tls.key", &section.key))?;
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match tenants {
        Some(tenants) => builder.with_client_cert_verifier(tenants),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(certificates, key)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}
