//! The network's failures in words, with what to try.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::race::Failed;
use crate::{
    config::{BrokerUrl, Scheme},
    event::{Failure, FailureKind, Phase},
};

fn failure(phase: Phase, what: String, advice: &str) -> Failure {
    Failure {
        kind: FailureKind::Network,
        phase: Some(phase),
        code: None,
        what,
        advice: advice.to_owned(),
    }
}

pub fn websocket_timed_out(limit: Duration) -> Failure {
    failure(
        Phase::WebSocket,
        format!("no answer to the WebSocket request within {} s", limit.as_secs()),
        "something listens there but does not answer in HTTP: a plain MQTT port, perhaps (mqtt://)",
    )
}

pub fn websocket_broken(error: &io::Error) -> Failure {
    let (what, advice) = match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => (
            "the peer closed the connection at the WebSocket request".into(),
            "the port may be plain MQTT (mqtt://), or want TLS (wss://)",
        ),
        ErrorKind::InvalidData => (
            format!("the peer does not answer the WebSocket request in HTTP: {error}"),
            "the port may be plain MQTT (mqtt://), or want TLS (wss://)",
        ),
        _ => (
            format!("the WebSocket request failed: {error}"),
            "check address and port",
        ),
    };
    failure(Phase::WebSocket, what, advice)
}

/// The server answered with another status than 101.
pub fn no_websocket(status: u16, url: &BrokerUrl) -> Failure {
    let advice = match status {
        400 | 404 | 405 | 426 => format!("check the path, here {}: brokers use /mqtt, / or /ws", url.path),
        401 | 403 => "the server wants credentials in a header (--ws-header), or forbids this client".into(),
        301 | 302 | 307 | 308 => {
            "the server sends elsewhere, which is not followed unasked: check the URL".into()
        }
        500..=599 => "the server or a proxy before it is in trouble".into(),
        _ => "check host, port and path".into(),
    };
    Failure {
        kind: if status >= 500 {
            FailureKind::Network
        } else {
            FailureKind::Refused
        },
        ..failure(
            Phase::WebSocket,
            format!("the server refused the WebSocket: HTTP status {status}"),
            &advice,
        )
    }
}

pub fn false_websocket() -> Failure {
    Failure {
        kind: FailureKind::Refused,
        ..failure(
            Phase::WebSocket,
            "the server's answer to the WebSocket request is not to our request (Sec-WebSocket-Accept)"
                .into(),
            "a cache or proxy on the way may not know WebSockets: try wss://",
        )
    }
}

/// TLS where CONNACK was expected.
pub fn no_mqtt(first: &[u8], scheme: Scheme) -> Option<Failure> {
    let is_tls = matches!(first, [0x15 | 0x16, 3, ..]);
    let advice = match scheme {
        Scheme::Unix => {
            "TLS is not spoken over a Unix socket here: give the broker a listener without it".into()
        }
        _ => format!("use {}://", scheme.with_tls().name()),
    };
    is_tls.then(|| Failure {
        kind: FailureKind::Refused,
        ..failure(
            Phase::Connect,
            "the peer answers in TLS, not in MQTT".into(),
            &advice,
        )
    })
}

pub fn lookup_timed_out(host: &str, limit: Duration) -> Failure {
    failure(
        Phase::Dns,
        format!("no answer about the name {host} within {} s", limit.as_secs()),
        "check the network, or write the broker's address instead of its name",
    )
}

pub fn lookup_failed(host: &str, error: &io::Error) -> Failure {
    if let Some((address, zone)) = host.split_once('%').filter(|(address, _)| address.contains(':')) {
        return failure(
            Phase::Dns,
            format!("there is no network interface {zone} here to reach {address} by"),
            "the zone behind % is an interface of this machine: ip link lists them",
        );
    }
    failure(
        Phase::Dns,
        format!("cannot look up {host}: {}", lookup_words(&error.to_string())),
        "check the host's spelling, or write its address",
    )
}

