//! TLS against mosquitto.

use std::{fs, process::Command};

use mqttscope::{
    config::{PasswordSource, Profile, Secret, TlsVersion},
    event::{FailureKind, Phase},
};

use crate::{
    certificates::{Authority, Issued},
    common::mosquitto::Mosquitto,
    fails, front, profile, talks,
};

/// A mosquitto that shows this certificate, with further lines of configuration.
fn broker(server: &Issued, config: &str) -> Option<Mosquitto> {
    Mosquitto::start_with(&format!(
        "allow_anonymous true\ncertfile {}\nkeyfile {}\n{config}",
        server.cert.display(),
        server.key.display()
    ))
}

fn to(broker: &Mosquitto, host: &str, authority: &Authority) -> Profile {
    let mut profile = profile(&format!("mqtts://{host}:{}", broker.port));
    profile.tls.ca = Some(authority.ca());
    profile
}

#[tokio::test]
async fn own_authority_connects_by_name_and_address_and_tells_what_was_agreed() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost", "127.0.0.1"]);
    let Some(broker) = broker(&server, "") else { return };
    for host in ["localhost", "127.0.0.1"] {
        let facts = talks(to(&broker, host, &authority)).await;
        let tls = facts.tls.as_ref().unwrap();
        assert_eq!(
            (tls.version.as_str(), facts.is_insecure(), &tls.complaint),
            ("TLS 1.3", false, &None)
        );
        assert!(tls.cipher.starts_with("TLS13_"), "{}", tls.cipher);
        let own = &tls.chain[0];
        assert_eq!(
            (own.subject.as_str(), own.issuer.as_str()),
            ("CN=pi.lan", "CN=Lab CA")
        );
        assert_eq!(own.names, ["localhost", "127.0.0.1"]);
        assert!(own.days_left > 365, "{}", own.days_left);
        let phases: Vec<_> = facts.phases.iter().map(|(phase, _)| phase.name()).collect();
        assert!(phases.ends_with(&["TCP", "TLS", "CONNECT"]), "{phases:?}");
    }
}

#[tokio::test]
async fn authorities_are_taken_from_a_folder_too() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, "") else { return };
    let mut profile = to(&broker, "localhost", &authority);
    profile.tls.ca = None;
    profile.tls.ca_path = Some(authority.folder());
    talks(profile).await;
}

#[tokio::test]
async fn tls_1_2_is_spoken_unless_1_3_is_the_oldest_taken_and_alpn_is_agreed() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = Mosquitto::start() else { return };
    let port = front::before(broker.port, &server, &["mqtt"]).await;
    let mut profile = profile(&format!("mqtts://localhost:{port}"));
    profile.tls.ca = Some(authority.ca());
    let tls = talks(profile.clone()).await.tls.unwrap();
    assert_eq!((tls.version.as_str(), tls.alpn), ("TLS 1.2", None));
    profile.tls.alpn = vec!["other".into(), "mqtt".into()];
    let tls = talks(profile.clone()).await.tls.unwrap();
    assert_eq!(tls.alpn.as_deref(), Some("mqtt"));

    let mut modern = profile.clone();
    modern.tls.min_version = TlsVersion::V13;
    let (failure, is_retried) = fails(modern).await;
    assert!(
        failure.advice.contains("--tls-version") && !is_retried,
        "{failure:?}"
    );
    profile.tls.alpn = vec!["other".into()];
    let (failure, is_retried) = fails(profile).await;
    assert!(
        failure.advice.contains("--tls-alpn") && !is_retried,
        "{failure:?}"
    );
}

#[tokio::test]
async fn bad_certificates_are_refused_in_words_before_connect_is_sent() {
    let authority = Authority::new("Lab CA");
    let stranger = Authority::new("Other CA");
    let cases = [
        (
            authority.expired("old", &["localhost"]),
            "the server's certificate has expired",
            "clock",
        ),
        (
            authority.early("new", &["localhost"]),
            "the server's certificate is not valid yet",
            "clocks",
        ),
        (
            authority.issue("wrong", &["pi.lan", "10.0.0.1"]),
            "is not for localhost; it is for pi.lan, 10.0.0.1",
            "--sni",
        ),
        (
            stranger.issue("unknown", &["localhost"]),
            "an authority not trusted here: issued by CN=Other CA",
            "--cafile",
        ),
        (
            authority.issue("localhost", &[]),
            "names no host: it has no subject alternative names, only a subject (CN=localhost)",
            "subject alternative names",
        ),
        (
            authority.client("not-a-server"),
            "not meant for servers",
            "serverAuth",
        ),
    ];
    for (server, what, advice) in cases {
        let Some(broker) = broker(&server, "") else { return };
        let (failure, is_retried) = fails(to(&broker, "localhost", &authority)).await;
        assert!(failure.what.contains(what), "{failure:?}");
        assert!(failure.advice.contains(advice), "{failure:?}");
        assert_eq!(
            (failure.kind, failure.phase, is_retried),
            (FailureKind::Refused, Some(Phase::Tls), false)
        );
        assert!(!broker.log().contains("New client connected"), "{}", broker.log());
        let (front, said) = front::listening(&server).await;
        let mut profile = profile(&format!("mqtts://localhost:{front}"));
        profile.tls.ca = Some(authority.ca());
        fails(profile).await;
        assert_eq!(said.await.unwrap(), b"", "no byte of CONNECT");
    }
}

