//! Further headers of the WebSocket request: what a name and a value may be, and where a secret value comes from.

use super::{PasswordSource, Paths, Secret, resolve_password};

/// Headers whose value is always a credential: a profile file names where it comes from instead.
const CREDENTIALS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// One header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WsHeader {
    /// A token of HTTP (RFC 9110 §5.6.2).
    pub name: String,
    /// What it says.
    pub value: HeaderValue,
}

/// A header's value: of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// As it stands in the profile's file.
    Plain(String),
    /// Never in the file and never shown.
    Secret(PasswordSource),
}

impl WsHeader {
    /// One whose value may be seen, as a line: `NAME: VALUE`.
    pub fn parse_line(line: &str) -> Result<Self, String> {
        let (name, value) = line.split_once(':').ok_or("needs NAME: VALUE")?;
        let (name, value) = (name.trim(), value.trim());
        check_header_name(name)?;
        let value = plain_value(name, value)?;
        Ok(Self {
            name: name.into(),
            value,
        })
    }

    /// The same back; `None` for a value that is never shown.
    pub fn line(&self) -> Option<String> {
        match &self.value {
            HeaderValue::Plain(value) => Some(format!("{}: {value}", self.name)),
            HeaderValue::Secret(_) => None,
        }
    }

    /// Given for this run.
    pub fn secret(name: &str, value: Secret) -> Self {
        Self {
            name: name.into(),
            value: HeaderValue::Secret(PasswordSource::Memory(value)),
        }
    }

    /// The value's bytes; `None` while its source was not asked.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.value {
            HeaderValue::Plain(text) => Some(text.as_bytes()),
            HeaderValue::Secret(PasswordSource::Memory(secret)) => Some(secret.expose()),
            HeaderValue::Secret(_) => None,
        }
    }

    /// The same with its secret fetched; blocks while a command runs.
    pub(super) fn resolved(&self, paths: &Paths) -> Result<Self, String> {
        let HeaderValue::Secret(source) = &self.value else {
            return Ok(self.clone());
        };
        let named = |error: String| {
            let way = error.strip_prefix("password_").unwrap_or(&error);
            format!("ws_headers: {}: {way}", self.name)
        };
        let secret = resolve_password(paths, source)
            .map_err(named)?
            .unwrap_or_else(|| Secret::new(""));
        if secret.expose().iter().any(u8::is_ascii_control) {
            return Err(format!(
                "ws_headers: {}: the value has a line break or control character",
                self.name
            ));
        }
        Ok(Self::secret(&self.name, secret))
    }
}

/// A name that cannot end its line.
pub fn check_header_name(name: &str) -> Result<(), String> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err(format!("\"{name}\" is no header's name"));
    }
    Ok(())
}

/// A value that may stand in a file, under its name.
pub(super) fn plain_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    if CREDENTIALS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!(
            "a credential does not belong in this file; use {name} = {{ command = [\"…\"] }}, {{ env = \"…\" }} or {{ file = \"…\" }}"
        ));
    }
    if value.chars().any(char::is_control) {
        return Err("a header's value is one line without control characters".into());
    }
    Ok(HeaderValue::Plain(value.into()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_secret_is_fetched_and_cannot_end_its_line() {
        let paths = Paths::find(Some(Path::new("/nowhere"))).unwrap();
        let header = |source| WsHeader {
            name: "X-Token".into(),
            value: HeaderValue::Secret(source),
        };
        let missing = header(PasswordSource::Env("MQTTSCOPE_NO_SUCH".into())).resolved(&paths);
        assert_eq!(
            missing.unwrap_err(),
            "ws_headers: X-Token: env: the environment variable MQTTSCOPE_NO_SUCH is not set"
        );
        let sly = header(PasswordSource::Memory(Secret::new("a\rHost: b"))).resolved(&paths);
        let error = sly.unwrap_err();
        assert!(error.contains("line break") && !error.contains("Host"), "{error}");
    }
}
