//! Whatever a peer sends: no crash, no hang, no fast loop, no growth without bound; what was wrong is told with its
//! packet, its bytes and the statement it breaks; other connections go on.

use std::{fmt::Write, time::Duration};

use mqttscope::{
    event::{ConnectionState, Failure, FailureKind, Outcome},
    mqtt::{Properties, Property, ProtocolChoice, ProtocolVersion, QoS, ReasonCode},
    source::Limits,
    wire::{Direction, Packet, PacketType, Publish, encode},
};

use crate::{
    observer::{Observer, profile},
    peer::{CONNACK_5, CONNACK_311, Peer, listen, publish},
};

const V311: ProtocolChoice = ProtocolChoice::Exactly(ProtocolVersion::V311);
const V5: ProtocolChoice = ProtocolChoice::Exactly(ProtocolVersion::V5);

/// The end of a connection: its failure, and whether it is tried again.
async fn end(observer: &mut Observer) -> (Failure, bool) {
    observer
        .until_state("an end", |state| match state {
            ConnectionState::Waiting { failure, .. } => Some((failure.clone(), true)),
            ConnectionState::Refused(failure) => Some((failure.clone(), false)),
            _ => None,
        })
        .await
}

fn frame(first_byte: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    let mut len = body.len();
    while len > 0x7f {
        frame.push(len as u8 | 0x80);
        len >>= 7;
    }
    frame.push(len as u8);
    frame.extend_from_slice(body);
    frame
}

fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(16) {
        write!(text, "{byte:02x} ").unwrap();
    }
    text.trim_end().to_owned()
}

#[tokio::test]
async fn every_refusal_is_told_with_its_code_and_tried_again_only_where_time_may_mend_it() {
    let passing_in_5 = [0x80, 0x83, 0x88, 0x89, 0x97, 0x9F];
    let codes_of_5 = (0x80..=0x8A).chain([0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F]);
    let in_5 = codes_of_5.map(|code| (V5, code, vec![0x20, 3, 0, code, 0], passing_in_5.contains(&code)));
    let before = (1..=5).map(|code| (V311, code, vec![0x20, 2, 0, code], code == 3));
    for (version, code, connack, may_retry) in in_5.chain(before) {
        let (listener, port) = listen().await;
        let mut observer = Observer::new(profile(port, version));
        let mut peer = Peer::accept(&listener).await;
        peer.write(&connack).await;
        let (failure, is_retried) = end(&mut observer).await;
        assert_eq!(
            (failure.code, is_retried),
            (Some(ReasonCode(code)), may_retry),
            "{failure:?}"
        );
        assert!(
            failure.what.contains(&format!("(0x{code:02X})")),
            "{}",
            failure.what
        );
        let mut again = observer
            .states
            .iter()
            .filter(|state| matches!(state, ConnectionState::Connecting { .. }));
        assert!(again.all(|state| matches!(state, ConnectionState::Connecting { attempt: 1, .. })));
    }
}

