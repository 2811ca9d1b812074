//! The server's: acks, QoS 2 repeats, aliases, violations.

use super::*;

fn arrival(topic: &str, qos: QoS, packet_id: u16, alias: Option<u16>) -> Arrival<'_> {
    Arrival {
        qos,
        packet_id: (packet_id != 0).then_some(packet_id),
        topic,
        alias,
    }
}

#[test]
fn each_qos_is_answered_as_it_must_be() {
    let mut rig = Rig::up(V311, |_| {});
    for (qos, packet_id, answer) in [
        (QoS::AtMostOnce, 0, &[][..]),
        (QoS::AtLeastOnce, 3, &["PUBACK 3"]),
        (QoS::ExactlyOnce, 4, &["PUBREC 4"]),
    ] {
        let verdict = rig.session.on_publish(arrival("a", qos, packet_id, None));
        assert_eq!(verdict, Ok(Verdict::default()));
        assert_eq!(short(&rig.sent()), answer);
    }
    assert_eq!(rig.peer(&Packet::Pubrel(ack(4))).anomalies, []);
    assert_eq!(short(&rig.sent()), ["PUBCOMP 4"]);
}

#[test]
fn a_qos_2_message_sent_again_is_answered_and_marked() {
    let mut rig = Rig::up(V311, |settings| settings.clean_start = false);
    let is_repeat = |rig: &mut Rig| {
        let verdict = rig
            .session
            .on_publish(arrival("a", QoS::ExactlyOnce, 4, None))
            .unwrap();
        assert_eq!(short(&rig.sent()), ["PUBREC 4"]);
        verdict.is_repeat
    };
    assert!(!is_repeat(&mut rig));
    assert!(is_repeat(&mut rig));
    rig.session.disconnected(true, 0);
    rig.connect(V311, true, &[]);
    assert!(is_repeat(&mut rig), "ids outlive the connection");
    rig.peer(&Packet::Pubrel(ack(4)));
    rig.sent();
    assert!(!is_repeat(&mut rig), "released");
    rig.session.disconnected(true, 0);
    rig.connect(V311, false, &[]);
    assert!(!is_repeat(&mut rig), "a fresh session knows nothing");
}

#[test]
fn an_unknown_pubrel_is_answered_with_0x92() {
    for (version, answer) in [(V5, "PUBCOMP 9 0x92"), (V311, "PUBCOMP 9")] {
        let mut rig = Rig::up(version, |_| {});
        let reading = rig.peer(&Packet::Pubrel(ack(9)));
        assert_eq!(reading.close, None);
        assert!(!reading.anomalies[0].is_violation);
        assert_eq!(short(&rig.sent()), [answer]);
    }
}

#[test]
fn an_alias_stands_for_its_topic_within_a_connection() {
    let mut rig = Rig::up(V5, |_| {});
    let ask = |rig: &mut Rig, topic, alias| {
        rig.session
            .on_publish(arrival(topic, QoS::AtMostOnce, 0, Some(alias)))
            .map(|verdict| verdict.alias_topic.map(|topic| topic.to_string()))
            .map_err(|anomaly| anomaly.reason)
    };
    assert_eq!(ask(&mut rig, "", 1), Err(ReasonCode::PROTOCOL_ERROR));
    assert_eq!(ask(&mut rig, "a", 1), Ok(None));
    assert_eq!(ask(&mut rig, "", 1), Ok(Some("a".into())));
    assert_eq!(ask(&mut rig, "b", 1), Ok(None));
    assert_eq!(ask(&mut rig, "", 1), Ok(Some("b".into())));
    assert_eq!(ask(&mut rig, "a", 64), Ok(None));
    assert_eq!(ask(&mut rig, "a", 65), Err(ReasonCode::TOPIC_ALIAS_INVALID));
    rig.session.disconnected(true, 0);
    rig.connect(V5, false, &[]);
    assert_eq!(ask(&mut rig, "", 1), Err(ReasonCode::PROTOCOL_ERROR));
}