/// Without the standard library's preamble, which says the same as ours.
fn lookup_words(error: &str) -> &str {
    error
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(error)
}

pub fn no_addresses(host: &str) -> Failure {
    failure(
        Phase::Dns,
        format!("{host} has no address"),
        "check the host's spelling, or write its address",
    )
}

pub fn connect_timed_out(addresses: &[SocketAddr], limit: Duration) -> Failure {
    failure(
        Phase::Tcp,
        format!(
            "no answer from {} within {} s",
            list(addresses.iter()),
            limit.as_secs()
        ),
        "check address and port; a firewall may swallow the packets",
    )
}

/// A Unix socket that could not be opened.
#[cfg(unix)]
pub fn no_socket(path: &str, error: &io::Error) -> Failure {
    let (kind, what, advice) = match error.kind() {
        ErrorKind::NotFound => (
            FailureKind::Network,
            format!("there is no socket {path}"),
            "start the broker, or check the path (in mosquitto.conf: listener 0 PATH)",
        ),
        ErrorKind::PermissionDenied => (
            FailureKind::Refused,
            format!("this user may not open {path}"),
            "ls -l tells who may: the broker's user or group",
        ),
        ErrorKind::ConnectionRefused => (
            FailureKind::Network,
            format!("nobody listens at {path}"),
            "the broker left it behind, or it is no socket: start the broker, or check the path",
        ),
        ErrorKind::WouldBlock => (
            FailureKind::Network,
            format!("the queue of {path} is full"),
            "the broker takes no connections: it may be stuck",
        ),
        ErrorKind::InvalidInput => (
            FailureKind::Profile,
            format!("{path} is too long for a socket's path"),
            "about 100 bytes are allowed: use a shorter one, a symbolic link for example",
        ),
        _ => (
            FailureKind::Network,
            format!("cannot open {path}: {error}"),
            "check the path",
        ),
    };
    Failure {
        kind,
        ..failure(Phase::Unix, what, advice)
    }
}

/// This system has none.
#[cfg(not(unix))]
pub fn no_sockets_here(path: &str) -> Failure {
    Failure {
        kind: FailureKind::Profile,
        ..failure(
            Phase::Unix,
            format!("this system has no Unix sockets, so that {path} cannot be opened"),
            "use the broker's TCP port: mqtt://HOST",
        )
    }
}

/// The local address asked for is IPv4 and the broker's are IPv6, or the other way round.
pub fn no_family(local: IpAddr) -> Failure {
    let (own, other) = if local.is_ipv4() {
        ("IPv4", "IPv6")
    } else {
        ("IPv6", "IPv4")
    };
    Failure {
        kind: FailureKind::Profile,
        ..failure(
            Phase::Tcp,
            format!("the broker has no {own} address to reach from {local}"),
            &format!("give an {other} address to --bind, or none"),
        )
    }
}

/// All addresses failed: one error stands for them, the others are counted. An answer of the host tells
/// more than a missing route, which is what a machine without IPv6 says about every second address.
pub fn unreachable(failed: &[Failed]) -> Failure {
    let has_route = |one: &&Failed| !is_routing(one.error.kind());
    let Some(first) = failed.iter().find(has_route).or(failed.first()) else {
        return failure(
            Phase::Tcp,
            "no address to connect to".into(),
            "check the host in the URL",
        );
    };
    let alike = failed
        .iter()
        .filter(|one| one.error.kind() == first.error.kind())
        .map(|one| &one.address);
    let others = match failed.len() - alike.clone().count() {
        0 => String::new(),
        1 => ", another address failed otherwise".to_owned(),
        n => format!(", {n} other addresses failed otherwise"),
    };
    let what = format!(
        "{} {}{others}",
        words(first.error.kind(), &first.error),
        list(alike)
    );
    failure(Phase::Tcp, what, &advice(first.error.kind(), first.address))
}