/// Packets a server must not send, first byte and body, and what is told of each; for MQTT 5 with one SUBSCRIBE
/// answered.
#[rustfmt::skip]
const MALFORMED: &[(u8, &[u8], &str, &str)] = &[
    (0x00, b"abc", "a packet", "type 0 is reserved (MQTT 5 §2.1.2)"),
    (0x10, b"\0\x04MQTT\x05\x02\0\0\0\0\0", "CONNECT", "a server must not send CONNECT"),
    (0x20, b"\0\0\0", "CONNACK", "a second CONNACK (MQTT 5 §3.2)"),
    (0x21, b"\0\0\0", "CONNACK", "(MQTT-2.1.3-1)"),
    (0x36, b"\0\x01a\0\x01\0", "PUBLISH", "QoS of a PUBLISH must not be 3 (MQTT-3.3.1-4)"),
    (0x38, b"\0\x01a\0", "PUBLISH", "(MQTT-3.3.1-2)"),
    (0x30, b"\0\x02a\xff\0", "PUBLISH", "not valid UTF-8 (MQTT-1.5.4-1)"),
    (0x30, b"\0\x03\xed\xa0\x80\0", "PUBLISH", "not valid UTF-8 (MQTT-1.5.4-1)"),
    (0x30, b"\0\x02a\0\0", "PUBLISH", "null character (MQTT-1.5.4-2)"),
    (0x30, b"\0\x03a/+\0", "PUBLISH", "contains a wildcard (MQTT-3.3.2-2)"),
    (0x30, b"\0\0\0", "PUBLISH", "no topic alias stands for it"),
    (0x30, b"\0\x01a\x03\x23\0\x41", "PUBLISH", "topic alias 65, we take 1 to 64 (MQTT-3.1.2-26)"),
    (0x30, b"\0\x01a\x03\x23\0\0", "PUBLISH", "(MQTT-3.3.2-8)"),
    (0x30, b"\0\0\x03\x23\0\x07", "PUBLISH", "stands for no topic yet"),
    (0x32, b"\0\x01a\0\0\0", "PUBLISH", "identifier must not be 0 (MQTT-2.2.1-4)"),
    (0x30, b"\0\x05a", "PUBLISH", "claims 5 bytes, 1 are left"),
    (0x30, b"\0\x01a\x7f", "PUBLISH", "the properties claim 127 bytes"),
    (0x30, b"\0\x01a\x02\x7f\x01", "PUBLISH", "no property has the identifier 127"),
    (0x41, b"\0\x01", "PUBACK", "(MQTT-2.1.3-1)"),
    (0x40, b"\x01", "PUBACK", "ends inside the packet identifier"),
    (0x40, b"\0\x01\x92", "PUBACK", "(MQTT-3.4.2-1)"),
    (0x50, b"\0\x01\x01", "PUBREC", "(MQTT-3.5.2-1)"),
    (0x60, b"\0\x01", "PUBREL", "(MQTT-3.6.1-1)"),
    (0x62, b"\0\x01\x80", "PUBREL", "(MQTT-3.6.2-1)"),
    (0x70, b"\0\x01\x10", "PUBCOMP", "(MQTT-3.7.2-1)"),
    (0x82, b"\0\x01\0\0\x01a\0", "SUBSCRIBE", "a server must not send SUBSCRIBE"),
    (0x90, b"\0\x07\0\x03", "SUBACK", "(MQTT-3.9.3-2)"),
    (0x90, b"\0\x07\0", "SUBACK", "SUBACK carries no code"),
    (0xa2, b"\0\x01\0\0\x01a", "UNSUBSCRIBE", "a server must not send UNSUBSCRIBE"),
    (0xb0, b"\0\x07\0\x01", "UNSUBACK", "(MQTT-3.11.3-2)"),
    (0xc0, b"", "PINGREQ", "a server must not send PINGREQ"),
    (0xd0, b"x", "PINGRESP", "1 byte behind the end"),
    (0xf0, b"\x18\x04\x15\0\x01m", "AUTH", "no authentication method (MQTT-4.12.0-6)"),
    (0xf1, b"\x18\x04\x15\0\x01m", "AUTH", "(MQTT-3.15.1-1)"),
];

#[tokio::test]
async fn malformed_packets_of_every_type_are_told_with_bytes_and_statement_while_others_go_on() {
    let (good_listener, good_port) = listen().await;
    let mut other = Observer::new(profile(good_port, V5));
    let mut good = Peer::welcome(&good_listener).await;
    for (index, (first_byte, body, packet, words)) in MALFORMED.iter().enumerate() {
        let frame = frame(*first_byte, body);
        let (listener, port) = listen().await;
        let mut observer = Observer::new(profile(port, V5));
        let mut peer = Peer::welcome(&listener).await;
        peer.write(&frame).await;
        let (failure, is_retried) = end(&mut observer).await;
        assert_eq!(
            (failure.kind, is_retried),
            (FailureKind::Violation, true),
            "{failure:?}"
        );
        let what = &failure.what;
        assert!(
            what.starts_with(&format!("protocol violation in {packet}: ")),
            "{what}"
        );
        assert!(
            what.contains(words) && what.contains(&shown(&frame)),
            "{what} lacks {words}"
        );
        assert!(what.contains("MQTT"), "{what} names no statement");
        let Some(Packet::Disconnect(disconnect)) = peer.read().await else {
            panic!("{what}: DISCONNECT")
        };
        assert!(disconnect.reason.0 >= 0x80, "{disconnect:?}");
        assert_eq!(peer.read().await, None, "the connection is closed");
        let topic = format!("other/{index}");
        good.write(&frame_of(publish_of(&topic, b"on", Properties::NONE)))
            .await;
        other.received(&topic).await;
    }
}

fn publish_of(topic: &str, payload: &[u8], properties: Properties) -> Publish {
    Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: topic.into(),
        packet_id: None,
        properties,
        payload: payload.to_vec().into(),
    }
}

fn frame_of(publish: Publish) -> Vec<u8> {
    let mut frame = Vec::new();
    encode(&Packet::Publish(publish), ProtocolVersion::V5, &mut frame).unwrap();
    frame
}

