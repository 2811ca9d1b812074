//! Connections of other programs → profiles: MQTTX, MQTT Explorer, MQTT.fx.
//!
//! Values only: what is written where is for who asks to decide. What has no place in a profile is said.

mod json;
pub(super) mod properties;
mod xml;

use std::path::PathBuf;

use super::{BrokerUrl, HeaderValue, PasswordSource, Profile, Scheme, Secret, TlsOptions};
use crate::mqtt::{
    Message, Properties, QoS, Subscription, SubscriptionOptions, TopicFilter, TopicName, Will,
};

/// A connection as another program had it.
#[derive(Debug)]
pub struct Imported {
    /// The profile, without its password.
    pub profile: Profile,
    /// The password.
    pub password: Option<Secret>,
    /// Certificates that stood in the settings themselves, PEM: for files that the profile is to name.
    pub certificates: Vec<(CertificateFile, Secret)>,
    /// What could not be taken over, in words.
    pub notes: Vec<String>,
}

/// What a file of TLS is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFile {
    /// Certificate authorities.
    Ca,
    /// The client's certificate.
    Cert,
    /// The client's private key.
    Key,
}

impl CertificateFile {
    /// As `[tls]` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::Cert => "cert",
            Self::Key => "key",
        }
    }

    /// Its place in a profile.
    pub const fn of(self, tls: &mut TlsOptions) -> &mut Option<PathBuf> {
        match self {
            Self::Ca => &mut tls.ca,
            Self::Cert => &mut tls.cert,
            Self::Key => &mut tls.key,
        }
    }
}

/// Reads an export or settings file; which program's it is shows in the text. The error says what is wrong.
pub fn read_connections(text: &str) -> Result<Vec<Result<Imported, String>>, String> {
    if text.trim_start().starts_with('<') {
        xml::read(text)
    } else {
        json::read(text)
    }
}

/// Whether a text is one of [`read_connections`], and no list of flags.
pub fn is_export(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with(['<', '{', '['])
}

/// A name a file can have: what cannot stand in one becomes `-`.
fn file_name(name: &str, host: &str) -> String {
    let plain = |text: &str| -> String {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        let replaced = text.trim().chars().map(|c| if allowed(c) { c } else { '-' });
        replaced
            .collect::<String>()
            .trim_matches(['.', '-', ' '])
            .to_owned()
    };
    let (name, host) = (plain(name), plain(host));
    match (name.is_empty(), host.is_empty()) {
        (false, _) => name,
        (true, false) => host,
        (true, true) => "imported".into(),
    }
}

/// A connection of that name to that broker; refused if no profile can say it.
fn begin(name: &str, scheme: Scheme, host: &str, port: Option<u64>, path: &str) -> Result<Imported, String> {
    let refused = |why: String| format!("{name}: {why}");
    let port = match port {
        None | Some(0) => scheme.default_port(),
        Some(port) => u16::try_from(port).map_err(|_| refused(format!("{port} is no port")))?,
    };
    let mut url: BrokerUrl = host.parse().map_err(|error| refused(format!("{error}")))?;
    (url.scheme, url.port) = (scheme, port);
    if !path.is_empty() {
        url.path = format!("/{}", path.trim_start_matches('/'));
    }
    Ok(Imported {
        profile: Profile::new(file_name(name, host), url),
        password: None,
        certificates: Vec::new(),
        notes: Vec::new(),
    })
}

