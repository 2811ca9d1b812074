//! CONNECT and CONNACK.

use super::*;
use crate::{config::Secret, event::FailureKind, wire::Connect};

fn connect(rig: &mut Rig, version: ProtocolVersion) -> (Box<Connect>, Vec<u8>) {
    rig.session.connect(version, 0).unwrap();
    let Some(Output::Send(outgoing)) = rig.session.poll_output() else {
        panic!("CONNECT")
    };
    let decoded = decode(&outgoing.frame, version, Direction::ClientToServer);
    assert_eq!(decoded.anomalies, []);
    let Some(Packet::Connect(connect)) = decoded.packet else {
        panic!("{decoded:?}")
    };
    (connect, outgoing.shown.unwrap())
}

fn close(rig: &mut Rig, frame: &[u8]) -> Close {
    rig.session.on_frame(frame, 0).close.expect("an end")
}

#[test]
fn connect_says_what_the_profile_says_and_shows_no_password() {
    for version in [ProtocolVersion::V31, V311, V5] {
        let mut rig = Rig::new(|settings| {
            settings.username = Some("u".into());
            settings.password = Some(Secret::new(&b"s3cret"[..]));
        });
        let (connect, shown) = connect(&mut rig, version);
        assert_eq!(connect.version, version);
        assert_eq!((connect.client_id.as_str(), connect.keep_alive), ("me", 30));
        assert!(connect.clean_start);
        assert_eq!(connect.password.as_deref(), Some(&b"s3cret"[..]));
        assert!(shown.windows(6).any(|bytes| bytes == b"******"));
        assert!(!shown.windows(6).any(|bytes| bytes == b"s3cret"));
    }
}

#[test]
fn connect_announces_our_limits_in_5() {
    let mut rig = Rig::new(|settings| settings.clean_start = false);
    let (connect, _) = connect(&mut rig, V5);
    let properties = &connect.properties;
    assert_eq!(properties.receive_maximum(), Some(1024));
    assert_eq!(properties.maximum_packet_size(), Some(1 << 20));
    assert_eq!(properties.topic_alias_maximum(), Some(64));
    assert_eq!(properties.session_expiry_interval(), Some(u32::MAX));
}

#[test]
fn what_an_old_version_cannot_say_is_the_profiles_fault() {
    type Change = fn(&mut Settings);
    for (version, change) in [
        (
            V311,
            (|settings| settings.password = Some(Secret::new(&b"x"[..]))) as Change,
        ),
        (V311, |settings| {
            settings.client_id.clear();
            settings.clean_start = false;
        }),
        (ProtocolVersion::V31, |settings| settings.client_id.clear()),
    ] {
        let mut rig = Rig::new(change);
        let failure = rig.session.connect(version, 0).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Profile);
        assert!(failure.what.contains("MQTT-3.1."), "{}", failure.what);
        assert!(rig.session.connect(V5, 0).is_ok());
    }
}

#[test]
fn refusals_tell_whether_an_older_version_or_time_may_help() {
    for (version, frame, is_version, may_retry, words) in [
        (
            V5,
            &[0x20, 3, 0, 0x84, 0][..],
            true,
            false,
            "unsupported protocol version (0x84)",
        ),
        (
            V5,
            &[0x20, 3, 0, 0x86, 0],
            false,
            false,
            "bad user name or password (0x86)",
        ),
        (V5, &[0x20, 3, 0, 0x89, 0], false, true, "server busy (0x89)"),
        (V5, &[0x20, 2, 0, 1], true, false, "answers in MQTT 3.1.1"),
        (V5, &[0x20, 2, 0, 0], true, false, "answers in MQTT 3.1.1"),
        (V5, &[0x20, 2, 0, 5], false, false, "not authorized (0x05)"),
        (
            V311,
            &[0x20, 2, 0, 1],
            true,
            false,
            "unacceptable protocol version (0x01)",
        ),
        (V311, &[0x20, 2, 0, 3], false, true, "server unavailable (0x03)"),
        (
            V311,
            &[0x20, 2, 0, 4],
            false,
            false,
            "bad user name or password (0x04)",
        ),
    ] {
        let mut rig = Rig::new(|_| {});
        connect(&mut rig, version);
        let close = close(&mut rig, frame);
        assert_eq!(close.is_version_refusal(), is_version, "{frame:?}");
        assert_eq!(close.may_retry(), may_retry, "{frame:?}");
        let failure = close.failure();
        assert!(failure.what.contains(words), "{}", failure.what);
        assert_eq!(failure.phase, Some(crate::event::Phase::Connect));
    }
}