#[tokio::test]
async fn a_plain_connection_to_a_tls_port_is_told() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, "") else { return };
    let (failure, _) = fails(profile(&format!("mqtt://127.0.0.1:{}", broker.port))).await;
    assert!(failure.advice.contains("TLS"), "{failure:?}");
}

#[tokio::test]
async fn without_an_authority_the_systems_do_not_trust_ours() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, "") else { return };
    let (failure, _) = fails(profile(&format!("mqtts://localhost:{}", broker.port))).await;
    assert!(failure.advice.contains("--cafile"), "{failure:?}");
}

#[tokio::test]
async fn insecure_connects_and_says_what_is_wrong_all_the_time() {
    let authority = Authority::new("Lab CA");
    let server = authority.expired("old", &["elsewhere"]);
    let Some(broker) = broker(&server, "") else { return };
    let mut profile = profile(&format!("mqtts://localhost:{}", broker.port));
    profile.tls.is_insecure = true;
    let facts = talks(profile).await;
    assert!(facts.is_insecure());
    let tls = facts.tls.unwrap();
    assert!(tls.complaint.is_some(), "{tls:?}");
    assert!(tls.chain[0].days_left < 0);
}

#[tokio::test]
async fn another_name_is_asked_for_and_verified() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["pi.lan"]);
    let Some(broker) = broker(&server, "") else { return };
    let mut profile = to(&broker, "127.0.0.1", &authority);
    profile.tls.sni = Some("pi.lan".into());
    talks(profile).await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_naming_it() {
    let authority = Authority::new("Lab CA");
    let server = authority.self_signed("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, "") else { return };
    let mut profile = to(&broker, "localhost", &authority);
    profile.tls.ca = Some(server.cert.clone());
    talks(profile.clone()).await;
    profile.url.host = "127.0.0.1".into();
    let (failure, _) = fails(profile).await;
    assert!(failure.what.contains("is not for 127.0.0.1"), "{failure:?}");
}

/// A broker that wants client certificates of the authority.
fn demanding(authority: &Authority) -> Option<Mosquitto> {
    let server = authority.issue("pi.lan", &["localhost"]);
    let config = format!("cafile {}\nrequire_certificate true\n", authority.ca().display());
    broker(&server, &config)
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_wanted() {
    let authority = Authority::new("Lab CA");
    let Some(broker) = demanding(&authority) else {
        return;
    };
    let client = authority.client("me");
    let mut profile = to(&broker, "localhost", &authority);
    let (failure, is_retried) = fails(profile.clone()).await;
    assert!(failure.advice.contains("--cert"), "{failure:?}");
    assert_eq!((failure.phase, is_retried), (Some(Phase::Tls), false));

    let foreign = Authority::new("Other CA").client("me");
    profile.tls.cert = Some(client.cert.clone());
    profile.tls.key = Some(foreign.key.clone());
    let (failure, _) = fails(profile.clone()).await;
    assert_eq!(failure.kind, FailureKind::Profile, "{failure:?}");

    profile.tls.key = Some(client.key);
    talks(profile).await;
}

#[tokio::test]
async fn a_client_certificate_of_another_authority_is_told() {
    let authority = Authority::new("Lab CA");
    let Some(broker) = demanding(&authority) else {
        return;
    };
    let others = Authority::new("Other CA");
    let client = others.client("me");
    let mut profile = to(&broker, "localhost", &authority);
    profile.tls.cert = Some(client.cert);
    profile.tls.key = Some(client.key);
    let (failure, is_retried) = fails(profile).await;
    assert!(failure.advice.contains("--cert"), "{failure:?}");
    assert!(!is_retried);
}

/// Runs openssl; false where it is not installed.
fn openssl(arguments: &[&str]) -> bool {
    match Command::new("openssl").args(arguments).output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            true
        }
        Err(_) => {
            eprintln!("skipped: openssl is not installed");
            false
        }
    }
}

