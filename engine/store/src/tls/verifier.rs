//! Verifiers of certificates that know the configured authorities byte for byte.
//!
//! Who holds the key of an authority can certify anybody; so nothing is given away by taking the
//! authority's own certificate for itself. It is held to what Go holds it to: its time, what it may
//! be used for, of a server its name, and the signature of the handshake. What is none of the
//! configured ones is webpki's.

use referee_core::Timestamp;
use referee_verify::primitive::x509::Certificate;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use std::sync::Arc;
use std::time::Duration;

/// `id-kp-serverAuth`, `id-kp-clientAuth` (RFC 5280, section 4.2.1.12) and `anyExtendedKeyUsage`.
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
const ANY: &str = "2.5.29.37.0";

/// Certificates that are authorities.
#[derive(Debug)]
struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// The certificate that is shown, where it is one of these. `None` as well where it cannot be
    /// read as one of version 3; what is wrong with it webpki says.
    fn itself(&self, shown: &CertificateDer<'_>) -> Option<Certificate> {
        let known = self.0.iter().any(|authority| authority.as_ref() == shown.as_ref());
        known.then(|| Certificate::from_der(shown).ok()).flatten()
    }
}

/// Holds a certificate that is an authority by itself to its time and to what it may be used for.
fn check(certificate: &Certificate, now: UnixTime, purpose: &str) -> Result<(), CertificateError> {
    let at = i64::try_from(now.as_secs()).ok().and_then(Timestamp::from_unix_seconds);
    let at = at.ok_or(CertificateError::Expired)?;
    let unix = |time: Timestamp| {
        UnixTime::since_unix_epoch(time.saturating_since(Timestamp::UNIX_EPOCH).max(Duration::ZERO))
    };
    if at < certificate.not_before() {
        let not_before = unix(certificate.not_before());
        return Err(CertificateError::NotValidYetContext { time: now, not_before });
    }
    if at > certificate.not_after() {
        let not_after = unix(certificate.not_after());
        return Err(CertificateError::ExpiredContext { time: now, not_after });
    }
    let fits = certificate.purposes().is_none_or(|purposes| {
        purposes.iter().any(|found| {
            let found = found.to_string();
            found == purpose || found == ANY
        })
    });
    if fits { Ok(()) } else { Err(CertificateError::InvalidPurpose) }
}

#[derive(Debug)]
struct Servers {
    authorities: Authorities,
    webpki: Arc<dyn ServerCertVerifier>,
}

/// What takes the certificates of servers: of these authorities only, or of the machine's as well.
///
/// # Errors
/// Where a certificate is none of an authority, or there is no authority at all.
pub(super) fn server_verifier(
    authorities: Vec<CertificateDer<'static>>,
    only_these: bool,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Box<dyn std::error::Error + Send + Sync>> {
    let webpki: Arc<dyn ServerCertVerifier> = if only_these {
        let roots = Arc::new(roots(&authorities)?);
        WebPkiServerVerifier::builder_with_provider(roots, provider).build()?
    } else if authorities.is_empty() {
        Arc::new(rustls_platform_verifier::Verifier::new(provider)?)
    } else {
        let extra = authorities.iter().cloned();
        Arc::new(rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider)?)
    };
    Ok(Arc::new(Servers { authorities: Authorities(authorities), webpki }))
}

fn roots(authorities: &[CertificateDer<'static>]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone())?;
    }
    Ok(roots)
}

impl ServerCertVerifier for Servers {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(certificate) = self.authorities.itself(end_entity) else {
            let webpki = &self.webpki;
            return webpki.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
        };
        // Critical extensions that nobody knows are refused where it is parsed.
        let parsed = ParsedCertificate::try_from(end_entity)?;
        check(&certificate, now, SERVER)?;
        rustls::client::verify_server_name(&parsed, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

#[derive(Debug)]
struct Clients {
    authorities: Authorities,
    webpki: Arc<dyn ClientCertVerifier>,
}

/// What takes the certificates of clients, of these authorities, and lets nobody in without one.
///
/// # Errors
/// Where a certificate is none of an authority, or there are none.
pub fn client_verifier(
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Box<dyn std::error::Error + Send + Sync>> {
    let roots = Arc::new(roots(&authorities)?);
    let webpki = WebPkiClientVerifier::builder_with_provider(roots, provider).build()?;
    Ok(Arc::new(Clients { authorities: Authorities(authorities), webpki }))
}

impl ClientCertVerifier for Clients {
    fn offer_client_auth(&self) -> bool {
        self.webpki.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.webpki.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let Some(certificate) = self.authorities.itself(end_entity) else {
            return self.webpki.verify_client_cert(end_entity, intermediates, now);
        };
        let _known_extensions_only = ParsedCertificate::try_from(end_entity)?;
        check(&certificate, now, CLIENT)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// What takes any certificate of a server, as the configuration demands by `allow_insecure_tls`.
/// Nothing holds then but that nobody listens who does not take part in the connection.
#[derive(Debug)]
pub(super) struct Anybody(pub(super) Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
