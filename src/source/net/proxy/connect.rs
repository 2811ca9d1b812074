//! HTTP CONNECT (RFC 9110 §9.3.6), with Basic credentials (RFC 7617).

use std::{fmt::Write, io};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Wanted, failure, password};
use crate::{config::Proxy, event::Failure, source::net::websocket::read_head};

/// The socket behind the proxy's answer.
pub async fn pass(mut socket: TcpStream, proxy: &Proxy, wanted: &Wanted) -> Result<TcpStream, Failure> {
    let shake = async {
        socket.write_all(&request(proxy, wanted)).await?;
        read_head(&mut socket).await
    };
    let (response, rest): (_, Vec<u8>) = shake
        .await
        .map_err(|error: io::Error| failure::no_http(proxy, &error))?;
    let status = response.status().as_u16();
    if !(200..300).contains(&status) {
        let wants = response
            .headers()
            .get("Proxy-Authenticate")
            .and_then(|value| value.to_str().ok());
        return Err(failure::status(proxy, &wanted.authority(), status, wants));
    }
    // Whoever is asked for by a client of MQTT, TLS or HTTP waits for its first word.
    if rest.is_empty() {
        Ok(socket)
    } else {
        Err(failure::talkative(proxy, &rest))
    }
}

fn request(proxy: &Proxy, wanted: &Wanted) -> Vec<u8> {
    let authority = wanted.authority();
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some(user) = &proxy.username {
        let mut credentials = format!("{user}:").into_bytes();
        credentials.extend_from_slice(
            password(proxy)
                .map(|secret| secret.expose().as_ref())
                .unwrap_or_default(),
        );
        let credentials = STANDARD.encode(credentials);
        let _ = write!(request, "Proxy-Authorization: Basic {credentials}\r\n");
    }
    (request + "\r\n").into_bytes()
}