#[tokio::test]
async fn keys_are_read_in_every_usual_form() {
    let authority = Authority::new("Lab CA");
    let Some(broker) = demanding(&authority) else {
        return;
    };
    let client = authority.client("me");
    let key = client.key.to_str().unwrap();
    let file = |name: &str| authority.path(name).to_str().unwrap().to_owned();
    let (sec1, pkcs5) = (file("sec1"), file("pkcs5"));
    let mut forms = vec![(key.to_owned(), None)];
    if !openssl(&["ec", "-in", key, "-out", &sec1]) {
        return;
    }
    assert!(
        fs::read_to_string(&sec1)
            .unwrap()
            .contains("BEGIN EC PRIVATE KEY")
    );
    forms.push((sec1, None));
    for (name, cipher, prf) in [
        ("des3", "des3", "hmacWithSHA1"),
        ("aes128", "aes-128-cbc", "hmacWithSHA512"),
        ("pkcs5", "aes-256-cbc", "hmacWithSHA256"),
    ] {
        let path = file(name);
        let convert = [
            "pkcs8",
            "-topk8",
            "-v2",
            cipher,
            "-v2prf",
            prf,
            "-passout",
            "pass:hunter2",
            "-in",
            key,
        ];
        openssl(&[&convert[..], &["-out", &path]].concat());
        forms.push((path, Some("hunter2")));
    }
    let mut profile = to(&broker, "localhost", &authority);
    profile.tls.cert = Some(client.cert.clone());
    for (key, password) in forms {
        profile.tls.key = Some(key.into());
        profile.tls.key_password = password.map_or(PasswordSource::None, |text| {
            PasswordSource::Memory(Secret::new(text))
        });
        talks(profile.clone()).await;
    }

    for (password, what) in [(None, "is encrypted"), (Some("wrong"), "cannot be decrypted")] {
        profile.tls.key = Some(pkcs5.clone().into());
        profile.tls.key_password = password.map_or(PasswordSource::None, |text| {
            PasswordSource::Memory(Secret::new(text))
        });
        let (failure, is_retried) = fails(profile.clone()).await;
        assert!(failure.what.contains(what) && !is_retried, "{failure:?}");
        assert!(!format!("{failure:?}").contains("wrong\""), "{failure:?}");
    }

    let old = file("old");
    openssl(&["ec", "-aes128", "-passout", "pass:x", "-in", key, "-out", &old]);
    profile.tls.key = Some(old.into());
    let (failure, _) = fails(profile.clone()).await;
    assert!(failure.advice.contains("openssl pkcs8 -topk8"), "{failure:?}");
}

#[tokio::test]
async fn a_pkcs1_key_of_rsa_is_read() {
    let authority = Authority::new("Lab CA");
    let file = |name: &str| authority.path(name).to_str().unwrap().to_owned();
    let (pkcs1, cert) = (file("rsa.key"), file("rsa.crt"));
    if !openssl(&["genrsa", "-traditional", "-out", &pkcs1, "2048"]) {
        return;
    }
    assert!(
        fs::read_to_string(&pkcs1)
            .unwrap()
            .contains("BEGIN RSA PRIVATE KEY")
    );
    openssl(&[
        "req", "-x509", "-new", "-key", &pkcs1, "-subj", "/CN=me", "-out", &cert,
    ]);
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, &format!("cafile {cert}\nrequire_certificate true\n")) else {
        return;
    };
    let mut profile = to(&broker, "localhost", &authority);
    profile.tls.cert = Some(cert.into());
    profile.tls.key = Some(pkcs1.into());
    talks(profile).await;
}

#[tokio::test]
async fn files_that_are_missing_or_empty_are_named() {
    let authority = Authority::new("Lab CA");
    fs::write(authority.path("empty.pem"), "").unwrap();
    let base = profile("mqtts://localhost:1");
    for (file, what) in [
        ("missing.pem", "missing.pem: "),
        ("empty.pem", "holds no certificate"),
    ] {
        let mut profile = base.clone();
        profile.tls.ca = Some(authority.path(file));
        let (failure, is_retried) = fails(profile).await;
        assert_eq!((failure.kind, is_retried), (FailureKind::Profile, false));
        assert!(failure.what.contains(what), "{failure:?}");
    }
}

#[tokio::test]
async fn secrets_of_a_session_are_logged_on_request_for_the_owner_alone() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, "") else { return };
    let log = authority.path("keys.log");
    let mut profile = to(&broker, "localhost", &authority);
    profile.tls.keylog = Some(log.clone());
    talks(profile).await;
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("CLIENT_TRAFFIC_SECRET_0 "), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn large_messages_pass_whole_in_both_directions() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = broker(&server, "") else { return };
    let mut observer = crate::Observer::new(to(&broker, "localhost", &authority));
    observer.until_subscribed().await;
    let payload: Vec<u8> = (0..8 * 1024 * 1024u32).map(|n| (n % 251) as u8).collect();
    observer.publish("large", &payload, mqttscope::mqtt::QoS::AtMostOnce);
    assert!(observer.received("large").await.payload == payload);
}
