use std::time::Duration;

use super::*;
use crate::{
    event::{
        ConnectionState, ConnectionStatus, Facts, OperationEnded, OperationId, OperationKind, Outcome,
        PacketRecord, ServerLimits,
    },
    mqtt::{Properties, ProtocolVersion, ReasonCode, Subscription, SubscriptionOptions, TopicFilter},
    wire::{Anomaly, PacketType},
};

fn records(source: SourceId, mono_us: u64, records: Vec<Record>) -> Batch {
    Batch {
        records,
        ..batch(source, mono_us, &[])
    }
}

fn connected(filters: &[&str]) -> Record {
    let subscription =
        |filter: &&str| Subscription::new(TopicFilter::new(filter).unwrap(), SubscriptionOptions::default());
    let facts = Facts {
        version: ProtocolVersion::V5,
        client_id: "me".into(),
        peer: None,
        session_present: false,
        resumption: None,
        keep_alive: 30,
        phases: Vec::new(),
        tls: None,
        warnings: Vec::new(),
        limits: ServerLimits {
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            maximum_packet_size: None,
            receive_maximum: 65_535,
            topic_alias_maximum: 0,
        },
        properties: Properties::NONE,
        subscriptions: filters
            .iter()
            .map(|filter| (subscription(filter), Some(ReasonCode::SUCCESS)))
            .collect(),
    };
    Record::Status(Box::new(ConnectionStatus {
        after_us: 5,
        state: ConnectionState::Connected(Box::new(facts)),
    }))
}

fn filter_counts(model: &Model) -> Vec<(String, u64)> {
    let connection = model.connection(HOME).unwrap();
    connection
        .subscriptions
        .iter()
        .map(|stats| (stats.subscription.filter.to_string(), stats.messages))
        .collect()
}

#[test]
fn messages_are_counted_for_each_filter_that_matches() {
    let mut model = model(1 << 20);
    model.apply(records(HOME, 0, vec![connected(&["#", "$SYS/#", "a/+"])]), 0);
    receive(&mut model, &["a/b", "a/b", "a", "$SYS/uptime"]);
    let counts = |list: &[(&str, u64)]| -> Vec<(String, u64)> {
        list.iter()
            .map(|&(filter, count)| (filter.to_owned(), count))
            .collect()
    };
    assert_eq!(
        filter_counts(&model),
        counts(&[("#", 3), ("$SYS/#", 1), ("a/+", 2)])
    );
    // Another list: the counts of filters that stay go on, topics are matched anew.
    model.apply(records(HOME, 9, vec![connected(&["a/b", "#"])]), 9);
    receive(&mut model, &["a/b", "$SYS/uptime"]);
    assert_eq!(filter_counts(&model), counts(&[("a/b", 1), ("#", 4)]));
    let rate = &model.connection(HOME).unwrap().subscriptions[1].rate;
    assert!(rate.per_second(1_000_000) > 0.0 && rate.per_second(9_000_000) == 0.0);
}

#[test]
fn counters_are_exact_by_connection_and_in_sum() {
    let mut model = model(1 << 20);
    let mut sent = shape("a", b"12");
    sent.is_sent = true;
    let mut repeat = shape("a", b"1234");
    repeat.is_repeat = true;
    model.apply(batch(HOME, 0, &[shape("a", b"1"), sent, repeat]), 0);
    model.apply(batch(PLANT, 0, &[shape("b", b"12345")]), 0);
    model.apply(
        records(
            PLANT,
            0,
            vec![Record::Dropped {
                messages: 3,
                bytes: 99,
            }],
        ),
        0,
    );
    model.apply(batch(SourceId(1), 0, &[shape("unknown", b"")]), 0);
    let home = model.connection(HOME).unwrap().counters;
    assert_eq!((home.rx_messages, home.rx_bytes, home.repeats), (1, 6 + 9, 1));
    assert_eq!((home.tx_messages, home.tx_bytes), (1, 7));
    let totals = model.totals();
    assert_eq!((totals.rx_messages, totals.rx_bytes), (2, 6 + 9 + 10));
    assert_eq!((totals.dropped_messages, totals.dropped_bytes), (3, 99));
    assert_eq!((model.log().last_id(), model.topics().topic_count()), (4, 2));
    let node = model.topics().find(HOME, "a").unwrap();
    assert_eq!(model.last_message(node).unwrap().payload(), b"1");
}

#[test]
fn what_a_person_should_be_told_comes_back() {
    let mut model = model(1 << 20);
    let ended = OperationEnded {
        id: OperationId(3),
        kind: OperationKind::Publish,
        outcome: Outcome::Sent,
        took: Duration::from_millis(2),
    };
    let anomaly = |is_violation| Anomaly {
        offset: 1,
        what: "a thing".into(),
        is_violation,
        reason: ReasonCode::PROTOCOL_ERROR,
    };
    let packet = PacketRecord {
        after_us: 1,
        frame: Frame::Own(Arc::from([0xd0, 0x00])),
        packet_type: Some(PacketType::Pingresp),
        version: ProtocolVersion::V5,
        direction: Direction::ServerToClient,
        anomalies: vec![anomaly(false), anomaly(true)],
    };
    let notices = model.apply(
        records(
            HOME,
            100,
            vec![
                connected(&[]),
                Record::Operation(Box::new(ended.clone())),
                Record::Packet(Box::new(packet)),
            ],
        ),
        350,
    );
    let kinds: Vec<_> = notices.into_iter().map(|notice| notice.what).collect();
    let expected = [
        NoticeKind::StateChanged {
            before: ConnectionState::Idle,
            now: model.connection(HOME).unwrap().state.clone(),
        },
        NoticeKind::OperationEnded(ended),
        NoticeKind::Violation {
            packet_type: Some(PacketType::Pingresp),
            packet: 1,
            anomaly: anomaly(true),
        },
    ];
    assert_eq!(kinds, expected);
    assert_eq!(model.connection(HOME).unwrap().state_since_us, Some(105));
    assert_eq!((model.packets().seen(), model.packets().anomalies()), (1, 2));
    assert_eq!((model.lag_us(400), model.lag_us(5_000_000)), (250, 0));
}

#[test]
fn the_packet_ring_is_bounded_by_bytes() {
    let mut model = model(1 << 20);
    for _ in 0..3_000 {
        let packet = PacketRecord {
            after_us: 0,
            frame: Frame::Own(vec![0; 500].into()),
            packet_type: None,
            version: ProtocolVersion::V311,
            direction: Direction::ServerToClient,
            anomalies: Vec::new(),
        };
        model.apply(records(HOME, 0, vec![Record::Packet(Box::new(packet))]), 0);
    }
    assert_eq!(model.packets().seen(), 3_000);
    assert!(model.packets().memory() <= (1 << 20) / 64);
    assert_eq!(model.packets().iter().next_back().unwrap().id, 3_000);
}
