//! A proxy's refusals in words, with what to try. The proxy's password is in none of them.

use std::{io, time::Duration};

use tokio_socks::Error;

use crate::{
    config::{Proxy, ProxyKind},
    event::{Failure, FailureKind, Phase},
};

/// Where a user and a password can be given.
const CREDENTIALS: &str =
    "give both: proxy = \"SCHEME://USER@HOST:PORT\" and proxy_password_command in the profile, or --proxy";

fn failure(kind: FailureKind, what: String, advice: &str) -> Failure {
    Failure {
        kind,
        phase: Some(Phase::Proxy),
        code: None,
        what,
        advice: advice.to_owned(),
    }
}

fn refused(what: String, advice: &str) -> Failure {
    failure(FailureKind::Refused, what, advice)
}

fn network(what: String, advice: &str) -> Failure {
    failure(FailureKind::Network, what, advice)
}

/// A failure on the way to the proxy itself.
pub fn not_reached(proxy: &Proxy, of: &Failure) -> Failure {
    Failure {
        what: format!("the proxy {proxy} was not reached: {}", of.what),
        advice: "check the proxy's address (--proxy, proxy in the profile), or go without it".into(),
        ..of.clone()
    }
}

pub fn silent(proxy: &Proxy, limit: Duration) -> Failure {
    network(
        format!("no answer from the proxy {proxy} within {} s", limit.as_secs()),
        "it may not reach the broker, or not be a proxy: check its port",
    )
}

/// SOCKS wants at least one byte of password (RFC 1929 §2).
pub fn no_password(proxy: &Proxy) -> Failure {
    failure(
        FailureKind::Profile,
        format!("the proxy {proxy} has a user, but no password in UTF-8"),
        "give it: proxy_password_command, _env or _file in the profile",
    )
}

/// The answer to CONNECT is none, or not in HTTP.
pub fn no_http(proxy: &Proxy, error: &io::Error) -> Failure {
    if is_gone(error) {
        return closed(proxy);
    }
    if error.kind() != io::ErrorKind::InvalidData {
        return network(
            format!("the proxy {proxy} failed: {error}"),
            "check its address and port",
        );
    }
    refused(
        format!("the proxy {proxy} does not answer in HTTP: {error}"),
        "it may speak SOCKS (socks5h://), or be no proxy at all: check its port",
    )
}

fn closed(proxy: &Proxy) -> Failure {
    let advice = match proxy.kind {
        ProxyKind::Http => "it may speak SOCKS (socks5h://), not serve this client, or not reach the broker",
        _ => "it may speak HTTP (http://), not serve this client, or not reach the broker",
    };
    network(
        format!("the proxy {proxy} closed the connection instead of answering"),
        advice,
    )
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

/// The proxy sent more than its answer.
pub fn talkative(proxy: &Proxy, rest: &[u8]) -> Failure {
    refused(
        format!(
            "the proxy {proxy} went on talking behind its answer ({} bytes)",
            rest.len()
        ),
        "it may be a web server: check its port",
    )
}

/// CONNECT was answered with another status than 2xx; `wants`: the authentication asked for.
pub fn status(proxy: &Proxy, broker: &str, status: u16, wants: Option<&str>) -> Failure {
    let told = |what: &str| format!("the proxy {proxy} {what} (HTTP status {status})");
    match status {
        407 => unauthenticated(proxy, wants),
        403 => refused(
            told(&format!("forbids the way to {broker}")),
            "many let only port 443 through: try wss:// there, or ask who runs the proxy",
        ),
        400 | 404 | 405 | 501 => refused(
            told("does not know CONNECT"),
            "it may be a web server and no proxy: check its port",
        ),
        502 | 503 => network(
            told(&format!("cannot reach {broker}")),
            "check the broker's host and port as the proxy sees them",
        ),
        504 => network(
            told(&format!("had no answer from {broker}")),
            "check the broker's host and port as the proxy sees them",
        ),
        300..=399 => refused(
            told("sends elsewhere, which is not followed unasked"),
            "it may want a login in a browser first",
        ),
        500..=599 => network(told("is in trouble"), "its log may say why"),
        _ => refused(
            told(&format!("refused the way to {broker}")),
            "its log may say why",
        ),
    }
}

fn unauthenticated(proxy: &Proxy, wants: Option<&str>) -> Failure {
    let knows_basic = wants.is_none_or(|wants| wants.to_ascii_lowercase().contains("basic"));
    match (&proxy.username, wants) {
        (_, Some(wants)) if !knows_basic => refused(
            format!("the proxy {proxy} wants authentication by {wants} (HTTP status 407)"),
            "only Basic (user and password) is spoken here; a local helper such as cntlm can speak the rest",
        ),
        (None, _) => refused(
            format!("the proxy {proxy} wants a user and a password (HTTP status 407)"),
            CREDENTIALS,
        ),
        (Some(_), _) => refused(
            format!("the proxy {proxy} does not accept this user and password (HTTP status 407)"),
            "check the user in proxy and where its password comes from",
        ),
    }
}

/// A SOCKS proxy's refusal (RFC 1928 §6), or what is none.
pub fn socks(proxy: &Proxy, broker: &str, error: &Error) -> Failure {
    let told = |what: &str, code: u8| format!("the proxy {proxy} {what} (SOCKS reply {code})");
    let host = "check the broker's host and port as the proxy sees them";
    match error {
        Error::Io(error) if is_gone(error) => closed(proxy),
        Error::Io(error) => network(
            format!("the proxy {proxy} failed: {error}"),
            "check its address and port",
        ),
        Error::InvalidResponseVersion => refused(
            format!("the proxy {proxy} does not answer in SOCKS 5"),
            "it may speak HTTP (http://), or be no proxy at all: check its port",
        ),
        Error::AuthorizationRequired | Error::NoAcceptableAuthMethods if proxy.username.is_none() => refused(
            format!("the proxy {proxy} wants a user and a password"),
            CREDENTIALS,
        ),
        Error::NoAcceptableAuthMethods | Error::UnknownAuthMethod => refused(
            format!("the proxy {proxy} takes neither no authentication nor user and password"),
            "it wants another way (GSSAPI, perhaps), which is not spoken here",
        ),
        Error::PasswordAuthFailure(_) => refused(
            format!("the proxy {proxy} does not accept this user and password"),
            "check the user in proxy and where its password comes from",
        ),
        Error::GeneralSocksServerFailure => network(told(&format!("failed to reach {broker}"), 1), host),
        Error::ConnectionNotAllowedByRuleset => refused(
            told(&format!("forbids the way to {broker}"), 2),
            "ask who runs the proxy, or try another port of the broker",
        ),
        Error::NetworkUnreachable => {
            network(told(&format!("has no route to the network of {broker}"), 3), host)
        }
        Error::HostUnreachable => network(
            told(&format!("has no route to {broker}, or cannot look it up"), 4),
            host,
        ),
        Error::ConnectionRefused => network(
            told(&format!("was refused by {broker}"), 5),
            "no broker listens there: check host and port",
        ),
        Error::TtlExpired => network(told(&format!("had no answer from {broker}"), 6), host),
        Error::CommandNotSupported => refused(told("does not know CONNECT", 7), "another proxy is needed"),
        Error::AddressTypeNotSupported => refused(
            told("does not know this kind of address", 8),
            "socks5:// sends an address, socks5h:// the name: try the other",
        ),
        error => refused(
            format!("the proxy {proxy} answered what SOCKS 5 does not have: {error}"),
            "check the proxy's port, or its log",
        ),
    }
}
