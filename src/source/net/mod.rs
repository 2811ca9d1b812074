//! Reaching a broker, step by step. Each step is a [`crate::event::Phase`] with its own time-out and its own errors in words.
//!
//! ```text
//! prepare (files) ─▶ DNS ─▶ TCP ─▶ proxy ─▶ TLS ─▶ WebSocket ─▶ a stream of bytes
//!                 └▶ Unix socket ─────────────────────────────▶
//! ```
//!
//! Knows nothing of MQTT.

mod dial;
mod eager;
mod failure;
mod proxy;
mod race;
mod tls;
mod unix;
mod websocket;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use crate::event::Failure;
pub use dial::{Dial, Dialed};
pub use failure::no_mqtt;
pub use tls::{after_handshake, wants_password as key_that_wants_password};

/// How long a name look-up may take.
const DNS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long reaching any one of the addresses may take.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses tried at most: a name server decides how many it gives.
const MAX_ADDRESSES: usize = 16;

/// A stream of bytes to a broker, whatever it is made of.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

/// Any of them.
pub type BoxedIo = Box<dyn Io>;

/// What a dial ends in. A bare TCP socket is told apart: it can be read without being watched.
pub enum Stream {
    /// Nothing between us and the socket.
    Tcp(TcpStream),
    /// TLS or more.
    Layered(BoxedIo),
}

impl Io for TcpStream {}
impl<T: Io + ?Sized> Io for Box<T> {}

/// Looks `host` up; an address needs no looking up. Never empty.
async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    match timeout(DNS_TIMEOUT, tokio::net::lookup_host((host, port))).await {
        Err(_) => Err(failure::lookup_timed_out(host, DNS_TIMEOUT)),
        Ok(Err(error)) => Err(failure::lookup_failed(host, &error)),
        Ok(Ok(found)) => {
            let found: Vec<_> = found.take(MAX_ADDRESSES).collect();
            if found.is_empty() {
                return Err(failure::no_addresses(host));
            }
            Ok(race::interleave(&found))
        }
    }
}

/// Connects to whichever of the addresses answers first, beginning with the first (RFC 8305).
async fn reach(addresses: &[SocketAddr], bind: Option<IpAddr>) -> Result<(TcpStream, SocketAddr), Failure> {
    let fits = |address: &&SocketAddr| bind.is_none_or(|local| local.is_ipv4() == address.is_ipv4());
    let addresses: Vec<SocketAddr> = addresses.iter().filter(fits).copied().collect();
    if let (Some(local), []) = (bind, addresses.as_slice()) {
        return Err(failure::no_family(local));
    }
    let addresses = addresses.as_slice();
    match timeout(TCP_TIMEOUT, race::race(addresses, bind)).await {
        Ok(Ok(reached)) => Ok(reached),
        Ok(Err(errors)) => Err(failure::unreachable(&errors)),
        Err(_) => Err(failure::connect_timed_out(addresses, TCP_TIMEOUT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_taken_as_it_is() {
        assert_eq!(
            resolve("::1", 1883).await,
            Ok(vec!["[::1]:1883".parse().unwrap()])
        );
    }

    #[tokio::test]
    async fn a_zone_nobody_has_is_told_with_its_name() {
        let failure = resolve("fe80::1%nope0", 1883).await.unwrap_err();
        assert_eq!(
            failure.what,
            "there is no network interface nope0 here to reach fe80::1 by"
        );
    }

    #[tokio::test]
    async fn a_name_nobody_has_is_told_with_its_name() {
        let failure = resolve("no-such-host.invalid", 1883).await.unwrap_err();
        assert!(failure.what.contains("no-such-host.invalid"), "{}", failure.what);
        assert_eq!(failure.phase, Some(crate::event::Phase::Dns));
    }
}
