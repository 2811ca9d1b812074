//! Reaching a broker: name → addresses → one connected socket. Each step has its own time-out and its own
//! errors in words. Plain TCP so far.
//!
//! Knows nothing of MQTT.

mod failure;
mod race;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{net::TcpStream, time::timeout};

use crate::{
    config::{BrokerUrl, Scheme},
    event::{Failure, FailureKind},
};

/// How long a name look-up may take.
const DNS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long reaching any one of the addresses may take.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses tried at most: a name server decides how many it gives.
const MAX_ADDRESSES: usize = 16;

/// Refuses what this build cannot speak.
pub fn check_scheme(url: &BrokerUrl) -> Result<(), Failure> {
    if url.scheme == Scheme::Mqtt {
        return Ok(());
    }
    Err(Failure {
        kind: FailureKind::Profile,
        phase: None,
        code: None,
        what: format!(
            "{}:// is not built yet: this build speaks mqtt:// only so far",
            url.scheme.name()
        ),
        advice: format!(
            "use mqtt://{} if the broker has a plain listener, usually on port 1883",
            bracketed(&url.host)
        ),
    })
}

/// Looks `host` up; an address needs no looking up. Never empty.
pub async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
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
pub async fn reach(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Failure> {
    match timeout(TCP_TIMEOUT, race::race(addresses)).await {
        Ok(Ok(reached)) => Ok(reached),
        Ok(Err(errors)) => Err(failure::unreachable(&errors)),
        Err(_) => Err(failure::connect_timed_out(addresses, TCP_TIMEOUT)),
    }
}

/// `[::1]`, `localhost`.
fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_not_built_yet_are_refused_in_words() {
        for url in [
            "mqtts://b.example",
            "ws://b.example/mqtt",
            "wss://[2001:db8::1]/mqtt",
        ] {
            let failure = check_scheme(&url.parse().unwrap()).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Profile, "{url}");
            assert!(
                failure.what.contains("this build speaks mqtt:// only so far"),
                "{}",
                failure.what
            );
        }
        assert_eq!(check_scheme(&"mqtt://b.example".parse().unwrap()), Ok(()));
    }

    #[tokio::test]
    async fn an_address_is_taken_as_it_is() {
        assert_eq!(
            resolve("::1", 1883).await,
            Ok(vec!["[::1]:1883".parse().unwrap()])
        );
    }

    #[tokio::test]
    async fn a_name_nobody_has_is_told_with_its_name() {
        let failure = resolve("no-such-host.invalid", 1883).await.unwrap_err();
        assert!(failure.what.contains("no-such-host.invalid"), "{}", failure.what);
        assert_eq!(failure.phase, Some(crate::event::Phase::Dns));
    }
}
