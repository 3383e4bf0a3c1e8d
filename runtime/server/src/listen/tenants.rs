//! Tenants by their clients' certificates: each has certificates that vouch for its own.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

use super::error::TlsError;
use crate::functions::tenant::Tenant;

/// Tells which tenant a certificate is of. A client without one is served too: it may have a key.
#[derive(Debug)]
pub(super) struct TenantVerifier {
    tenants: Vec<(Tenant, Arc<dyn ClientCertVerifier>)>,
    subjects: Vec<DistinguishedName>,
    provider: Arc<CryptoProvider>,
}

impl TenantVerifier {
    /// For tenants whose certificates are vouched for by those in these files.
    pub(super) fn new(
        files: &[(Tenant, PathBuf)],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let mut verifier =
            Self { tenants: Vec::new(), subjects: Vec::new(), provider: Arc::clone(provider) };
        for (tenant, path) in files {
            let roots = Arc::new(roots(path)?);
            let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
            let its =
                builder.build().map_err(|source| TlsError::Roots { path: path.clone(), source })?;
            verifier.subjects.extend_from_slice(its.root_hint_subjects());
            verifier.tenants.push((tenant.clone(), its));
        }
        Ok(verifier)
    }

    /// The tenant that this chain of certificates is of; the client has proved that it has its key.
    pub(super) fn tenant_of(&self, chain: &[CertificateDer<'_>]) -> Option<Tenant> {
        let (end, intermediates) = chain.split_first()?;
        self.find(end, intermediates, UnixTime::now()).ok().map(|(tenant, _)| tenant.clone())
    }

    fn find(
        &self,
        end: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(&Tenant, ClientCertVerified), Error> {
        let mut refused = Error::NoCertificatesPresented;
        for (tenant, verifier) in &self.tenants {
            match verifier.verify_client_cert(end, intermediates, now) {
                Ok(verified) => return Ok((tenant, verified)),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

impl ClientCertVerifier for TenantVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.subjects
    }

    fn verify_client_cert(
        &self,
        end: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.find(end, intermediates, now).map(|(_, verified)| verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn roots(path: &PathBuf) -> Result<RootCertStore, TlsError> {
    let file = |source| TlsError::File { setting: "client_ca", path: path.clone(), source };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(file)? {
        roots.add(certificate.map_err(file)?)?;
    }
    Ok(roots)
}
