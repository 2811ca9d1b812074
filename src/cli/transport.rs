//! Flags of the transport → what a profile says of it.

use std::path::{Path, PathBuf};

use super::{
    Failure,
    args::{ConnectionArgs, Preset, TlsArgs},
};
use crate::config::{PasswordSource, Profile, Scheme, TlsOptions};

/// What AWS `IoT` wants to hear on port 443 to speak MQTT there.
const AWS_ALPN: &str = "x-amzn-mqtt-ca";

/// Flags win over what the profile says; the port follows the scheme unless it is given.
pub fn apply(profile: &mut Profile, flags: &ConnectionArgs) -> Result<(), Failure> {
    if profile.url.scheme == Scheme::Unix {
        return idle_on_socket(flags).map_or(Ok(()), |flag| {
            let what = format!("{flag} has no effect on {}; leave it out", profile.url);
            Err(Failure::usage(what))
        });
    }
    let had_usual_port = profile.url.port == profile.url.scheme.default_port();
    let is_port_free = had_usual_port && flags.port.is_none();
    tls_options(&mut profile.tls, &flags.tls);
    if flags.tls.is_given() && !profile.url.scheme.is_tls() {
        profile.url.scheme = profile.url.scheme.with_tls();
        if is_port_free {
            profile.url.port = profile.url.scheme.default_port();
        }
    }
    profile.bind = flags.way.bind.or(profile.bind);
    if flags.way.proxy.is_some() {
        profile.proxy.clone_from(&flags.way.proxy);
    }
    if let Some(path) = &flags.websocket.ws_path {
        let slash = if path.starts_with('/') { "" } else { "/" };
        profile.url.path = format!("{slash}{path}");
    }
    profile
        .ws_headers
        .extend(flags.websocket.ws_header.iter().cloned());
    if flags.tls.preset == Some(Preset::Aws) && profile.url.scheme == Scheme::Mqtts {
        if is_port_free {
            profile.url.port = 443;
        }
        if profile.url.port == 443 && profile.tls.alpn.is_empty() {
            profile.tls.alpn = vec![AWS_ALPN.into()];
        }
    }
    Ok(())
}

/// The flag that means nothing to a Unix socket, if one is given.
fn idle_on_socket(flags: &ConnectionArgs) -> Option<&'static str> {
    let given = [
        (flags.port.is_some(), "-p"),
        (flags.way.bind.is_some(), "--bind"),
        (flags.way.proxy.is_some(), "--proxy"),
        (flags.tls.is_given(), "TLS"),
    ];
    given
        .iter()
        .find_map(|(is_given, flag)| is_given.then_some(*flag))
}

impl TlsArgs {
    /// Whether TLS is asked for by them.
    fn is_given(&self) -> bool {
        self.cafile.is_some()
            || self.capath.is_some()
            || self.cert.is_some()
            || self.sni.is_some()
            || !self.tls_alpn.is_empty()
            || self.tls_version.is_some()
            || self.insecure
            || self.preset.is_some()
    }
}

fn tls_options(options: &mut TlsOptions, flags: &TlsArgs) {
    if flags.cafile.is_some() || flags.capath.is_some() {
        options.ca = flags.cafile.as_deref().map(here);
        options.ca_path = flags.capath.as_deref().map(here);
    }
    if let (Some(cert), Some(key)) = (&flags.cert, &flags.key) {
        options.cert = Some(here(cert));
        options.key = Some(here(key));
        options.key_password = PasswordSource::None;
    }
    if let Some(secret) = &flags.key_password {
        options.key_password = PasswordSource::Memory(secret.clone());
    }
    if flags.sni.is_some() {
        options.sni.clone_from(&flags.sni);
    }
    if !flags.tls_alpn.is_empty() {
        options.alpn.clone_from(&flags.tls_alpn);
    }
    if let Some(version) = flags.tls_version {
        options.min_version = version;
    }
    options.is_insecure |= flags.insecure;
    if let Some(path) = &flags.tls_keylog {
        options.keylog = Some(here(path));
    }
}

/// On the command line a path is relative to the folder one is in; in a profile, to the configuration's.
pub fn here(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::WayArgs;

    fn applied(url: &str, flags: &ConnectionArgs) -> Profile {
        let mut profile = Profile::new("x", url.parse().unwrap());
        if let Some(port) = flags.port {
            profile.url.port = port;
        }
        apply(&mut profile, flags).unwrap();
        profile
    }

    fn with(tls: TlsArgs, port: Option<u16>) -> ConnectionArgs {
        ConnectionArgs {
            port,
            tls,
            ..Default::default()
        }
    }

    #[test]
    fn a_flag_of_tls_turns_it_on_as_mosquitto_does() {
        let insecure = || TlsArgs {
            insecure: true,
            ..Default::default()
        };
        for (url, port, shown) in [
            ("pi", None, "mqtts://pi"),
            ("pi:1884", None, "mqtts://pi:1884"),
            ("pi", Some(1883), "mqtts://pi:1883"),
            ("mqtts://pi", None, "mqtts://pi"),
        ] {
            let profile = applied(url, &with(insecure(), port));
            assert_eq!(profile.url.to_string(), shown, "{url}");
            assert!(profile.tls.is_insecure);
        }
        let keylog = TlsArgs {
            tls_keylog: Some("keys".into()),
            ..Default::default()
        };
        assert_eq!(applied("pi", &with(keylog, None)).url.to_string(), "mqtt://pi");
    }

    #[test]
    fn aws_is_reached_on_443_by_its_protocol_name() {
        let aws = || TlsArgs {
            preset: Some(Preset::Aws),
            ..Default::default()
        };
        let profile = applied("x.iot.eu-central-1.amazonaws.com", &with(aws(), None));
        assert_eq!(
            profile.url.to_string(),
            "mqtts://x.iot.eu-central-1.amazonaws.com:443"
        );
        assert_eq!(profile.tls.alpn, [AWS_ALPN]);
        let profile = applied("x", &with(aws(), Some(8883)));
        assert_eq!((profile.url.port, profile.tls.alpn.len()), (8883, 0));
    }

    #[test]
    fn what_means_nothing_to_a_unix_socket_is_refused() {
        let bind = ConnectionArgs {
            way: WayArgs {
                bind: Some("127.0.0.1".parse().unwrap()),
                ..Default::default()
            },
            ..Default::default()
        };
        let insecure = TlsArgs {
            insecure: true,
            ..Default::default()
        };
        for (flags, flag) in [
            (with(TlsArgs::default(), Some(1)), "-p"),
            (bind, "--bind"),
            (with(insecure, None), "TLS"),
        ] {
            let mut profile = Profile::new("x", "unix:///run/x".parse().unwrap());
            let failure = apply(&mut profile, &flags).unwrap_err().to_string();
            assert_eq!(
                failure,
                format!("mqttscope: {flag} has no effect on unix:///run/x; leave it out")
            );
        }
    }

    #[test]
    fn paths_of_flags_are_relative_to_where_one_is() {
        let flags = TlsArgs {
            cafile: Some("ca.pem".into()),
            ..Default::default()
        };
        let ca = applied("pi", &with(flags, None)).tls.ca.unwrap();
        assert!(ca.is_absolute() && ca.ends_with("ca.pem"));
    }
}
