//! A proxy on the way to the broker: `http://user@host:3128`, `socks5://host`, `socks5h://host`.

use std::{fmt, str::FromStr};

use super::{
    PasswordSource, Secret,
    url::{decoded, split_port},
};

/// The port of SOCKS (IANA).
const SOCKS_PORT: u16 = 1080;

/// What the proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// HTTP CONNECT (RFC 9110 §9.3.6).
    Http,
    /// SOCKS 5 (RFC 1928); the broker's name is looked up here.
    Socks5,
    /// The same; the proxy looks the name up.
    Socks5h,
}

impl ProxyKind {
    /// As written in front of `://`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }
}

/// The proxy to go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// What it speaks.
    pub kind: ProxyKind,
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// User name.
    pub username: Option<String>,
    /// Password; of a text with one: in memory.
    pub password: PasswordSource,
}

impl fmt::Display for Proxy {
    /// As written, the password left away.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.kind.name())?;
        if let Some(name) = &self.username {
            write!(f, "{}@", encoded(name))?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Proxy {
    type Err = String;

    /// No error repeats the text behind the scheme: it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let way_out = "use http://HOST:PORT, socks5://HOST or socks5h://HOST";
        let (kind, rest) = match text.split_once("://") {
            Some(("http", rest)) => (ProxyKind::Http, rest),
            Some(("socks5", rest)) => (ProxyKind::Socks5, rest),
            Some(("socks5h", rest)) => (ProxyKind::Socks5h, rest),
            Some((other, _)) => return Err(format!("a proxy cannot be \"{other}://\" here; {way_out}")),
            None => return Err(format!("a proxy needs its scheme; {way_out}")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let (host, port) =
            split_port(place).map_err(|_| format!("the proxy's address cannot be read; {way_out}"))?;
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if host.is_empty() || host.contains(is_odd) {
            return Err(format!(
                "the proxy's host is missing or has characters no host has; {way_out}"
            ));
        }
        let port = match (port, kind) {
            (Some(port), _) => port
                .parse()
                .ok()
                .filter(|&port| port != 0)
                .ok_or("the proxy's port is to be 1 to 65535")?,
            (None, ProxyKind::Http) => {
                return Err("an HTTP proxy needs its port; 3128 and 8080 are usual".into());
            }
            (None, _) => SOCKS_PORT,
        };
        let (username, password) = match user {
            None => (None, PasswordSource::None),
            Some(user) => credentials(user)?,
        };
        Ok(Self {
            kind,
            host: host.into(),
            port,
            username,
            password,
        })
    }
}

fn credentials(user: &str) -> Result<(Option<String>, PasswordSource), String> {
    let (name, password) = match user.split_once(':') {
        Some((name, password)) => (name, PasswordSource::Memory(Secret::new(decoded(password)))),
        None => (user, PasswordSource::None),
    };
    let name = String::from_utf8_lossy(&decoded(name)).into_owned();
    // the colon is where HTTP's Basic ends the name (RFC 7617 §2)
    if name.is_empty() || name.contains(':') || name.chars().any(char::is_control) {
        return Err("the proxy's user is empty or has characters no user has".into());
    }
    Ok((Some(name), password))
}

/// What would be read otherwise, as `%40`.
fn encoded(text: &str) -> String {
    use fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, ':' | '@' | '/' | '%') || c.is_whitespace() {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        } else {
            encoded.push(c);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_as_it_is_written_but_for_its_password() {
        for (text, shown) in [
            ("http://10.0.0.1:3128", "http://10.0.0.1:3128"),
            ("http://me:hunter2@p:1/", "http://me@p:1"),
            ("socks5h://p", "socks5h://p:1080"),
            ("socks5://me%40x%25@[::1]:9", "socks5://me%40x%25@[::1]:9"),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert!(!format!("{proxy:?}").contains("hunter2"));
            let bare = Proxy {
                password: PasswordSource::None,
                ..proxy
            };
            assert_eq!(shown.parse(), Ok(bare), "{text}");
        }
    }

    #[test]
    fn a_bad_proxy_is_refused_with_a_way_out_and_without_its_password() {
        for (text, words) in [
            ("10.0.0.1:3128", "needs its scheme"),
            ("https://me:hunter2@p:1", "\"https://\""),
            ("http://me:hunter2@p", "needs its port"),
            ("socks5://me:hunter2@", "host is missing"),
            ("socks5://me:hunter2@p:0", "1 to 65535"),
            ("socks5://me:hunter2@p/x", "no host has"),
            ("socks5://:hunter2@p", "user is empty"),
            ("socks5://me%3ax:hunter2@p", "no user has"),
        ] {
            let error = text.parse::<Proxy>().unwrap_err();
            assert!(
                error.contains(words) && !error.contains("hunter2"),
                "{text}: {error}"
            );
        }
    }
}
