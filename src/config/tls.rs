//! What a profile says about TLS. Values only: files are read when a connection is made.

use std::{fmt, path::PathBuf, str::FromStr};

use super::{PasswordSource, Paths, paths, resolve_password};

/// The oldest TLS version taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersion {
    /// RFC 5246.
    #[default]
    V12,
    /// RFC 8446.
    V13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V12 => "1.2",
            Self::V13 => "1.3",
        })
    }
}

impl FromStr for TlsVersion {
    type Err = String;

    /// `1.2`, `1.3`, and as mosquitto writes them: `tlsv1.2`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().trim_start_matches("tlsv") {
            "1.2" => Ok(Self::V12),
            "1.3" => Ok(Self::V13),
            "1" | "1.0" | "1.1" => Err(format!(
                "TLS {text} is broken and not spoken here; use 1.2 or 1.3"
            )),
            _ => Err(format!("\"{text}\" is no TLS version; use 1.2 or 1.3")),
        }
    }
}

/// How TLS is spoken, where the URL asks for it. The default: system roots, no client certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsOptions {
    /// A PEM file of certificate authorities, trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// A folder of such files.
    pub ca_path: Option<PathBuf>,
    /// The client's certificate, PEM, its own first.
    pub cert: Option<PathBuf>,
    /// The client's private key, PEM: PKCS#1, PKCS#8, SEC1, or encrypted PKCS#8.
    pub key: Option<PathBuf>,
    /// What decrypts the key.
    pub key_password: PasswordSource,
    /// Application protocols offered, most wanted first.
    pub alpn: Vec<String>,
    /// The server's name to ask for and to verify, where it is not the URL's host.
    pub sni: Option<String>,
    /// Nothing older is taken.
    pub min_version: TlsVersion,
    /// Whoever answers is taken for the broker.
    pub is_insecure: bool,
    /// Secrets of each session are appended here for Wireshark. Of this run only, never of a profile file.
    pub keylog: Option<PathBuf>,
}

impl TlsOptions {
    /// Whether anything but the default is said, the key log aside, which the environment may ask for.
    pub fn is_default(&self) -> bool {
        let plain = Self {
            keylog: self.keylog.clone(),
            ..Self::default()
        };
        *self == plain
    }

    /// The same with absolute paths, the key's password fetched and the key log of the environment; blocks
    /// while a command runs.
    pub fn resolved(&self, paths: &Paths) -> Result<Self, String> {
        let expand = |path: &Option<PathBuf>| path.as_ref().map(|path| paths::expand(path, &paths.config));
        let password = resolve_password(paths, &self.key_password).map_err(|error| format!("key_{error}"))?;
        Ok(Self {
            ca: expand(&self.ca),
            ca_path: expand(&self.ca_path),
            cert: expand(&self.cert),
            key: expand(&self.key),
            keylog: self.keylog.clone().or_else(of_environment),
            key_password: password.map_or(PasswordSource::None, PasswordSource::Memory),
            ..self.clone()
        })
    }
}

fn of_environment() -> Option<PathBuf> {
    let path = std::env::var_os("SSLKEYLOGFILE")?;
    (!path.is_empty()).then(|| path.into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn versions_are_taken_in_both_spellings_and_old_ones_refused_by_name() {
        for text in ["1.2", "tlsv1.2", "TLSv1.2"] {
            assert_eq!(text.parse(), Ok(TlsVersion::V12), "{text}");
        }
        assert_eq!("1.3".parse(), Ok(TlsVersion::V13));
        for (text, words) in [("tlsv1.1", "is broken"), ("ssl3", "no TLS version")] {
            let error = text.parse::<TlsVersion>().unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_configuration_and_a_key_password_is_fetched() {
        let paths = Paths::find(Some(Path::new("/conf"))).unwrap();
        let options = TlsOptions {
            ca: Some("ca.pem".into()),
            key: Some("/abs/key.pem".into()),
            key_password: PasswordSource::Env("MQTTSCOPE_NO_SUCH".into()),
            ..TlsOptions::default()
        };
        let error = options.resolved(&paths).unwrap_err();
        assert!(error.starts_with("key_password_env: "), "{error}");
        let options = TlsOptions {
            key_password: PasswordSource::None,
            ..options
        };
        let resolved = options.resolved(&paths).unwrap();
        assert_eq!(resolved.ca.as_deref(), Some(Path::new("/conf/ca.pem")));
        assert_eq!(resolved.key.as_deref(), Some(Path::new("/abs/key.pem")));
    }
}
