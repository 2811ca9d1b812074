//! SOCKS 5 (RFC 1928), with user and password (RFC 1929).

use tokio::net::TcpStream;
use tokio_socks::{Error, TargetAddr, tcp::Socks5Stream};

use super::{Wanted, failure, password};
use crate::{config::Proxy, event::Failure};

/// The socket behind the proxy's answer.
pub async fn pass(socket: TcpStream, proxy: &Proxy, wanted: &Wanted) -> Result<TcpStream, Failure> {
    let target = match wanted {
        Wanted::Name(host, port) => TargetAddr::Domain(host.as_str().into(), *port),
        Wanted::Address(address) => TargetAddr::Ip(*address),
    };
    let passed: Result<_, Error> = match &proxy.username {
        None => Socks5Stream::connect_with_socket(socket, target).await,
        Some(user) => {
            let secret = password(proxy)
                .map(|secret| secret.expose().as_ref())
                .unwrap_or_default();
            let Some(secret) = std::str::from_utf8(secret)
                .ok()
                .filter(|secret| !secret.is_empty())
            else {
                return Err(failure::no_password(proxy));
            };
            Socks5Stream::connect_with_password_and_socket(socket, target, user, secret).await
        }
    };
    passed
        .map(Socks5Stream::into_inner)
        .map_err(|error| failure::socks(proxy, &wanted.authority(), &error))
}
