//! Enhanced authentication, as far as no broker's signature is needed; the whole exchange is in `tests/source`.

use super::*;
use crate::{
    config::Secret,
    event::{Failure, FailureKind},
    source::session::Authentication,
    wire::{Auth, Connect},
};

const SCRAM: &str = "SCRAM-SHA-256";

fn rig(method: Option<&str>, data: Option<&'static [u8]>) -> Rig {
    Rig::new(|settings| {
        settings.username = Some("user".into());
        settings.password = Some(Secret::new(&b"pencil"[..]));
        settings.authentication = method.map(|method| Authentication {
            method: method.into(),
            data: data.map(Secret::new),
        });
    })
}

fn greet(rig: &mut Rig) -> (Box<Connect>, Vec<u8>) {
    rig.session.connect(V5, 0).unwrap();
    let Some(Output::Send(outgoing)) = rig.session.poll_output() else {
        panic!("CONNECT")
    };
    let decoded = decode(&outgoing.frame, V5, Direction::ClientToServer);
    let Some(Packet::Connect(connect)) = decoded.packet else {
        panic!("{decoded:?}")
    };
    (connect, outgoing.shown.unwrap())
}

fn properties(method: Option<&str>, data: Option<&[u8]>) -> Properties {
    let method = method.map(|method| Property::AuthenticationMethod(method.into()));
    let data = data.map(|data| Property::AuthenticationData(data.to_vec()));
    method.into_iter().chain(data).collect()
}

fn auth(reason: u8, method: Option<&str>, data: Option<&[u8]>) -> Packet {
    Packet::Auth(Auth {
        reason: ReasonCode(reason),
        properties: properties(method, data),
    })
}

fn welcome(method: Option<&str>, data: Option<&[u8]>) -> Packet {
    Packet::Connack(Connack {
        properties: properties(method, data),
        ..Connack::default()
    })
}

/// The failure after these packets, the last of which ends it; nothing is sent in answer to that one.
fn failure(rig: &mut Rig, packets: &[Packet]) -> Failure {
    let (last, before) = packets.split_last().unwrap();
    for packet in before {
        assert_eq!(rig.peer(packet).close, None);
        rig.sent();
    }
    let close = rig.peer(last).close.expect("an end");
    let was_up = rig.session.is_up();
    if let Some(reason) = close.goodbye() {
        rig.session.say_goodbye(reason);
    }
    let sent = rig.sent();
    assert!(was_up || sent.is_empty(), "no further bytes: {sent:?}");
    assert!(was_up || !close.may_retry());
    close.failure()
}

#[test]
fn scram_sends_neither_name_nor_password_and_shows_no_data() {
    for method in [SCRAM, "SCRAM-SHA-512"] {
        let (connect, shown) = greet(&mut rig(Some(method), None));
        assert_eq!((connect.username, connect.password), (None, None));
        assert_eq!(connect.properties.authentication_method(), Some(method));
        let data = connect.properties.authentication_data().unwrap();
        assert!(data.starts_with(b"n,,n=user,r="));
        assert!(
            shown
                .windows(data.len())
                .any(|bytes| bytes.iter().all(|&byte| byte == b'*'))
        );
    }
}

#[test]
fn another_method_sends_its_data_once_beside_name_and_password() {
    let mut rig = rig(Some("TOKEN"), Some(b"t0ken"));
    let (connect, shown) = greet(&mut rig);
    assert_eq!(connect.username.as_deref(), Some("user"));
    assert_eq!(connect.properties.authentication_data(), Some(&b"t0ken"[..]));
    assert!(!shown.windows(5).any(|bytes| bytes == b"t0ken"));
    assert_eq!(rig.peer(&welcome(Some("TOKEN"), None)).close, None);
    assert!(rig.session.is_up());
}

#[test]
fn a_method_of_one_step_survives_a_broker_that_forgets_it_in_connack() {
    let mut rig = rig(Some("TOKEN"), None);
    greet(&mut rig);
    let reading = rig.peer(&welcome(None, None));
    assert_eq!(reading.close, None);
    assert!(reading.anomalies[0].what.contains("MQTT-4.12.0-5"), "{reading:?}");
    assert!(rig.session.is_up());
}

