//! Against peers that misbehave.

use std::time::Duration;

use mqttscope::{
    event::{ConnectionState, Failure, FailureKind, Outcome, Phase},
    mqtt::{ProtocolChoice, ProtocolVersion, QoS, ReasonCode},
    source::Limits,
    wire::{Direction, Packet, PacketType},
};

use crate::{
    observer::{Observer, profile},
    peer::{CONNACK_311, Peer, listen, publish},
};

const V311: ProtocolChoice = ProtocolChoice::Exactly(ProtocolVersion::V311);
const V5: ProtocolChoice = ProtocolChoice::Exactly(ProtocolVersion::V5);

async fn refusal(observer: &mut Observer) -> Failure {
    observer
        .until_state("a refusal", |state| match state {
            ConnectionState::Refused(failure) => Some(failure.clone()),
            _ => None,
        })
        .await
}

async fn wait(observer: &mut Observer) -> Failure {
    observer
        .until("a wait", |o| {
            o.states.iter().rev().find_map(|state| match state {
                ConnectionState::Waiting { failure, .. } => Some(failure.clone()),
                _ => None,
            })
        })
        .await
}

fn version(observer: &Observer) -> ProtocolVersion {
    match observer.states.last() {
        Some(ConnectionState::Connected(facts)) => facts.version,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_short_connack_of_an_old_broker_leads_to_3_1_1() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, ProtocolChoice::Auto));
    let mut old = Peer::accept(&listener).await;
    old.write(&[0x20, 2, 0, 1]).await;
    assert_eq!(old.version, ProtocolVersion::V5);
    let again = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    assert_eq!(version(&observer), ProtocolVersion::V311);
    drop(again);
    let remembered = Peer::accept(&listener).await;
    assert_eq!(remembered.version, ProtocolVersion::V311);
}

#[tokio::test]
async fn a_close_without_connack_leads_to_3_1_1_once() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, ProtocolChoice::Auto));
    drop(Peer::accept(&listener).await);
    let second = Peer::accept(&listener).await;
    assert_eq!(second.version, ProtocolVersion::V311);
    assert!(
        !observer
            .states
            .iter()
            .any(|state| matches!(state, ConnectionState::Waiting { .. }))
    );
    drop(second);
    let failure = wait(&mut observer).await;
    assert!(failure.what.contains("without CONNACK"), "{}", failure.what);
    assert_eq!(failure.phase, Some(Phase::Connect));
}

#[tokio::test]
async fn an_authentication_refusal_is_not_taken_for_a_version_refusal() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, ProtocolChoice::Auto));
    Peer::accept(&listener).await.write(&[0x20, 3, 0, 0x86, 0]).await;
    let failure = refusal(&mut observer).await;
    assert_eq!(failure.code, Some(ReasonCode::BAD_USER_NAME_OR_PASSWORD));
}

#[tokio::test]
async fn the_short_disconnect_of_a_takeover_is_understood() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V5));
    let mut peer = Peer::welcome(&listener).await;
    peer.write(&[0xE0, 0x01, 0x8E]).await;
    let failure = refusal(&mut observer).await;
    assert_eq!(failure.kind, FailureKind::TakenOver);
    assert!(
        failure.what.contains("session taken over (0x8E)"),
        "{}",
        failure.what
    );
    let (packet, bytes) = observer.packets.last().unwrap();
    assert_eq!(
        (packet.direction, bytes.as_slice()),
        (Direction::ServerToClient, &[0xE0, 1, 0x8E][..])
    );
}

#[tokio::test]
async fn three_early_closes_in_a_row_are_named() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V311));
    for _ in 0..3 {
        Peer::welcome(&listener).await;
    }
    let failure = observer
        .until_state("the suspicion", |state| match state {
            ConnectionState::Waiting { failure, .. } => {
                (failure.kind == FailureKind::TakenOver).then(|| failure.clone())
            }
            _ => None,
        })
        .await;
    assert!(failure.what.contains("client id mqttscope-"), "{}", failure.what);
}

#[tokio::test]
async fn a_web_server_is_told_apart_from_a_broker() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, ProtocolChoice::Auto));
    Peer::accept(&listener)
        .await
        .write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await;
    let failure = refusal(&mut observer).await;
    assert_eq!(failure.kind, FailureKind::Violation);
    assert!(failure.what.contains("an HTTP answer"), "{}", failure.what);
}

