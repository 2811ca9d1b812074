//! A TLS 1.2 server before a plain broker: what mosquitto's configuration cannot be made to be.

use std::sync::Arc;

use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        version::TLS12,
    },
};

use crate::{certificates::Issued, common::DEADLINE};

fn acceptor(server: &Issued, alpn: &[&str]) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(&server.cert).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&server.key).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A server that takes one client and gives what that said behind the handshake, to its end.
pub async fn listening(server: &Issued) -> (u16, JoinHandle<Vec<u8>>) {
    let acceptor = acceptor(server, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (stream, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
        let mut said = Vec::new();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            // an alert ends it with an error
            let _ = timeout(DEADLINE, stream.read_to_end(&mut said)).await;
        }
        said
    });
    (port, task)
}

/// Its port; it speaks these application protocols.
pub async fn before(broker: u16, server: &Issued, alpn: &[&str]) -> u16 {
    let acceptor = acceptor(server, alpn);
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
