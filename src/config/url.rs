//! Broker addresses: `mqtt://user:password@host:port/topic`, `host`, `host:port`, `[::1]:1883`.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How the bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP, port 1883.
    Mqtt,
    /// TLS, port 8883.
    Mqtts,
    /// WebSocket, port 80.
    Ws,
    /// WebSocket over TLS, port 443.
    Wss,
}

impl Scheme {
    /// As written in front of `://`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Where none is given.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

/// Where a broker is. User, password and topic of a URL are not kept here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerUrl {
    /// How.
    pub scheme: Scheme,
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// WebSocket path, with its slash; `/mqtt` where none is given. Unused by TCP.
    pub path: String,
}

/// Why a text is no broker address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlError {
    /// Not one of ours.
    #[error("unknown scheme \"{0}://\"; use mqtt:// mqtts:// ws:// or wss://")]
    Scheme(String),
    /// Nothing between scheme and port.
    #[error("\"{0}\" names no host; write mqtt://HOST:PORT")]
    Host(String),
    /// Not a number from 1 to 65535.
    #[error("\"{0}\" is no port; use 1 to 65535")]
    Port(String),
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme.name())?;
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        match self.scheme {
            Scheme::Ws | Scheme::Wss => f.write_str(&self.path),
            Scheme::Mqtt | Scheme::Mqtts => Ok(()),
        }
    }
}

impl FromStr for BrokerUrl {
    type Err = UrlError;

    /// A URL or `host[:port]`; user, password and topic are not expected here.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("mqtt" | "tcp", rest)) => (Scheme::Mqtt, rest),
            Some(("mqtts" | "ssl" | "tls", rest)) => (Scheme::Mqtts, rest),
            Some(("ws", rest)) => (Scheme::Ws, rest),
            Some(("wss", rest)) => (Scheme::Wss, rest),
            Some((other, _)) => return Err(UrlError::Scheme(other.into())),
            None => (Scheme::Mqtt, text),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/mqtt"),
        };
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(UrlError::Host(text.into()));
        }
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|&p| p != 0)
                .ok_or_else(|| UrlError::Port(port.into()))?,
            None => scheme.default_port(),
        };
        Ok(Self {
            scheme,
            host: host.into(),
            port,
            path: path.into(),
        })
    }
}

/// `[::1]:1883`, `::1`, `host:1883`, `host`.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed
            .split_once(']')
            .ok_or_else(|| UrlError::Host(authority.into()))?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(UrlError::Port(rest.into())),
        };
    }
    match authority.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Ok((authority, None)),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}
