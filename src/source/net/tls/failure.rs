//! TLS troubles in words, with what to try.

use std::{fmt::Write, io, time::Duration};

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use crate::event::{Certificate, Failure, FailureKind, Phase};

fn failure(kind: FailureKind, what: String, advice: &str) -> Failure {
    Failure {
        kind,
        phase: Some(Phase::Tls),
        code: None,
        what,
        advice: advice.to_owned(),
    }
}

/// What the profile or the flags say cannot work.
pub fn profile(what: String, advice: &str) -> Failure {
    failure(FailureKind::Profile, what, advice)
}

pub fn bad_name(name: &str) -> Failure {
    profile(
        format!("\"{name}\" is no name a certificate can have"),
        "check the host, or name the server: --sni NAME",
    )
}

pub fn timed_out(limit: Duration) -> Failure {
    failure(
        FailureKind::Network,
        format!("no TLS answer within {} s", limit.as_secs()),
        "something listens there but does not answer in TLS: a plain MQTT port, perhaps (mqtt://)",
    )
}

/// Why there is no encrypted connection; `first`: what the peer said first.
pub fn of_handshake(error: &io::Error, first: &[u8], server: &str, chain: &[Certificate]) -> Failure {
    let Some(tls) = tls_error(error) else {
        return broken(error, first);
    };
    match tls {
        Error::InvalidCertificate(_) => {
            let (what, advice) = of_certificate(tls, server, chain);
            failure(FailureKind::Refused, what, &advice)
        }
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) if !is_tls_record(first) => no_tls(first),
        tls => of_tls(tls),
    }
}