#[test]
fn what_a_server_must_not_do_is_named_and_answered_by_nothing() {
    let continues = |method| auth(0x18, Some(method), Some(b"x"));
    for (method, packets, words) in [
        (None, vec![continues(SCRAM)], "MQTT-4.12.0-6"),
        (None, vec![welcome(Some(SCRAM), None)], "MQTT-4.12.0-6"),
        (None, vec![welcome(None, None), continues(SCRAM)], "MQTT-4.12.0-6"),
        (
            Some(SCRAM),
            vec![continues("SCRAM-SHA-512")],
            "authentication method SCRAM-SHA-512 after SCRAM-SHA-256",
        ),
        (
            Some(SCRAM),
            vec![auth(0x18, None, Some(b"x"))],
            "needs an authentication method",
        ),
        (
            Some(SCRAM),
            vec![auth(0, Some(SCRAM), Some(b"x"))],
            "MQTT-4.12.0-2",
        ),
        (
            Some(SCRAM),
            vec![continues(SCRAM)],
            "the broker's first message has no r=",
        ),
        (
            Some(SCRAM),
            vec![auth(0x18, Some(SCRAM), None)],
            "the broker's first message has no r=",
        ),
        (Some(SCRAM), vec![welcome(None, None)], "MQTT-4.12.0-5"),
        (
            Some(SCRAM),
            vec![welcome(Some(SCRAM), Some(b"v=AAAA"))],
            "before we proved anything",
        ),
        (Some("TOKEN"), vec![continues("TOKEN")], "a second step"),
        (
            Some("TOKEN"),
            vec![welcome(Some("TOKEN"), None), continues("TOKEN")],
            "nobody asked to authenticate again",
        ),
    ] {
        let mut rig = rig(method, None);
        greet(&mut rig);
        let failure = failure(&mut rig, &packets);
        assert!(
            failure.what.contains(words),
            "{method:?} {packets:?}: {}",
            failure.what
        );
    }
}

/// A first message of the server to the nonce the client chose.
fn first(connect: &Connect, rest: &str) -> Packet {
    let data = String::from_utf8(connect.properties.authentication_data().unwrap().to_vec()).unwrap();
    let nonce = data.split_once(",r=").unwrap().1;
    auth(
        0x18,
        Some(SCRAM),
        Some(format!("r={nonce}more,{rest}").as_bytes()),
    )
}

#[test]
fn a_server_without_the_right_signature_is_refused() {
    for (data, words) in [
        (None, "it gave no signature"),
        (
            Some(&b"v=AAAA"[..]),
            "its signature is not made with this password",
        ),
        (Some(b"e=other-error"), "other error"),
        (Some(b"v"), "is empty"),
    ] {
        let mut rig = rig(Some(SCRAM), None);
        let (connect, _) = greet(&mut rig);
        assert_eq!(
            rig.peer(&first(&connect, "s=QSXCR+Q6sek8bf92,i=4096")).close,
            None
        );
        let sent = rig.sent();
        let [Packet::Auth(answer)] = sent.as_slice() else {
            panic!("{sent:?}")
        };
        assert!(
            answer
                .properties
                .authentication_data()
                .unwrap()
                .starts_with(b"c=biws,r=")
        );
        let failure = failure(&mut rig, &[welcome(Some(SCRAM), data)]);
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(
            failure.what.contains("did not prove that it knows the password"),
            "{}",
            failure.what
        );
        assert!(failure.what.contains(words), "{}", failure.what);
    }
}

#[test]
fn a_step_behind_the_last_is_refused() {
    let mut rig = rig(Some(SCRAM), None);
    let (connect, _) = greet(&mut rig);
    let step = first(&connect, "s=AAAA,i=4096");
    let failure = failure(&mut rig, &[step.clone(), step]);
    assert!(
        failure.what.contains("a step behind the last"),
        "{}",
        failure.what
    );
}

#[test]
fn too_many_iterations_are_not_begun_and_too_few_are_odd() {
    let mut rig = rig(Some(SCRAM), None);
    let (connect, _) = greet(&mut rig);
    let failure = failure(&mut rig, &[first(&connect, "s=AAAA,i=4294967295")]);
    assert!(
        failure
            .what
            .contains("asks for 4294967295 iterations; 100000 at most"),
        "{}",
        failure.what
    );
    let (connect, _) = greet(&mut rig);
    let reading = rig.peer(&first(&connect, "s=AAAA,i=10"));
    assert_eq!(reading.close, None);
    assert!(reading.anomalies[0].what.contains("weak"), "{reading:?}");
}

#[test]
fn a_violation_shows_no_authentication_data() {
    let mut rig = rig(Some("T"), None);
    greet(&mut rig);
    let failure = failure(&mut rig, &[auth(0, Some("T"), Some(b"secret"))]);
    assert!(
        failure.what.contains("f0 ") && !failure.what.contains("73 65 63"),
        "{}",
        failure.what
    );
}

#[test]
fn what_cannot_be_begun_is_the_profiles_fault() {
    let mut nobody = rig(Some(SCRAM), None);
    nobody.session.settings.password = None;
    for (mut rig, version, words) in [
        (nobody, V5, "needs a user name and a password"),
        (rig(Some(SCRAM), None), V311, "use -V 5"),
    ] {
        let failure = rig.session.connect(version, 0).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Profile);
        assert!(failure.what.contains(words), "{}", failure.what);
        assert_eq!(rig.sent(), [], "not a byte");
    }
}