#[test]
fn the_servers_reason_string_and_reference_are_told() {
    let mut rig = Rig::new(|_| {});
    connect(&mut rig, V5);
    let reading = rig.peer(&Packet::Connack(Connack {
        session_present: false,
        code: ReasonCode(0x9D),
        properties: [
            Property::ReasonString("moved house".into()),
            Property::ServerReference("b.example".into()),
        ]
        .into_iter()
        .collect(),
    }));
    let failure = reading.close.unwrap().failure();
    assert_eq!(failure.what, "server moved (0x9D): moved house");
    assert_eq!(failure.advice, "the broker names another server: b.example");
}

#[test]
fn anything_before_connack_is_a_violation_even_if_lenient() {
    for frame in [&b"\x30\x03\0\x01a"[..], b"\xd0\x00", b"HTTP/1.1 400 Bad"] {
        let mut rig = Rig::new(|settings| settings.is_lenient = true);
        connect(&mut rig, V311);
        let close = close(&mut rig, frame);
        assert!(!close.may_retry());
        let failure = close.failure();
        assert_eq!(failure.kind, FailureKind::Violation);
        assert!(failure.advice.contains("no MQTT broker"), "{}", failure.advice);
    }
}

#[test]
fn session_present_after_a_clean_start_is_a_violation() {
    let mut rig = Rig::new(|_| {});
    connect(&mut rig, V5);
    let close = close(&mut rig, &[0x20, 3, 1, 0, 0]);
    assert!(
        close.failure().what.contains("MQTT-3.2.2-"),
        "{:?}",
        close.failure()
    );
}

#[test]
fn the_assigned_id_is_used() {
    let mut rig = Rig::new(|settings| {
        settings.client_id.clear();
        settings.clean_start = false;
    });
    rig.connect(V5, false, &[Property::AssignedClientIdentifier("auto-1".into())]);
    assert_eq!(rig.session.link().client_id, "auto-1");
    rig.session.disconnected(true, 0);
    assert_eq!(connect(&mut rig, V5).0.client_id, "auto-1");
}

#[test]
fn wanted_properties_replace_ours_on_connect_and_go_with_the_other_requests() {
    let mut rig = Rig::new(|settings| {
        let wanted = &mut settings.properties;
        wanted.connect.push(Property::ReceiveMaximum(7));
        wanted
            .connect
            .push(Property::UserProperty(("a".into(), "b".into())));
        wanted.subscribe.push(Property::SubscriptionIdentifier(3));
        wanted.disconnect.push(Property::SessionExpiryInterval(0));
    });
    rig.session.connect(V5, 0).unwrap();
    let Some(Packet::Connect(connect)) = rig.sent().pop() else {
        panic!("no CONNECT")
    };
    let maxima = |property: &&Property| matches!(property, Property::ReceiveMaximum(_));
    assert_eq!(connect.properties.receive_maximum(), Some(7));
    assert_eq!(connect.properties.0.iter().filter(maxima).count(), 1);
    assert_eq!(connect.properties.user_properties().next(), Some(("a", "b")));
    rig.connect(V5, false, &[]);
    let subscription = Subscription::new(TopicFilter::new("a").unwrap(), SubscriptionOptions::default());
    rig.session.subscribe(OperationId(1), &[subscription], 0);
    let Some(Packet::Subscribe(subscribe)) = rig.sent().pop() else {
        panic!("no SUBSCRIBE")
    };
    assert_eq!(subscribe.properties.0, [Property::SubscriptionIdentifier(3)]);
    rig.session.say_goodbye(ReasonCode::SUCCESS);
    let Some(Packet::Disconnect(disconnect)) = rig.sent().pop() else {
        panic!("no DISCONNECT")
    };
    assert_eq!(disconnect.properties.session_expiry_interval(), Some(0));
}
