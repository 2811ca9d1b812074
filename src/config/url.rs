//! Broker addresses: `mqtt://user:password@host:port/topic`, `host`, `host:port`, `[::1]:1883`, `unix:///run/socket`.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::Secret;

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
    /// A Unix socket of this machine; no host, no port.
    Unix,
}

impl Scheme {
    /// As written in front of `://`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Unix => "unix",
        }
    }

    /// Whether the bytes travel encrypted.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Mqtts | Self::Wss)
    }

    /// Whether the bytes travel in a WebSocket.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// The same over TLS; a Unix socket, which never leaves the machine, has none.
    #[must_use]
    pub const fn with_tls(self) -> Self {
        match self {
            Self::Mqtt | Self::Mqtts => Self::Mqtts,
            Self::Ws | Self::Wss => Self::Wss,
            Self::Unix => Self::Unix,
        }
    }

    /// Where none is given.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
            Self::Unix => 0,
        }
    }
}

/// Where a broker is. User, password and topic of a URL are not kept here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerUrl {
    /// How.
    pub scheme: Scheme,
    /// Name or address, without brackets; empty for a Unix socket.
    pub host: String,
    /// TCP port; 0 for a Unix socket.
    pub port: u16,
    /// WebSocket path, with its slash; `/mqtt` where none is given. Of a Unix socket, its absolute path. Unused by TCP.
    pub path: String,
}

/// Why a text is no broker address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlError {
    /// Not one of ours.
    #[error("unknown scheme \"{0}://\"; use mqtt:// mqtts:// ws:// wss:// or unix://")]
    Scheme(String),
    /// Nothing between scheme and port.
    #[error("\"{0}\" names no host; write mqtt://HOST:PORT")]
    Host(String),
    /// A user in an address that is to have none; the text is not repeated, it may hold a password.
    #[error("a user or password does not belong in this URL; use username and password_command")]
    UserInfo,
    /// A topic in an address that is to have none.
    #[error("a topic does not belong in this URL: \"/{0}\"; use subscribe")]
    Topic(String),
    /// No absolute path behind `unix://`; the text is not repeated, it may hold a password.
    #[error("a socket's path is absolute and stands alone: unix:///run/mosquitto.sock")]
    Socket,
    /// Not a number from 1 to 65535.
    #[error("\"{0}\" is no port; use 1 to 65535")]
    Port(String),
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme.name())?;
        if self.scheme == Scheme::Unix {
            return f.write_str(&self.path);
        }
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
            Scheme::Mqtt | Scheme::Mqtts | Scheme::Unix => Ok(()),
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
            Some(("unix", path)) => return Self::unix(path),
            Some((other, _)) => return Err(UrlError::Scheme(other.into())),
            None => (Scheme::Mqtt, text),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/mqtt"),
        };
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        if let (Scheme::Mqtt | Scheme::Mqtts, Some(topic)) = (scheme, rest.split_once('/'))
            && !topic.1.is_empty()
        {
            return Err(UrlError::Topic(topic.1.into()));
        }
        let (host, port) = split_port(authority)?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
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

impl BrokerUrl {
    /// The socket at an absolute path, taken as it is written.
    pub fn unix(path: &str) -> Result<Self, UrlError> {
        if !path.starts_with('/') || path.len() < 2 || path.contains('\0') {
            return Err(UrlError::Socket);
        }
        Ok(Self {
            scheme: Scheme::Unix,
            host: String::new(),
            port: 0,
            path: path.into(),
        })
    }

    /// The host as others know it: without the zone of a link-local address, which means something here alone
    /// (RFC 6874 §4).
    pub fn host_elsewhere(&self) -> &str {
        match self.host.split_once('%') {
            Some((address, _)) if address.contains(':') => address,
            _ => &self.host,
        }
    }

    /// What it is called where no profile gives it a name: the host, or the socket's file name.
    pub fn label(&self) -> &str {
        match self.scheme {
            Scheme::Unix => self.path.rsplit('/').find(|name| !name.is_empty()).unwrap_or("/"),
            _ => &self.host,
        }
    }

    /// A broker on this machine, at the usual port.
    pub fn localhost() -> Self {
        Self {
            scheme: Scheme::Mqtt,
            host: "localhost".into(),
            port: Scheme::Mqtt.default_port(),
            path: "/mqtt".into(),
        }
    }
}

