//! TLS by rustls with ring: files → a prepared handshake → an encrypted stream with what was agreed on.
//!
//! ```text
//! TlsOptions ──prepare (reads files)──▶ Prepared ──handshake──▶ stream + TlsFacts
//! ```
//!
//! The server is verified before the first byte of CONNECT is written.

mod certificate;
mod failure;
mod heard;
mod keys;
mod roots;
mod secrets;
mod verifier;

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, ClientConnection, SupportedProtocolVersion, client::Resumption,
        crypto::ring::default_provider, pki_types::ServerName, version,
    },
};

use super::{BoxedIo, Io};
use crate::{
    config::{BrokerUrl, TlsOptions, TlsVersion},
    event::{Failure, TlsFacts},
};
pub use failure::after_handshake;
use heard::Heard;
pub use keys::wants_password;
use verifier::Verifier;

/// How long the handshake may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Everything one handshake needs.
pub struct Prepared {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    verifier: Arc<Verifier>,
    /// As the profile names it, for the words.
    server: String,
    is_insecure: bool,
}

/// The task that prepares was ended, as the program ends.
pub fn unprepared() -> Failure {
    failure::profile("TLS could not be prepared".into(), "")
}

/// Reads the files; blocks. What cannot work is told before anything is sent.
pub fn prepare(url: &BrokerUrl, options: &TlsOptions) -> Result<Prepared, Failure> {
    let server = options.sni.as_deref().unwrap_or(url.host_elsewhere()).to_owned();
    let name = ServerName::try_from(server.trim_end_matches('.').to_owned())
        .map_err(|_| failure::bad_name(&server))?;
    let provider = Arc::new(default_provider());
    let roots = roots::load(options)?;
    let verifier = Arc::new(Verifier::new(roots, &provider, options.is_insecure)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(options.min_version))
        .map_err(|error| failure::profile(format!("TLS: {error}"), "change the minimum version"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<_>);
    let mut config = match keys::load(options)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| keys::do_not_fit(options, &error))?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = options.alpn.iter().map(|name| name.clone().into()).collect();
    // A resumed session would not show the server's certificates.
    config.resumption = Resumption::disabled();
    if let Some(path) = &options.keylog {
        config.key_log = Arc::new(secrets::KeyFile::open(path)?);
    }
    Ok(Prepared {
        config: Arc::new(config),
        name,
        verifier,
        server,
        is_insecure: options.is_insecure,
    })
}

fn versions(oldest: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    const FROM_12: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
    const FROM_13: &[&SupportedProtocolVersion] = &[&version::TLS13];
    match oldest {
        TlsVersion::V12 => FROM_12,
        TlsVersion::V13 => FROM_13,
    }
}

/// Shakes hands and verifies.
pub async fn handshake(prepared: &Prepared, io: BoxedIo) -> Result<(BoxedIo, TlsFacts), Failure> {
    let connector = TlsConnector::from(Arc::clone(&prepared.config));
    let connecting = connector
        .connect(prepared.name.clone(), Heard::new(io))
        .into_fallible();
    match timeout(TIMEOUT, connecting).await {
        Err(_) => Err(failure::timed_out(TIMEOUT)),
        Ok(Err((error, io))) => Err(failure::of_handshake(
            &error,
            io.first(),
            &prepared.server,
            &prepared.verifier.chain(),
        )),
        Ok(Ok(stream)) => {
            let facts = prepared.facts(stream.get_ref().1);
            Ok((Box::new(stream), facts))
        }
    }
}

impl<S: Io> Io for tokio_rustls::client::TlsStream<S> {}

impl Prepared {
    fn facts(&self, agreed: &ClientConnection) -> TlsFacts {
        let version = match agreed.protocol_version() {
            Some(tokio_rustls::rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        };
        let cipher = agreed
            .negotiated_cipher_suite()
            .map_or_else(String::new, |suite| format!("{:?}", suite.suite()));
        TlsFacts {
            version: version.into(),
            cipher,
            alpn: agreed
                .alpn_protocol()
                .map(|name| String::from_utf8_lossy(name).into_owned()),
            chain: self.verifier.chain(),
            is_insecure: self.is_insecure,
            complaint: self
                .verifier
                .complaint()
                .map(|error| failure::of_certificate(&error, &self.server, &self.verifier.chain()).0),
        }
    }
}