impl Imported {
    /// A profile whose passwords are to go to files of their own; what is of one run only is left out and said.
    pub fn of_profile(mut profile: Profile) -> Self {
        let mut notes = Vec::new();
        let take = |source: &mut PasswordSource| match std::mem::take(source) {
            PasswordSource::Memory(secret) => Some(secret),
            other => {
                *source = other;
                None
            }
        };
        let password = take(&mut profile.password);
        if take(&mut profile.tls.key_password).is_some() {
            notes.push("the key's password left out; use key_password_command or key_password_file".into());
        }
        if take(&mut profile.authentication_data).is_some() {
            notes.push("authentication data left out; use authentication_data_command or _file".into());
        }
        if profile
            .proxy
            .as_mut()
            .and_then(|proxy| take(&mut proxy.password))
            .is_some()
        {
            notes.push(
                "the proxy's password left out; use proxy_password_command or proxy_password_file".into(),
            );
        }
        profile.ws_headers.retain(|header| {
            let is_of_one_run = matches!(header.value, HeaderValue::Secret(PasswordSource::Memory(_)));
            if is_of_one_run {
                notes.push(format!(
                    "the header {} left out; write it under [ws_headers]",
                    header.name
                ));
            }
            !is_of_one_run
        });
        if profile.tls.keylog.is_some() {
            notes.push("--tls-keylog left out: it is for one run".into());
        }
        Self {
            profile,
            password,
            certificates: Vec::new(),
            notes,
        }
    }

    fn credentials(&mut self, username: &str, password: &str) {
        self.profile.username = Some(username.to_owned()).filter(|name| !name.is_empty());
        self.password = (!password.is_empty()).then(|| Secret::new(password.to_owned()));
    }

    /// The other program's own id: broker rules may be bound to it. Both at once would throw each other off.
    fn client_id(&mut self, id: &str) {
        if !id.is_empty() {
            id.clone_into(&mut self.profile.client_id);
        }
    }

    fn subscription(&mut self, filter: &str, options: SubscriptionOptions, properties: Properties) {
        match TopicFilter::new(filter) {
            Ok(filter) => self.profile.subscriptions.push(Subscription {
                filter,
                options,
                properties,
            }),
            Err(error) => self
                .notes
                .push(format!("subscription \"{filter}\" left out: {error}")),
        }
    }

    fn will(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool, properties: Properties) {
        if topic.is_empty() {
            return;
        }
        match TopicName::new(topic) {
            Ok(topic) => {
                let message = Message {
                    topic,
                    payload: payload.to_owned().into(),
                    qos,
                    retain,
                    properties,
                };
                self.profile.will = Some(Will { message });
            }
            Err(error) => self.notes.push(format!("will left out: {error}")),
        }
    }

    fn keep_alive(&mut self, seconds: Option<u64>) {
        if let Some(seconds) = seconds.and_then(|seconds| u16::try_from(seconds).ok()) {
            self.profile.keep_alive = seconds;
        }
    }

    fn version(&mut self, text: &str) {
        match text.parse() {
            Ok(version) => self.profile.protocol = version,
            Err(_) if text.is_empty() => {}
            Err(_) => self
                .notes
                .push(format!("protocol version \"{text}\" is not known; auto is used")),
        }
    }

    /// Certificates named by files; both halves of the client's or none.
    fn certificate_files(&mut self, ca: &str, cert: &str, key: &str) {
        let path = |text: &str| (!text.is_empty()).then(|| text.into());
        let (ca, cert, key) = (path(ca), path(cert), path(key));
        if !self.profile.url.scheme.is_tls() {
            if ca.is_some() || cert.is_some() || key.is_some() {
                let note = "certificates left out: the connection does not use TLS";
                self.notes.push(note.into());
            }
            return;
        }
        self.profile.tls.ca = ca;
        if cert.is_some() == key.is_some() {
            (self.profile.tls.cert, self.profile.tls.key) = (cert, key);
        } else {
            let note = "client certificate left out: certificate and key belong together";
            self.notes.push(note.into());
        }
    }
}

fn qos(number: Option<u64>) -> QoS {
    number
        .and_then(|number| QoS::from_bits(u8::try_from(number).ok()?))
        .unwrap_or_default()
}

/// `mqtt` with TLS is `mqtts`.
fn scheme(name: &str, is_tls: bool) -> Scheme {
    match (name.trim_end_matches("://"), is_tls) {
        ("wss", _) | ("ws", true) => Scheme::Wss,
        ("ws", false) => Scheme::Ws,
        ("mqtts" | "ssl" | "tls", _) | (_, true) => Scheme::Mqtts,
        _ => Scheme::Mqtt,
    }
}