#[tokio::test]
async fn silence_instead_of_connack_is_given_up_on() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, ProtocolChoice::Auto));
    let _silent = Peer::accept(&listener).await;
    let failure = wait(&mut observer).await;
    assert_eq!(failure.what, "no CONNACK within 10 s");
}

#[tokio::test]
async fn silence_after_a_ping_is_given_up_on() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V311);
    profile.keep_alive = 1;
    let mut observer = Observer::new(profile);
    let mut peer = Peer::welcome(&listener).await;
    assert_eq!(peer.read().await, Some(Packet::Pingreq));
    let failure = wait(&mut observer).await;
    assert!(
        failure.what.starts_with("no PINGRESP within 0.5 s"),
        "{}",
        failure.what
    );
}

#[tokio::test]
async fn a_dribble_of_single_bytes_is_the_same_conversation() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V311));
    let mut peer = Peer::accept(&listener).await;
    let mut bytes = CONNACK_311.to_vec();
    bytes.extend([0x90, 4, 0, 1, 0, 0]);
    bytes.extend(publish("drip/drop", b"1234567890"));
    for byte in bytes {
        peer.write(&[byte]).await;
        tokio::task::yield_now().await;
    }
    observer.until_subscribed().await;
    assert_eq!(observer.received("drip/drop").await.payload, b"1234567890");
}

#[tokio::test]
async fn an_invalid_topic_ends_the_connection_with_its_code_unless_lenient() {
    const BAD: &[u8] = b"\x30\x05\0\x01\xff\0!";
    for is_lenient in [false, true] {
        let (listener, port) = listen().await;
        let mut profile = profile(port, V5);
        profile.lenient = is_lenient;
        let mut observer = Observer::new(profile);
        let mut peer = Peer::welcome(&listener).await;
        peer.write(BAD).await;
        peer.write(b"\x30\x05\0\x01a\0!").await;
        if is_lenient {
            observer.received("a").await;
        } else {
            let failure = wait(&mut observer).await;
            assert_eq!(failure.kind, FailureKind::Violation);
            assert!(
                failure.what.contains("PUBLISH") && failure.what.contains("30 05 00 01 ff"),
                "{failure:?}"
            );
            assert!(failure.what.contains("MQTT-"), "{}", failure.what);
            let Some(Packet::Disconnect(disconnect)) = peer.read().await else {
                panic!("DISCONNECT")
            };
            assert_eq!(disconnect.reason, ReasonCode::MALFORMED_PACKET);
        }
        let (packet, bytes) = observer
            .packets
            .iter()
            .find(|(packet, _)| packet.packet_type == Some(PacketType::Publish))
            .expect("the bad packet is recorded");
        assert_eq!(bytes, BAD);
        assert!(packet.anomalies[0].is_violation);
    }
}

#[tokio::test]
async fn a_long_payload_is_cut_and_counted_and_acked_when_it_is_whole() {
    let (listener, port) = listen().await;
    let limits = Limits {
        max_payload: 1000,
        ..Limits::default()
    };
    let mut observer = Observer::with(profile(port, V311), limits, 64);
    let mut peer = Peer::welcome(&listener).await;
    let mut long = b"\x32\x85\xb6\x18\0\x01a\0\x07".to_vec();
    long.resize(4 + 5 + 400_000, b'x');
    long[1..4].copy_from_slice(&[0x85, 0xb5, 0x18]);
    let (most, rest) = long.split_at(300_000);
    peer.write(most).await;
    assert_eq!(observer.seen.len(), 0);
    peer.write(rest).await;
    peer.write(&publish("b", b"behind")).await;
    assert_eq!(observer.received("b").await.payload, b"behind");
    let cut = observer.received("a").await;
    assert_eq!(cut.payload, [b'x'; 1000]);
    assert_eq!(cut.record.wire_len as usize, long.len());
    let Some(Packet::Puback(ack)) = peer.read().await else {
        panic!("PUBACK")
    };
    assert_eq!(ack.packet_id, 7);
}

#[tokio::test]
async fn a_stalled_consumer_stops_the_reading_but_not_the_pings_and_loses_nothing() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V311);
    profile.keep_alive = 1;
    let mut observer = Observer::with(profile, Limits::default(), 1);
    let mut peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    let message = publish("flood", &[7; 1000]);
    let count = 100_000;
    let flood = message.repeat(count);
    let mut written = peer.flood(&flood, Duration::from_millis(500)).await;
    assert!(written < flood.len(), "the client stops reading: {written}");
    for _ in 0..3 {
        assert_eq!(peer.read().await, Some(Packet::Pingreq));
    }
    let feeding = async {
        while written < flood.len() {
            written += peer.flood(&flood[written..], Duration::from_secs(1)).await;
        }
        for _ in 0..3 {
            peer.write(&[0xD0, 0]).await;
        }
        peer
    };
    let reading = observer.until("all messages", |o| (o.seen.len() == count).then_some(()));
    let (_peer, ()) = tokio::join!(feeding, reading);
    assert!(
        matches!(observer.states.last(), Some(ConnectionState::Connected(_))),
        "the connection survives"
    );
}