const fn is_routing(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable
    )
}

fn words(kind: ErrorKind, error: &io::Error) -> String {
    match kind {
        ErrorKind::ConnectionRefused => "connection refused by".into(),
        ErrorKind::ConnectionReset => "connection reset by".into(),
        ErrorKind::TimedOut => "no answer from".into(),
        ErrorKind::HostUnreachable => "no route to the host".into(),
        ErrorKind::NetworkUnreachable => "no route to the network of".into(),
        ErrorKind::PermissionDenied => "this system forbids connecting to".into(),
        ErrorKind::AddrNotAvailable => "no local address to reach".into(),
        _ => format!("{error}: cannot connect to"),
    }
}

fn advice(kind: ErrorKind, address: SocketAddr) -> String {
    match kind {
        _ if needs_zone(address) => {
            "a link-local address needs the interface it is reached by: [fe80::1%eth0]".into()
        }
        ErrorKind::ConnectionRefused if address.ip().is_loopback() => format!(
            "no broker listens there: start yours, or `mqttscope broker --port {}`",
            address.port()
        ),
        ErrorKind::ConnectionRefused => "no broker listens there: check the port (1883 is usual)".into(),
        kind if is_routing(kind) => "check the network connection and the address".into(),
        ErrorKind::PermissionDenied => "check the firewall of this machine".into(),
        _ => "check address and port".into(),
    }
}

/// A link-local address (`fe80::/10`) that does not say by which interface.
fn needs_zone(address: SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0)
}

/// Up to three addresses, the rest as a number.
fn list<'a>(addresses: impl Iterator<Item = &'a SocketAddr>) -> String {
    let mut texts: Vec<String> = addresses.map(ToString::to_string).collect();
    if texts.len() > 3 {
        let more = texts.len() - 3;
        texts.truncate(3);
        texts.push(format!("{more} more"));
    }
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(address: &str, kind: ErrorKind) -> Failed {
        Failed {
            address: address.parse().unwrap(),
            error: kind.into(),
        }
    }

    #[test]
    fn refusals_name_their_addresses_and_a_way_out() {
        for (errors, what, advice) in [
            (
                vec![failed("127.0.0.1:1884", ErrorKind::ConnectionRefused)],
                "connection refused by 127.0.0.1:1884",
                "no broker listens there: start yours, or `mqttscope broker --port 1884`",
            ),
            (
                vec![
                    failed("[2001:db8::1]:1883", ErrorKind::ConnectionRefused),
                    failed("192.0.2.1:1883", ErrorKind::ConnectionRefused),
                ],
                "connection refused by [2001:db8::1]:1883, 192.0.2.1:1883",
                "no broker listens there: check the port (1883 is usual)",
            ),
            (
                vec![
                    failed("[2001:db8::1]:1883", ErrorKind::NetworkUnreachable),
                    failed("192.0.2.1:1883", ErrorKind::ConnectionRefused),
                ],
                "connection refused by 192.0.2.1:1883, another address failed otherwise",
                "no broker listens there: check the port (1883 is usual)",
            ),
            (
                vec![failed("[fe80::1]:1883", ErrorKind::InvalidInput)],
                "invalid input parameter: cannot connect to [fe80::1]:1883",
                "a link-local address needs the interface it is reached by: [fe80::1%eth0]",
            ),
        ] {
            let told = unreachable(&errors);
            assert_eq!((told.what.as_str(), told.advice.as_str()), (what, advice));
        }
    }

    #[test]
    fn a_long_list_of_addresses_is_counted() {
        let addresses: Vec<SocketAddr> = (1..=5).map(|n| SocketAddr::from(([10, 0, 0, n], 1883))).collect();
        let told = connect_timed_out(&addresses, Duration::from_secs(10));
        assert_eq!(
            told.what,
            "no answer from 10.0.0.1:1883, 10.0.0.2:1883, 10.0.0.3:1883, 2 more within 10 s"
        );
    }
}