#[test]
fn too_many_unreleased_messages_are_a_violation_in_5() {
    let mut rig = Rig::up(V5, |_| {});
    for packet_id in 1..=1024 {
        assert!(
            rig.session
                .on_publish(arrival("a", QoS::ExactlyOnce, packet_id, None))
                .is_ok()
        );
    }
    let anomaly = rig
        .session
        .on_publish(arrival("a", QoS::ExactlyOnce, 1025, None))
        .unwrap_err();
    assert_eq!(anomaly.reason, ReasonCode::RECEIVE_MAXIMUM_EXCEEDED);
    assert!(
        rig.session
            .on_publish(arrival("a", QoS::ExactlyOnce, 7, None))
            .unwrap()
            .is_repeat
    );
}

#[test]
fn violations_close_unless_the_profile_is_lenient() {
    let connack = Packet::Connack(Connack::default());
    let auth = Packet::Auth(crate::wire::Auth {
        reason: ReasonCode(0x18),
        properties: [Property::AuthenticationMethod("x".into())].into_iter().collect(),
    });
    for packet in [connack, auth, Packet::Pingreq] {
        for is_lenient in [false, true] {
            let mut rig = Rig::up(V5, |settings| settings.is_lenient = is_lenient);
            let reading = rig.peer(&packet);
            assert!(reading.anomalies.iter().any(|anomaly| anomaly.is_violation));
            assert_eq!(reading.close.is_none(), is_lenient, "{packet:?}");
            if let Some(close) = reading.close {
                assert_eq!(close.goodbye(), Some(ReasonCode::PROTOCOL_ERROR));
                let failure = close.failure();
                assert!(
                    failure.what.contains(packet.packet_type().name()),
                    "{}",
                    failure.what
                );
                assert!(failure.what.contains("MQTT"), "{}", failure.what);
            }
        }
    }
}

#[test]
fn a_lenient_profile_still_shows_a_broken_message_that_can_be_read() {
    let mut rig = Rig::up(V311, |settings| settings.is_lenient = true);
    let reading = rig.session.on_frame(b"\x38\x04\0\x01a!", 0);
    assert!(reading.anomalies[0].is_violation, "DUP at QoS 0");
    assert_eq!(reading.publish, Some(Verdict::default()));
}

#[test]
fn a_server_that_disconnects_is_quoted() {
    let mut rig = Rig::up(V5, |_| {});
    let close = rig.session.on_frame(&[0xE0, 0x01, 0x8E], 0).close.unwrap();
    let failure = close.failure();
    assert_eq!(failure.kind, crate::event::FailureKind::TakenOver);
    assert_eq!(
        failure.what,
        "the broker disconnected us: session taken over (0x8E)"
    );
    assert!(!close.may_retry());
}

proptest::proptest! {
    #[test]
    fn no_frame_makes_a_lenient_session_panic(
        frames in proptest::collection::vec((0u8..=255, proptest::collection::vec(proptest::num::u8::ANY, 0..30)), 1..20),
        is_v5 in proptest::bool::ANY,
    ) {
        let mut rig = Rig::up(if is_v5 { V5 } else { V311 }, |settings| settings.is_lenient = true);
        rig.publish(1, QoS::AtLeastOnce);
        rig.publish(2, QoS::ExactlyOnce);
        for (first, body) in frames {
            let mut frame = vec![first, body.len() as u8];
            frame.extend(body);
            rig.session.on_frame(&frame, 1);
        }
        // What it sends in answer is well formed, which `sent` checks.
        rig.sent();
    }
}