#[tokio::test]
async fn a_lenient_profile_survives_all_of_them_on_one_connection() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V5);
    profile.lenient = true;
    let mut observer = Observer::new(profile);
    let mut peer = Peer::welcome(&listener).await;
    for (first_byte, body, ..) in MALFORMED {
        peer.write(&frame(*first_byte, body)).await;
    }
    peer.write(&frame_of(publish_of("last", b"on", Properties::NONE)))
        .await;
    observer.received("last").await;
    let told = observer
        .packets
        .iter()
        .filter(|(packet, _)| packet.anomalies.iter().any(|one| one.is_violation));
    // The four broken messages that can be read all the same are shown as messages.
    assert!(told.count() + 8 >= MALFORMED.len(), "{:#?}", observer.packets);
    assert!(matches!(
        observer.states.last(),
        Some(ConnectionState::Connected(_))
    ));
}

#[tokio::test]
async fn a_length_that_lies_is_refused_before_it_is_believed() {
    for (bytes, words, code) in [
        (&b"\x90\xff\xff\xff\x7f"[..], "a SUBACK of 268435460 bytes", 0x95),
        (
            b"\x30\xff\xff\xff\xff\x01",
            "the remaining length has more than four bytes",
            0x81,
        ),
    ] {
        let (listener, port) = listen().await;
        let mut observer = Observer::new(profile(port, V5));
        let mut peer = Peer::welcome(&listener).await;
        peer.write(bytes).await;
        let (failure, _) = end(&mut observer).await;
        assert!(
            failure.what.contains(words) && failure.what.contains(&shown(bytes)),
            "{}",
            failure.what
        );
        let Some(Packet::Disconnect(disconnect)) = peer.read().await else {
            panic!("DISCONNECT")
        };
        assert_eq!(disconnect.reason, ReasonCode(code));
    }
}

#[tokio::test]
async fn silence_at_any_stage_after_connack_is_noticed_within_one_and_a_half_keep_alives() {
    /// What the peer does before it falls silent.
    #[derive(Debug, Clone, Copy)]
    enum Last {
        Connack,
        HalfAFrame,
        /// Reads nothing any more while we publish: the window is shut.
        ZeroWindow,
    }
    let run = |last: Last| async move {
        let (listener, port) = listen().await;
        let mut profile = profile(port, V5);
        profile.keep_alive = 1;
        let mut observer = Observer::new(profile);
        let mut peer = Peer::accept(&listener).await;
        peer.write(CONNACK_5).await;
        observer.until_connected().await;
        match last {
            Last::Connack => {}
            Last::HalfAFrame => peer.write(b"\x30\xff\x01\0\x01a").await,
            Last::ZeroWindow => {
                for _ in 0..12 {
                    observer.publish("a", &vec![b'x'; 900_000], QoS::AtMostOnce);
                }
            }
        }
        let began = std::time::Instant::now();
        let (failure, is_retried) = end(&mut observer).await;
        let took = began.elapsed();
        assert!(
            is_retried && failure.what.starts_with("no PINGRESP within 0.5 s"),
            "{last:?}: {failure:?}"
        );
        assert!(took < Duration::from_millis(2_500), "{last:?}: {took:?}");
        peer
    };
    tokio::join!(run(Last::Connack), run(Last::HalfAFrame), run(Last::ZeroWindow));
}

#[tokio::test]
async fn a_missing_suback_leaves_the_filter_without_a_code_and_the_connection_up() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V5));
    let mut peer = Peer::accept(&listener).await;
    peer.write(CONNACK_5).await;
    peer.write(&frame_of(publish_of("a", b"on", Properties::NONE)))
        .await;
    observer.received("a").await;
    let Some(ConnectionState::Connected(facts)) = observer.states.last() else {
        panic!("{:?}", observer.states)
    };
    assert!(facts.subscriptions.iter().all(|(_, code)| code.is_none()));
}

#[tokio::test]
async fn a_suback_with_too_few_codes_is_told() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V311));
    let mut peer = Peer::accept(&listener).await;
    peer.write(CONNACK_311).await;
    let Some(Packet::Subscribe(subscribe)) = peer.read().await else {
        panic!("SUBSCRIBE")
    };
    assert_eq!(subscribe.filters.len(), 2);
    let [high, low] = subscribe.packet_id.to_be_bytes();
    peer.write(&[0x90, 3, high, low, 0]).await;
    let (failure, _) = end(&mut observer).await;
    assert!(
        failure
            .what
            .contains("SUBACK with 1 codes for 2 filters (MQTT-3.8.4-5)"),
        "{}",
        failure.what
    );
}