/// What a URL on the command line may say: `mqtt://user:password@host:port/topic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectUrl {
    /// Where the broker is.
    pub broker: BrokerUrl,
    /// Percent-decoded.
    pub username: Option<String>,
    /// Percent-decoded.
    pub password: Option<Secret>,
    /// As written: in mosquitto's `-L` too, `#` and `%` stand for themselves.
    pub topic: Option<String>,
}

impl FromStr for ConnectUrl {
    type Err = UrlError;

    /// A URL or `host[:port]`. No error repeats a password.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("unix", path)) => return BrokerUrl::unix(path).map(Self::from),
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (rest, None),
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let is_socket = scheme.is_some_and(|scheme| scheme.starts_with("ws"));
        let mut address = scheme.map_or_else(String::new, |scheme| format!("{scheme}://"));
        address.push_str(place);
        if let (true, Some(path)) = (is_socket, path) {
            address.push('/');
            address.push_str(path);
        }
        let (username, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
            Some((name, password)) => (decoded(name), decoded(password)),
            None => (Vec::new(), Vec::new()),
        };
        let has_password = user.is_some_and(|user| user.contains(':'));
        Ok(Self {
            broker: address.parse()?,
            username: user.map(|_| String::from_utf8_lossy(&username).into_owned()),
            password: has_password.then(|| Secret::new(password)),
            topic: path.filter(|path| !is_socket && !path.is_empty()).map(Into::into),
        })
    }
}

impl From<BrokerUrl> for ConnectUrl {
    /// An address and nothing else.
    fn from(broker: BrokerUrl) -> Self {
        Self {
            broker,
            username: None,
            password: None,
            topic: None,
        }
    }
}

/// `%40` → `@`; a `%` without two digits stands for itself.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match value.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                bytes.push(value);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    bytes
}

/// `[::1]:1883`, `::1`, `host:1883`, `host`.
pub(super) fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_shown_as_it_is_written() {
        for (text, shown) in [
            ("pi.lan", "mqtt://pi.lan"),
            ("pi.lan:1884", "mqtt://pi.lan:1884"),
            ("::1", "mqtt://[::1]"),
            ("[::1]:1884", "mqtt://[::1]:1884"),
            ("[fe80::1%eth0]:1884", "mqtt://[fe80::1%eth0]:1884"),
            ("tcp://pi:1883", "mqtt://pi"),
            ("mqtts://pi", "mqtts://pi"),
            ("ws://pi:9001/x", "ws://pi:9001/x"),
            ("wss://pi", "wss://pi/mqtt"),
            ("unix:///run/a b:1@#%20.sock", "unix:///run/a b:1@#%20.sock"),
        ] {
            let url: BrokerUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(shown.parse(), Ok(url), "{text}");
        }
    }

    #[test]
    fn bad_address_is_refused_with_what_is_wrong() {
        for (text, error) in [
            ("http://x", "unknown scheme \"http://\""),
            ("mqtt://", "names no host"),
            ("mqtt://a b", "names no host"),
            ("x:0", "\"0\" is no port"),
            ("x:65536", "\"65536\" is no port"),
            ("x:", "\"\" is no port"),
            ("[::1", "names no host"),
            ("mqtt://me:hunter2@x", "does not belong in this URL"),
            ("mqtt://x/a/b", "\"/a/b\""),
            ("unix://run/x", "absolute"),
            ("unix://me:hunter2@/x", "absolute"),
            ("unix:///", "absolute"),
        ] {
            let found = text.parse::<BrokerUrl>().unwrap_err().to_string();
            assert!(found.contains(error), "{text}: {found}");
            assert!(!found.contains("hunter2"), "{found}");
        }
    }

    #[test]
    fn connect_url_is_taken_apart() {
        let url: ConnectUrl = "mqtt://me%40home:a%3Ab%@pi:1884/a/+/%20#".parse().unwrap();
        assert_eq!(url.broker.to_string(), "mqtt://pi:1884");
        assert_eq!(url.username.as_deref(), Some("me@home"));
        assert_eq!(url.password, Some(Secret::new("a:b%")));
        assert_eq!(url.topic.as_deref(), Some("a/+/%20#"));
        let url: ConnectUrl = "ws://pi/path".parse().unwrap();
        assert_eq!(
            (url.broker.path.as_str(), url.topic, url.username),
            ("/path", None, None)
        );
        let url: ConnectUrl = "unix:///run/a@b/c".parse().unwrap();
        assert_eq!(
            (
                url.broker.path.as_str(),
                url.broker.label(),
                url.topic,
                url.username
            ),
            ("/run/a@b/c", "c", None, None)
        );
        let error = "mqtt://me:hunter2@"
            .parse::<ConnectUrl>()
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