/// A TLS error behind the handshake, as a server tells that it wants a client certificate.
pub fn after_handshake(error: &io::Error) -> Option<Failure> {
    tls_error(error).map(of_tls)
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Alert, handshake or data, of some version 3: what TLS begins with.
fn is_tls_record(first: &[u8]) -> bool {
    matches!(first, [0x14..=0x17, 3, ..])
}

fn no_tls(first: &[u8]) -> Failure {
    let advice = match first {
        [b'H', b'T', b'T', b'P', ..] => "that is a web server: check the port",
        [0x20, ..] => "that looks like MQTT without TLS: use mqtt://",
        _ => "check the port: 8883 is usual for TLS, 1883 for mqtt:// without",
    };
    failure(
        FailureKind::Refused,
        format!("the peer does not speak TLS; its first bytes: {}", shown(first)),
        advice,
    )
}

/// `48 54 54 50 "HTTP"`.
fn shown(bytes: &[u8]) -> String {
    let mut words = String::new();
    for byte in bytes {
        let _ = write!(words, "{byte:02x} ");
    }
    let text: String = bytes
        .iter()
        .map(|&byte| match byte {
            0x20..=0x7e => char::from(byte),
            _ => '.',
        })
        .collect();
    format!("{words}\"{text}\"")
}

fn broken(error: &io::Error, first: &[u8]) -> Failure {
    let how = match error.kind() {
        io::ErrorKind::UnexpectedEof => "closed the connection".into(),
        io::ErrorKind::ConnectionReset => "reset the connection".into(),
        _ => format!("broke the connection ({error})"),
    };
    let (when, advice) = if first.is_empty() {
        (
            "at the first TLS message",
            "the port may be plain MQTT: try mqtt://, usually on port 1883",
        )
    } else {
        ("within the TLS handshake", "the broker's log may say why")
    };
    failure(FailureKind::Network, format!("the peer {how} {when}"), advice)
}

fn of_tls(error: &Error) -> Failure {
    use AlertDescription as Alert;
    let (what, advice) = match error {
        Error::AlertReceived(alert) => {
            let advice = match alert {
                Alert::CertificateRequired => {
                    "it wants a client certificate: --cert and --key, or [tls] in the profile"
                }
                Alert::HandshakeFailure => {
                    "it may want a client certificate (--cert, --key), or knows no cipher of TLS 1.2 and 1.3"
                }
                Alert::ProtocolVersion => {
                    "it knows no TLS 1.2 or 1.3 (--tls-version), older ones are not spoken here"
                }
                Alert::UnknownCA | Alert::BadCertificate | Alert::UnsupportedCertificate => {
                    "it does not accept the client certificate: check --cert, and which CA the broker trusts"
                }
                Alert::CertificateExpired => "the client certificate (--cert) has expired",
                Alert::CertificateRevoked => "the client certificate (--cert) is revoked",
                Alert::UnrecognisedName => "it does not know that server name: try another with --sni",
                Alert::NoApplicationProtocol => "it speaks none of the protocols offered: check --tls-alpn",
                Alert::AccessDenied => "the client certificate is known but not allowed",
                _ => "the broker's log may say why",
            };
            (
                format!("the server refused the handshake: {}", alert_words(*alert)),
                advice,
            )
        }
        Error::PeerIncompatible(why) => (
            format!("the server's TLS does not fit: {why:?}"),
            "it may be too old: TLS 1.2 and 1.3 are spoken here (--tls-version)",
        ),
        Error::NoApplicationProtocol => (
            "the server speaks none of the protocols offered".into(),
            "check --tls-alpn",
        ),
        Error::NoCertificatesPresented => ("the server showed no certificate".into(), ""),
        error => (
            format!("the TLS handshake failed: {error}"),
            "what answers may not speak TLS: check the port",
        ),
    };
    failure(FailureKind::Refused, what, advice)
}

/// `CertificateRequired (116)`.
fn alert_words(alert: AlertDescription) -> String {
    format!("{alert:?} (alert {})", u8::from(alert))
}

/// What is wrong with the server's certificate, and what to try.
pub fn of_certificate(error: &Error, server: &str, chain: &[Certificate]) -> (String, String) {
    let Error::InvalidCertificate(why) = error else {
        return (error.to_string(), String::new());
    };
    let own = chain.first();
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            let ago = own.map_or_else(String::new, |own| match own.days_left.checked_neg() {
                Some(days) if days > 0 => format!(" {days} days ago"),
                _ => String::new(),
            });
            let whose = if ago.is_empty() {
                "a certificate of the server's chain"
            } else {
                "the server's certificate"
            };
            (
                format!("{whose} has expired{ago}"),
                "renew it; if it is fresh, check this machine's clock".into(),
            )
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "the server's certificate is not valid yet".into(),
            "check the clocks of this machine and of whoever issued it".into(),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            wrong_name(server, own)
        }
        CertificateError::UnknownIssuer => {
            let issuer = chain
                .last()
                .map_or_else(String::new, |last| format!(": issued by {}", last.issuer));
            (
                format!("the server's certificate is of an authority not trusted here{issuer}"),
                "name the broker's CA file (--cafile, or ca in [tls]); --insecure goes on unverified".into(),
            )
        }
        CertificateError::BadSignature => (
            "the server's certificate bears a false signature".into(),
            "the CA file (--cafile) may be of another authority with the same name".into(),
        ),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => (
            "the server's certificate is not meant for servers (extended key usage)".into(),
            "the broker needs one with serverAuth".into(),
        ),
        CertificateError::Revoked => ("the server's certificate is revoked".into(), String::new()),
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            "the server shows a certificate authority's own certificate as its own".into(),
            "trust exactly it with --cafile, or issue the broker one of its own".into(),
        ),
        CertificateError::Other(other) if format!("{other:?}").contains("UnsupportedCertVersion") => (
            "the server's certificate is of X.509 version 1, which has no names to verify".into(),
            "issue a version 3 certificate with subject alternative names; --insecure goes on unverified"
                .into(),
        ),
        why => (
            format!("the server's certificate is not acceptable: {why}"),
            "--insecure goes on unverified".into(),
        ),
    }
}

fn wrong_name(server: &str, own: Option<&Certificate>) -> (String, String) {
    let names = own.map(|own| own.names.as_slice()).unwrap_or_default();
    if names.is_empty() {
        let subject = own.map_or_else(String::new, |own| format!(" ({})", own.subject));
        return (
            format!(
                "the server's certificate names no host: it has no subject alternative names, only a subject{subject}"
            ),
            "a common name is not enough since RFC 6125: issue a certificate with subject alternative names"
                .into(),
        );
    }
    let mut listed = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 5 {
        let _ = write!(listed, ", {} more", names.len() - 5);
    }
    (
        format!("the server's certificate is not for {server}; it is for {listed}"),
        "connect by one of these names, or verify one of them: --sni NAME".into(),
    )
}