#[test]
fn what_connect_announced_is_what_the_server_is_held_to() {
    let mut rig = Rig::new(|settings| {
        let wanted = &mut settings.properties.connect;
        wanted.push(Property::ReceiveMaximum(2));
        wanted.push(Property::TopicAliasMaximum(3));
        wanted.push(Property::RequestProblemInformation(0));
    });
    rig.connect(V5, false, &[]);
    let mut ask = |topic, qos, packet_id, alias| {
        let taken = rig.session.on_publish(arrival(topic, qos, packet_id, alias));
        taken.map(drop).map_err(|anomaly| anomaly.reason)
    };
    assert_eq!(ask("a", QoS::AtMostOnce, 0, Some(3)), Ok(()));
    assert_eq!(
        ask("a", QoS::AtMostOnce, 0, Some(4)),
        Err(ReasonCode::TOPIC_ALIAS_INVALID)
    );
    assert_eq!(ask("a", QoS::ExactlyOnce, 1, None), Ok(()));
    assert_eq!(ask("a", QoS::ExactlyOnce, 2, None), Ok(()));
    assert_eq!(
        ask("a", QoS::ExactlyOnce, 3, None),
        Err(ReasonCode::RECEIVE_MAXIMUM_EXCEEDED)
    );
    rig.publish(1, QoS::AtLeastOnce);
    let close = rig
        .peer(&Packet::Puback(Ack {
            packet_id: 1,
            properties: [Property::ReasonString("why".into())].into_iter().collect(),
            ..Default::default()
        }))
        .close
        .expect("a violation");
    assert!(close.failure().what.contains("MQTT-3.1.2-29"), "{close:?}");
    let mut rig = Rig::new(|settings| settings.properties.connect.push(Property::TopicAliasMaximum(0)));
    rig.connect(V5, false, &[]);
    let anomaly = rig
        .session
        .on_publish(arrival("a", QoS::AtMostOnce, 0, Some(1)))
        .unwrap_err();
    assert!(
        anomaly.what.contains("we take none (MQTT-3.1.2-27)"),
        "{}",
        anomaly.what
    );
}

#[test]
fn acks_go_out_in_the_order_of_the_messages() {
    for version in [V311, V5] {
        let mut rig = Rig::up(version, |_| {});
        for packet_id in [5, 3, 9, 4] {
            rig.session
                .on_publish(arrival("a", QoS::AtLeastOnce, packet_id, None))
                .unwrap();
        }
        assert_eq!(
            short(&rig.sent()),
            ["PUBACK 5", "PUBACK 3", "PUBACK 9", "PUBACK 4"]
        );
        for packet_id in [5, 3, 9, 4] {
            rig.session
                .on_publish(arrival("a", QoS::ExactlyOnce, packet_id, None))
                .unwrap();
        }
        assert_eq!(
            short(&rig.sent()),
            ["PUBREC 5", "PUBREC 3", "PUBREC 9", "PUBREC 4"]
        );
    }
}

#[test]
fn an_id_free_again_is_a_new_message_whatever_dup_says() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let mut rig = Rig::up(V5, |_| {});
        for _ in 0..2 {
            let publish = Packet::Publish(crate::wire::Publish {
                dup: true,
                qos,
                retain: false,
                topic: "a".into(),
                packet_id: Some(1),
                properties: Properties::NONE,
                payload: "x".into(),
            });
            assert_eq!(rig.peer(&publish).publish, Some(Verdict::default()), "{qos}");
            rig.peer(&Packet::Pubrel(ack(1)));
            rig.sent();
        }
    }
}

#[test]
fn what_has_no_id_is_not_answered() {
    for (version, answers) in [(V5, 0), (V311, 0), (ProtocolVersion::V31, 1)] {
        let mut rig = Rig::up(version, |settings| settings.is_lenient = true);
        let reading = rig.peer(&Packet::Pubrel(ack(0)));
        assert!(reading.anomalies[0].what.contains("must not be 0"), "{reading:?}");
        let mut sent = 0;
        while rig.session.poll_output().is_some() {
            sent += 1;
        }
        assert_eq!(sent, answers, "3.1 does not forbid it: {version}");
    }
}
