//! Against mosquitto.

use mqttscope::{
    event::{Command, ConnectionState, FailureKind, OperationId, Outcome},
    mqtt::{
        ProtocolChoice, ProtocolVersion, QoS, ReasonCode, Subscription, SubscriptionOptions, TopicFilter,
    },
    wire::{Direction, PacketType},
};

use crate::{
    common::{free_port, mosquitto::Mosquitto},
    observer::{Observer, profile},
};

const CHOICES: [ProtocolChoice; 4] = [
    ProtocolChoice::Auto,
    ProtocolChoice::Exactly(ProtocolVersion::V5),
    ProtocolChoice::Exactly(ProtocolVersion::V311),
    ProtocolChoice::Exactly(ProtocolVersion::V31),
];

#[tokio::test]
async fn every_version_and_qos_goes_out_and_comes_back() {
    let Some(broker) = Mosquitto::start() else { return };
    for choice in CHOICES {
        let mut profile = profile(broker.port, choice);
        for subscription in &mut profile.subscriptions {
            subscription.options.qos = QoS::ExactlyOnce;
        }
        let mut observer = Observer::new(profile);
        observer.until_subscribed().await;
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            let topic = format!("{choice}/{qos}").replace("3.1.1", "311");
            let id = observer.publish(&topic, b"hello", qos);
            let outcome = observer.outcome(id).await;
            match qos {
                QoS::AtMostOnce => assert_eq!(outcome, Outcome::Sent),
                _ => assert_eq!(outcome, Outcome::Acked(vec![ReasonCode::SUCCESS])),
            }
            let back = observer.received(&topic).await;
            assert_eq!((back.payload.as_slice(), back.record.qos), (&b"hello"[..], qos));
            assert!(observer.seen.iter().any(|seen| seen.topic == topic
                && seen.record.direction == Direction::ClientToServer
                && seen.payload == b"hello"));
        }
        observer.received("$SYS/broker/version").await;
        observer.handle.take().unwrap().shutdown().await;
    }
}

