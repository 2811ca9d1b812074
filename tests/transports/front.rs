//! A TLS 1.2 server before a plain broker: what mosquitto's configuration cannot be made to be.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        version::TLS12,
    },
};

use crate::certificates::Issued;

/// Its port; it speaks these application protocols.
pub async fn before(broker: u16, server: &Issued, alpn: &[&str]) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(&server.cert).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&server.key).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that refuses us ends here.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut broker = TcpStream::connect(("127.0.0.1", broker)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut broker).await;
            });
        }
    });
    port
}
