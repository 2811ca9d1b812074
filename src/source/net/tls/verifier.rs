//! Verifies as rustls does, and remembers the chain it saw; for `--insecure` it lets everybody pass but still
//! tells what is wrong.

use std::sync::{Arc, OnceLock};

use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{certificate, failure, roots::Roots};
use crate::event::{Certificate, Failure};

/// The verifier of one handshake.
#[derive(Debug)]
pub struct Verifier {
    /// `None` where nobody is trusted, which only `--insecure` allows.
    webpki: Option<Arc<WebPkiServerVerifier>>,
    own: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    is_insecure: bool,
    seen: OnceLock<Seen>,
}

#[derive(Debug)]
struct Seen {
    chain: Vec<Certificate>,
    complaint: Option<Error>,
}

impl Verifier {
    /// Trusts `roots`, or with `is_insecure` whoever answers.
    pub fn new(roots: Roots, provider: &Arc<CryptoProvider>, is_insecure: bool) -> Result<Self, Failure> {
        let webpki = if roots.store.is_empty() {
            None
        } else {
            let builder =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots.store), Arc::clone(provider));
            let built = builder.build().map_err(|error| {
                failure::profile(
                    format!("the trusted certificates: {error}"),
                    "check ca and ca_path in [tls], --cafile and --capath",
                )
            })?;
            Some(built)
        };
        Ok(Self {
            webpki,
            own: roots.own,
            algorithms: provider.signature_verification_algorithms,
            is_insecure,
            seen: OnceLock::new(),
        })
    }

    /// What the server showed; empty before it did.
    pub fn chain(&self) -> Vec<Certificate> {
        self.seen.get().map(|seen| seen.chain.clone()).unwrap_or_default()
    }

    /// Why the server's certificate is not to be trusted.
    pub fn complaint(&self) -> Option<Error> {
        self.seen.get()?.complaint.clone()
    }

    fn judge(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.own.iter().any(|trusted| trusted == own) {
            return trusted_itself(own, name, now);
        }
        match &self.webpki {
            Some(webpki) => webpki.verify_server_cert(own, others, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }
}

/// The user named this very certificate: no chain is needed, which rustls would ask of a self-signed one
/// that may sign others, as `openssl req -x509` makes it.
fn trusted_itself(
    own: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    match certificate::days_left(own, now) {
        None => return Err(CertificateError::BadEncoding.into()),
        Some(days) if days < 0 => return Err(CertificateError::Expired.into()),
        Some(_) => {}
    }
    verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
    Ok(ServerCertVerified::assertion())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.judge(own, others, name, ocsp, now);
        let chain = std::iter::once(own).chain(others).take(certificate::MAX_CHAIN);
        // One handshake a verifier: it is set once.
        let _ = self.seen.set(Seen {
            chain: chain.map(|der| certificate::read(der, now)).collect(),
            complaint: verdict.as_ref().err().cloned(),
        });
        if self.is_insecure {
            return Ok(ServerCertVerified::assertion());
        }
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