#[tokio::test]
async fn a_rate_guard_goes_on_reading_and_counts_what_it_drops() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V311);
    profile.rate_guard = true;
    let mut observer = Observer::with(profile, Limits::default(), 1);
    let mut peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    let count = 100_000;
    let flood = publish("flood", &[7; 1000]).repeat(count);
    let written = peer.flood(&flood, Duration::from_secs(20)).await;
    assert_eq!(written, flood.len(), "nobody takes anything in, and all is read");
    // What asks for an acknowledgement is kept: it waits, and so does its order.
    peer.write(b"\x32\x08\0\x04kept\0\x07").await;
    let Some(Packet::Puback(_)) = peer.read().await else {
        panic!("PUBACK")
    };
    observer.received("kept").await;
    observer
        .until("the count", |o| {
            let flooded = o.seen.iter().filter(|seen| seen.topic == "flood").count();
            (flooded + o.dropped as usize == count).then_some(())
        })
        .await;
    assert!(observer.dropped > 0);
}

#[tokio::test]
async fn dropping_the_handle_says_goodbye() {
    let (listener, port) = listen().await;
    for is_shutdown in [true, false] {
        let mut observer = Observer::new(profile(port, V5));
        let mut peer = Peer::welcome(&listener).await;
        observer.until_subscribed().await;
        let handle = observer.handle.take().unwrap();
        let ending = async {
            let began = std::time::Instant::now();
            if is_shutdown {
                handle.shutdown().await;
            } else {
                drop(handle);
            }
            began.elapsed()
        };
        let (took, packet) = tokio::join!(ending, peer.read());
        let Some(Packet::Disconnect(disconnect)) = packet else {
            panic!("DISCONNECT")
        };
        assert_eq!(disconnect.reason, ReasonCode::SUCCESS);
        assert!(took < Duration::from_millis(350), "{took:?}");
        assert_eq!(peer.read().await, None);
    }
}

#[tokio::test]
async fn a_read_only_profile_publishes_nothing() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V311);
    profile.read_only = true;
    let mut observer = Observer::new(profile);
    let mut peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    let id = observer.publish("a", b"", QoS::AtMostOnce);
    let Outcome::Failed { code: None, reason } = observer.outcome(id).await else {
        panic!("refused")
    };
    assert_eq!(reason, "profile test is read-only");
    observer.handle.take().unwrap().shutdown().await;
    assert!(matches!(peer.read().await, Some(Packet::Disconnect(_))));
}

#[tokio::test]
async fn a_lost_publish_is_unknown_and_not_sent_again() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(profile(port, V5));
    let mut peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    let id = observer.publish("a", b"once", QoS::AtLeastOnce);
    assert!(matches!(peer.read().await, Some(Packet::Publish(_))));
    drop(peer);
    assert_eq!(observer.outcome(id).await, Outcome::Unknown);
    let mut peer = Peer::welcome(&listener).await;
    observer.handle.take().unwrap().shutdown().await;
    assert!(matches!(peer.read().await, Some(Packet::Disconnect(_))));
}

#[tokio::test]
async fn a_resumed_session_sends_a_lost_publish_again_with_dup() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V5);
    profile.clean_start = false;
    let mut observer = Observer::new(profile);
    let mut peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    let id = observer.publish("a", b"once", QoS::AtLeastOnce);
    let Some(Packet::Publish(first)) = peer.read().await else {
        panic!("PUBLISH")
    };
    drop(peer);
    let mut peer = Peer::accept(&listener).await;
    peer.write(&[0x20, 3, 1, 0, 0]).await;
    let Some(Packet::Publish(again)) = peer.read().await else {
        panic!("PUBLISH, and no SUBSCRIBE: the session has it")
    };
    assert!(!first.dup && again.dup && again.packet_id == first.packet_id);
    peer.write(&[0x40, 2, 0, first.packet_id.unwrap() as u8]).await;
    assert_eq!(
        observer.outcome(id).await,
        Outcome::Acked(vec![ReasonCode::SUCCESS])
    );
}
