//! The way through a proxy: a socket to it becomes one to the broker. Knows nothing of what travels then.
//!
//! ```text
//! TCP to the proxy ─▶ CONNECT host:port ⇄ 200, or SOCKS 5 greeting, user, request ⇄ 0 ─▶ the same socket
//! ```

mod connect;
mod failure;
mod socks;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{net::TcpStream, time::timeout};

use crate::{
    config::{BrokerUrl, PasswordSource, Proxy, ProxyKind, Secret},
    event::Failure,
};
pub use failure::not_reached;

/// How long the proxy may take to reach the broker.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Whom the proxy is asked for.
pub enum Wanted {
    /// By name: the proxy looks it up.
    Name(String, u16),
    /// Looked up here, or an address from the start.
    Address(SocketAddr),
}

impl Wanted {
    /// What can be said before anything is looked up; `None`: the name is to be looked up here.
    pub fn of(url: &BrokerUrl, kind: ProxyKind) -> Option<Self> {
        match (url.host.parse::<IpAddr>(), kind) {
            (Ok(address), _) => Some(Self::Address(SocketAddr::new(address, url.port))),
            (Err(_), ProxyKind::Socks5) => None,
            (Err(_), ProxyKind::Http | ProxyKind::Socks5h) => Some(Self::Name(url.host.clone(), url.port)),
        }
    }

    /// One of the addresses found: of IPv4, which every proxy has, where there is one.
    pub fn one_of(addresses: &[SocketAddr]) -> Option<Self> {
        let v4 = addresses.iter().find(|address| address.is_ipv4());
        v4.or(addresses.first()).map(|&address| Self::Address(address))
    }

    /// `host:port`, `[::1]:port`.
    fn authority(&self) -> String {
        match self {
            Self::Name(host, port) => format!("{host}:{port}"),
            Self::Address(address) => address.to_string(),
        }
    }
}

/// Asks for the way to the broker.
pub async fn pass(socket: TcpStream, proxy: &Proxy, wanted: &Wanted) -> Result<TcpStream, Failure> {
    let asking = async {
        match proxy.kind {
            ProxyKind::Http => connect::pass(socket, proxy, wanted).await,
            ProxyKind::Socks5 | ProxyKind::Socks5h => socks::pass(socket, proxy, wanted).await,
        }
    };
    let answer = timeout(TIMEOUT, asking).await;
    answer.unwrap_or_else(|_| Err(failure::silent(proxy, TIMEOUT)))
}

fn password(proxy: &Proxy) -> Option<&Secret> {
    match &proxy.password {
        PasswordSource::Memory(secret) => Some(secret),
        _ => None,
    }
}