#[tokio::test]
async fn a_storm_of_acks_nobody_waits_for_is_shown_and_survived() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V311));
    let mut peer = Peer::welcome(&listener).await;
    let storm = b"\x40\x02\0\x09\x70\x02\0\x09\xd0\0".repeat(10_000);
    peer.write(&storm).await;
    peer.write(&publish("calm", b"on")).await;
    observer.received("calm").await;
    assert_eq!(observer.count(PacketType::Puback), 10_000);
    assert!(
        observer
            .packets
            .iter()
            .filter(|(packet, _)| packet.packet_type == Some(PacketType::Pubcomp))
            .all(|(packet, _)| packet.anomalies.len() == 1 && !packet.anomalies[0].is_violation)
    );
}

#[tokio::test]
async fn a_peer_that_wants_answers_and_takes_none_is_given_up_on() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V311));
    let mut peer = Peer::welcome(&listener).await;
    // Each PUBREC of an unknown id asks for a PUBREL.
    let storm = b"\x50\x02\0\x09".repeat(1_000_000);
    let flooding = async {
        for _ in 0..8 {
            if peer.try_write(&storm).await.is_err() {
                break;
            }
        }
    };
    let ((), (failure, is_retried)) = tokio::join!(flooding, end(&mut observer));
    assert!(
        is_retried && failure.what.contains("takes no acks"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_hundred_thousand_user_properties_pass() {
    let properties: Properties = (0..100_000)
        .map(|n| Property::UserProperty((format!("k{n}"), String::new())))
        .collect();
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V5));
    let mut peer = Peer::accept(&listener).await;
    let mut connack = Vec::new();
    let accepted = mqttscope::wire::Connack {
        properties: properties.clone(),
        ..Default::default()
    };
    encode(&Packet::Connack(accepted), ProtocolVersion::V5, &mut connack).unwrap();
    peer.write(&connack).await;
    peer.write(&frame_of(publish_of("many", b"on", properties))).await;
    let seen = observer.received("many").await;
    assert_eq!(seen.payload, b"on");
}

#[tokio::test]
async fn a_payload_of_64_mebibytes_is_taken_whole_or_cut_as_allowed() {
    let payload = vec![b'x'; 64 << 20];
    let message = frame_of(publish_of("big", &payload, Properties::NONE));
    for (max_payload, kept) in [(16 << 20, 16 << 20), (128 << 20, payload.len())] {
        let (listener, port) = listen().await;
        let limits = Limits {
            max_payload,
            ..Limits::default()
        };
        let mut observer = Observer::with(profile(port, V5), limits, 64);
        let mut peer = Peer::welcome(&listener).await;
        let (seen, ()) = tokio::join!(observer.received("big"), peer.write(&message));
        assert_eq!(
            (seen.payload.len(), seen.record.wire_len as usize),
            (kept, message.len())
        );
    }
}

#[tokio::test]
async fn topics_nobody_expects_are_told_apart_and_marked_as_odd() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V5));
    let mut peer = Peer::welcome(&listener).await;
    let deep = "/".repeat(65_535);
    let topics = [
        "a",
        "a\u{200b}",
        "a\u{feff}",
        "\u{feff}a",
        "a\u{202e}",
        "a\u{7}",
        "a\u{9b}6n",
        deep.as_str(),
    ];
    for topic in topics {
        peer.write(&frame_of(publish_of(topic, topic.as_bytes(), Properties::NONE)))
            .await;
    }
    for topic in topics {
        assert_eq!(observer.received(topic).await.payload, topic.as_bytes());
    }
}

#[tokio::test]
async fn wrong_ids_change_nothing_and_the_right_ones_still_count() {
    for version in [V311, V5] {
        let (listener, port) = listen().await;
        let mut observer = Observer::new(profile(port, version));
        let mut peer = Peer::welcome(&listener).await;
        observer.until_subscribed().await;
        let id = observer.publish("a", b"", QoS::AtLeastOnce);
        let Some(Packet::Publish(publish)) = peer.read().await else {
            panic!("PUBLISH")
        };
        let [high, low] = publish.packet_id.unwrap().to_be_bytes();
        for wrong in [
            [0x40, 2, high, low + 1],
            [0x50, 2, high, low],
            [0x70, 2, high, low],
            [0x62, 2, high, low],
        ] {
            peer.write(&wrong).await;
        }
        peer.write(&[0x40, 2, high, low]).await;
        assert_eq!(
            observer.outcome(id).await,
            Outcome::Acked(vec![ReasonCode::SUCCESS])
        );
        assert!(
            observer
                .states
                .iter()
                .all(|state| !matches!(state, ConnectionState::Waiting { .. }))
        );
        assert!(observer.packets.iter().any(|(packet, _)| {
            packet.direction == Direction::ServerToClient
                && packet
                    .anomalies
                    .iter()
                    .any(|one| one.what.contains("which awaits"))
        }));
    }
}