#[tokio::test]
async fn auto_speaks_5_with_mosquitto_and_tells_what_connack_said() {
    let Some(broker) = Mosquitto::start() else { return };
    let mut observer = Observer::new(profile(broker.port, ProtocolChoice::Auto));
    observer.until_subscribed().await;
    let Some(ConnectionState::Connected(facts)) = observer.states.last() else {
        panic!("connected")
    };
    assert_eq!(facts.version, ProtocolVersion::V5);
    assert!(
        facts
            .peer
            .as_ref()
            .unwrap()
            .to_string()
            .ends_with(&format!(":{}", broker.port))
    );
    assert!(facts.client_id.starts_with("mqttscope-"), "{}", facts.client_id);
    assert!(!facts.client_id.contains('{'), "{}", facts.client_id);
    assert_eq!(facts.phases.len(), 2, "TCP and CONNECT");
    let phases: Vec<_> = observer
        .states
        .iter()
        .map(|state| match state {
            ConnectionState::Connecting { phase, attempt: 1 } => phase.name(),
            ConnectionState::Connected(_) => "up",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(phases[..3], ["TCP", "CONNECT", "up"]);
}

#[tokio::test]
async fn a_name_is_looked_up_and_its_living_address_found() {
    let Some(broker) = Mosquitto::start() else { return };
    let mut profile = profile(broker.port, ProtocolChoice::Auto);
    profile.url.host = "localhost".into();
    let mut observer = Observer::new(profile);
    observer.until_connected().await;
    let Some(ConnectionState::Connected(facts)) = observer.states.last() else {
        panic!("connected")
    };
    let names: Vec<_> = facts.phases.iter().map(|(phase, _)| phase.name()).collect();
    assert_eq!(names, ["DNS", "TCP", "CONNECT"]);
}

#[tokio::test]
async fn a_killed_broker_is_found_again_and_subscribed_again() {
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let mut observer = Observer::new(profile(broker.port, ProtocolChoice::Auto));
    observer.until_subscribed().await;
    broker.kill();
    let failure = observer
        .until_state("a wait", |state| match state {
            ConnectionState::Waiting { failure, .. } => Some(failure.clone()),
            _ => None,
        })
        .await;
    assert_eq!(failure.kind, FailureKind::Network);
    let id = observer.publish("lost", b"", QoS::AtLeastOnce);
    let Outcome::Failed { code: None, reason } = observer.outcome(id).await else {
        panic!("refused")
    };
    assert_eq!(reason, "not connected: nothing was sent");
    broker.restart();
    observer.until_subscribed().await;
    observer.publish("again", b"here", QoS::AtMostOnce);
    assert_eq!(observer.received("again").await.payload, b"here");
}

#[tokio::test]
async fn a_port_without_broker_is_told_in_words() {
    let port = free_port();
    let mut observer = Observer::new(profile(port, ProtocolChoice::Auto));
    let (attempt, failure) = observer
        .until_state("a wait", |state| match state {
            ConnectionState::Waiting { attempt, failure, .. } => Some((*attempt, failure.clone())),
            _ => None,
        })
        .await;
    assert_eq!(attempt, 2);
    assert_eq!(failure.what, format!("connection refused by 127.0.0.1:{port}"));
    assert!(
        failure.advice.contains("mqttscope broker --port"),
        "{}",
        failure.advice
    );
}

#[tokio::test]
async fn subscribing_and_unsubscribing_are_told_with_their_codes() {
    let Some(broker) = Mosquitto::start() else { return };
    let mut profile = profile(broker.port, ProtocolChoice::Auto);
    profile.subscriptions.clear();
    let mut observer = Observer::new(profile);
    observer.until_connected().await;
    let filter = TopicFilter::new("a/+").unwrap();
    let subscription = Subscription::new(filter.clone(), SubscriptionOptions::default());
    observer.send(Command::Subscribe(OperationId(100), vec![subscription]));
    assert_eq!(
        observer.outcome(OperationId(100)).await,
        Outcome::Acked(vec![ReasonCode(0)])
    );
    observer.publish("a/b", b"1", QoS::AtMostOnce);
    observer.received("a/b").await;
    observer.send(Command::Unsubscribe(OperationId(101), vec![filter]));
    assert_eq!(
        observer.outcome(OperationId(101)).await,
        Outcome::Acked(vec![ReasonCode(0)])
    );
    observer
        .until_state("the empty list", |state| match state {
            ConnectionState::Connected(facts) => facts.subscriptions.is_empty().then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_tried_again() {
    let Some(broker) = Mosquitto::start_with("allow_anonymous false\n") else {
        return;
    };
    for choice in CHOICES {
        let mut observer = Observer::new(profile(broker.port, choice));
        let failure = observer
            .until_state("a refusal", |state| match state {
                ConnectionState::Refused(failure) => Some(failure.clone()),
                _ => None,
            })
            .await;
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(failure.what.starts_with("not authorized"), "{}", failure.what);
    }
}

#[tokio::test]
async fn two_clients_with_one_id_are_told_of_the_takeover() {
    let Some(broker) = Mosquitto::start() else { return };
    let mut profile = profile(broker.port, ProtocolChoice::Auto);
    profile.client_id = "same".into();
    let mut first = Observer::new(profile.clone());
    first.until_subscribed().await;
    let mut second = Observer::new(profile);
    second.until_subscribed().await;
    // mosquitto 2.0.11 closes without 0x8E: what is left to see is three early closes in a row.
    let failure = first
        .until_state("the suspicion", |state| match state {
            ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                (failure.kind == FailureKind::TakenOver).then(|| failure.clone())
            }
            _ => None,
        })
        .await;
    assert!(failure.advice.contains("client id"), "{}", failure.advice);
}

#[tokio::test]
async fn disconnect_and_connect_do_what_they_say() {
    let Some(broker) = Mosquitto::start() else { return };
    let mut observer = Observer::new(profile(broker.port, ProtocolChoice::Auto));
    observer.until_connected().await;
    observer.send(Command::Disconnect);
    observer
        .until_state("idle", |state| (*state == ConnectionState::Idle).then_some(()))
        .await;
    assert_eq!(observer.count(PacketType::Disconnect), 1);
    observer.send(Command::Connect);
    observer.until_connected().await;
}

#[tokio::test]
async fn twenty_thousand_publishes_of_qos_1_come_back_in_order() {
    let Some(broker) = Mosquitto::start_with("allow_anonymous true\nmax_queued_messages 0\n") else {
        return;
    };
    let mut profile = profile(broker.port, ProtocolChoice::Auto);
    profile.subscriptions.truncate(1);
    profile.subscriptions[0].options.qos = QoS::AtLeastOnce;
    let mut observer = Observer::new(profile);
    observer.until_subscribed().await;
    let mut asked = 0u32;
    while asked < 20_000 {
        for _ in 0..200 {
            observer.publish("n", &asked.to_be_bytes(), QoS::AtLeastOnce);
            asked += 1;
        }
        observer
            .until("acks", |o| (o.ended.len() == asked as usize).then_some(()))
            .await;
    }
    assert!(
        observer
            .ended
            .iter()
            .all(|end| matches!(end.outcome, Outcome::Acked(_)))
    );
    let is_received = |seen: &&crate::observer::Seen| seen.record.direction == Direction::ServerToClient;
    observer
        .until("all messages", |o| {
            (o.seen.iter().filter(is_received).count() == 20_000).then_some(())
        })
        .await;
    for (expected, seen) in (0u32..).zip(observer.seen.iter().filter(is_received)) {
        assert_eq!(seen.payload, expected.to_be_bytes());
    }
}
