//! What MQTT clients see of the embedded broker, packet by packet.

use std::{collections::HashMap, time::Duration};

use mqttscope::broker::{Broker, BrokerHandle, BrokerOptions};
use rumqttc::v5::{
    MqttOptions,
    mqttbytes::{
        QoS,
        v5::{Filter, LastWill, Packet, PublishProperties, RetainForwardRule, SubscribeProperties},
    },
};
use tokio::time::timeout;

use super::{
    raw::{Raw, connect, frame, subscribe, text},
    rumqtt::{Client, DEADLINE},
};

pub async fn broker() -> BrokerHandle {
    let options = BrokerOptions {
        sys_interval: Duration::ZERO,
        ..BrokerOptions::default()
    };
    Broker::bind(options).await.unwrap()
}

fn options(broker: &BrokerHandle, id: &str) -> MqttOptions {
    MqttOptions::new(id, broker.addr().ip().to_string(), broker.addr().port())
}

#[tokio::test]
async fn connack_of_5_names_the_brokers_limits_and_the_id_it_chose() {
    let broker = broker().await;
    let mut client = Raw::open(broker.addr()).await;
    client.send(&connect(5, "", 0, &[])).await;
    let connack = client.packet().await;
    let says = |property: &[u8]| connack.windows(property.len()).any(|window| window == property);
    assert_eq!(connack[2..4], [0, 0]);
    for (property, name) in [
        (&[0x21, 0, 100][..], "receive maximum"),
        (&[0x22, 0, 32], "topic alias maximum"),
        (&[0x12, 0, 11, b'a', b'u', b't', b'o', b'-'], "assigned client id"),
    ] {
        assert!(says(property), "{name}: {connack:02X?}");
    }
    // Absent is "as asked" and "available" (MQTT 5 §3.2.2.3).
    assert!(!says(&[0x11, 0, 0, 0, 0]) && !says(&[0x2A, 0]), "{connack:02X?}");
}

#[tokio::test]
async fn connects_that_cannot_be_taken_are_refused_as_their_version_says() {
    let broker = broker().await;
    let mut no_clean_session = connect(4, "", 0, &[]);
    no_clean_session[9] = 0;
    let with_authentication = connect(5, "a", 0, &[0x15, 0, 1, b'x']);
    for (name, bytes, answer) in [
        (
            "3.1.1, no id, no clean session",
            no_clean_session,
            &[0x20, 2, 0, 2][..],
        ),
        ("3.1, no id", connect(3, "", 0, &[]), &[0x20, 2, 0, 2]),
        ("version 6", connect(6, "a", 0, &[]), &[0x20, 2, 0, 1]),
        (
            "authentication method",
            with_authentication,
            &[0x20, 3, 0, 0x8C, 0],
        ),
        ("no CONNECT first", vec![0xC0, 0], &[]),
        ("no MQTT", b"GET / HTTP/1.1\r\n\r\n".to_vec(), &[]),
    ] {
        let mut client = Raw::open(broker.addr()).await;
        client.send(&bytes).await;
        assert_eq!(client.rest().await, answer, "{name}");
    }
}

#[tokio::test]
async fn violations_end_the_connection_with_their_code() {
    let broker = broker().await;
    let topic = text("a");
    for (name, bytes, code) in [
        ("a second CONNECT", connect(5, "x", 0, &[]), 0x82),
        ("QoS 3", frame(0x36, &[&topic, &[0, 1, 0]]), 0x81),
        ("a wildcard in a topic", frame(0x30, &[&text("a/#"), &[0]]), 0x90),
        (
            "an alias above the maximum",
            frame(0x30, &[&topic, &[3, 0x23, 0, 33]]),
            0x94,
        ),
        (
            "an unknown alias",
            frame(0x30, &[&[0, 0], &[3, 0x23, 0, 1]]),
            0x82,
        ),
        ("a server's packet", vec![0xD0, 0], 0x82),
        ("five length bytes", vec![0x30, 0x80, 0x80, 0x80, 0x80, 1], 0x81),
        ("AUTH without a method", vec![0xF0, 2, 0x18, 0], 0x82),
    ] {
        let mut client = Raw::v5(broker.addr(), "violator").await;
        client.send(&bytes).await;
        assert_eq!(client.rest().await, [0xE0, 1, code], "{name}");
    }
}

#[tokio::test]
async fn packets_above_the_maximum_are_refused_before_they_are_here() {
    let options = BrokerOptions {
        max_packet_size: 1000,
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.unwrap();
    let mut client = Raw::v5(broker.addr(), "large").await;
    client.send(&[0x30, 0xFF, 0xFF, 0x7F]).await;
    assert_eq!(client.rest().await, [0xE0, 1, 0x95]);
}

#[tokio::test]
async fn a_new_connection_takes_the_client_id_over() {
    let broker = broker().await;
    let mut old = Raw::v5(broker.addr(), "same").await;
    let mut old_311 = Raw::admitted(broker.addr(), &connect(4, "same 311", 0, &[])).await;
    let mut new = Raw::v5(broker.addr(), "same").await;
    let mut new_311 = Raw::v5(broker.addr(), "same 311").await;
    assert_eq!(old.rest().await, [0xE0, 1, 0x8E]);
    assert!(old_311.rest().await.is_empty());
    new.is_alive().await;
    new_311.is_alive().await;
}

#[tokio::test]
async fn silence_for_one_and_a_half_keep_alives_ends_the_connection() {
    let broker = broker().await;
    let started = std::time::Instant::now();
    let mut client = Raw::admitted(broker.addr(), &connect(5, "mute", 1, &[])).await;
    assert_eq!(client.rest().await, [0xE0, 1, 0x8D]);
    assert!(started.elapsed() >= Duration::from_millis(1500));
}

#[tokio::test]
async fn suback_answers_each_filter_by_itself() {
    let broker = broker().await;
    let filters: [&[u8]; 5] = [&[0, 1, 0], &text("a/#"), &[2], &text("a#"), &[0]];
    let bad = frame(
        0x82,
        &[&filters.concat(), &text("$share/g/a"), &[1], &text("+/b"), &[1]],
    );
    let mut client = Raw::v5(broker.addr(), "five").await;
    client.send(&bad).await;
    assert_eq!(client.packet().await, [0x90, 7, 0, 1, 0, 2, 0x8F, 1, 1]);
    let mut client = Raw::admitted(broker.addr(), &connect(4, "four", 0, &[])).await;
    let filters: [&[u8]; 5] = [&[0, 1], &text("a"), &[1], &text("$share/g/a"), &[0]];
    client.send(&frame(0x82, &filters)).await;
    assert_eq!(client.packet().await, [0x90, 4, 0, 1, 1, 0]);
}

#[tokio::test]
async fn unsuback_says_whether_there_was_a_subscription() {
    let broker = broker().await;
    let mut client = Raw::v5(broker.addr(), "leaver").await;
    client.send(&subscribe("a", 0)).await;
    client.packet().await;
    client
        .send(&frame(0xA2, &[&[0, 2, 0], &text("a"), &text("b")]))
        .await;
    assert_eq!(client.packet().await, [0xB0, 5, 0, 2, 0, 0, 0x11]);
}

#[tokio::test]
async fn acknowledgements_tell_5_what_became_of_the_message() {
    let broker = broker().await;
    let mut client = Raw::v5(broker.addr(), "p").await;
    let publish = |first, topic: &str| frame(first, &[&text(topic), &[0, 7, 0]]);
    client.send(&publish(0x32, "nobody")).await;
    assert_eq!(client.packet().await, [0x40, 3, 0, 7, 0x10], "no subscribers");
    client.send(&publish(0x32, "$SYS/broker/version")).await;
    assert_eq!(client.packet().await, [0x40, 3, 0, 7, 0x87], "not authorized");
    client.send(&publish(0x34, "$SYS/broker/version")).await;
    assert_eq!(
        client.packet().await,
        [0x50, 3, 0, 7, 0x87],
        "not authorized, QoS 2"
    );
    client.send(&[0x62, 2, 0, 9]).await;
    assert_eq!(client.packet().await, [0x70, 3, 0, 9, 0x92], "no such id");
}

#[tokio::test]
async fn a_repeated_qos_2_publish_is_delivered_once() {
    let broker = broker().await;
    let mut subscriber = Raw::v5(broker.addr(), "s").await;
    subscriber.send(&subscribe("a", 0)).await;
    subscriber.packet().await;
    let mut publisher = Raw::admitted(broker.addr(), &connect(4, "p", 0, &[])).await;
    for first in [0x34, 0x3C, 0x3C] {
        publisher
            .send(&frame(first, &[&text("a"), &[0, 5], b"once"]))
            .await;
        assert_eq!(publisher.packet().await, [0x50, 2, 0, 5]);
    }
    for _ in 0..2 {
        publisher.send(&[0x62, 2, 0, 5]).await;
        assert_eq!(publisher.packet().await, [0x70, 2, 0, 5]);
    }
    publisher.send(&frame(0x30, &[&text("a"), b"end"])).await;
    for payload in [&b"once"[..], b"end"] {
        assert_eq!(
            subscriber.packet().await,
            frame(0x30, &[&text("a"), &[0], payload])
        );
    }
}

#[tokio::test]
async fn no_more_is_in_flight_than_the_client_allows_and_qos_0_passes() {
    let broker = broker().await;
    // Receive Maximum 1.
    let mut subscriber = Raw::admitted(broker.addr(), &connect(5, "s", 0, &[0x21, 0, 1])).await;
    subscriber.send(&subscribe("a", 2)).await;
    subscriber.packet().await;
    let mut publisher = Client::connect("p", broker.addr()).await;
    let polled = tokio::spawn(async move {
        publisher.publish("a", QoS::AtLeastOnce, false, "1").await;
        publisher.publish("a", QoS::ExactlyOnce, false, "2").await;
        publisher.publish("a", QoS::AtMostOnce, false, "0").await;
        publisher
            .expect(|packet| matches!(packet, Packet::PubComp(_)).then_some(()))
            .await;
        publisher
    });
    let delivery = |first, id: u8, payload: &[u8]| {
        let id: &[u8] = if id == 0 { &[] } else { &[0, id] };
        frame(first, &[&text("a"), id, &[0], payload])
    };
    assert_eq!(subscriber.packet().await, delivery(0x32, 1, b"1"));
    assert_eq!(subscriber.packet().await, delivery(0x30, 0, b"0"));
    subscriber.is_alive().await;
    subscriber.send(&[0x40, 2, 0, 1]).await;
    assert_eq!(subscriber.packet().await, delivery(0x34, 2, b"2"));
    subscriber.send(&[0x50, 2, 0, 2]).await;
    assert_eq!(subscriber.packet().await, [0x62, 2, 0, 2]);
    subscriber.send(&[0x70, 2, 0, 2]).await;
    subscriber.is_alive().await;
    drop(polled.await.unwrap());
}

#[tokio::test]
async fn topic_aliases_stand_for_their_topics() {
    let broker = broker().await;
    let mut subscriber = Client::connect("s", broker.addr()).await;
    subscriber.subscribe(Filter::new("#", QoS::AtMostOnce)).await;
    let mut publisher = Raw::v5(broker.addr(), "p").await;
    publisher
        .send(&frame(0x30, &[&text("long/topic"), &[3, 0x23, 0, 2], b"1"]))
        .await;
    publisher
        .send(&frame(0x30, &[&[0, 0], &[3, 0x23, 0, 2], b"2"]))
        .await;
    for payload in ["1", "2"] {
        let message = subscriber.message("long/topic").await;
        assert_eq!(message.payload, payload);
        assert_eq!(message.properties.and_then(|all| all.topic_alias), None);
    }
}

#[tokio::test]
async fn retained_messages_come_with_the_subscription_as_its_options_say() {
    let broker = broker().await;
    let mut client = Client::connect("c", broker.addr()).await;
    client.publish("kept", QoS::AtLeastOnce, true, "old").await;
    let with = |rule: RetainForwardRule| {
        let mut filter = Filter::new("kept", QoS::AtLeastOnce);
        filter.retain_forward_rule = rule;
        filter
    };
    client.subscribe(with(RetainForwardRule::OnEverySubscribe)).await;
    let message = client.message("kept").await;
    assert!(message.retain && message.payload == "old");
    // Neither brings it again: the next message is the end marker.
    client.subscribe(with(RetainForwardRule::OnNewSubscribe)).await;
    client.subscribe(with(RetainForwardRule::Never)).await;
    client.publish("kept", QoS::AtLeastOnce, false, "end").await;
    let message = client.message("kept").await;
    assert!(!message.retain && message.payload == "end");
    // Published retained to a standing subscription: the flag shows only with Retain As Published.
    client.publish("kept", QoS::AtLeastOnce, true, "live").await;
    assert!(!client.message("kept").await.retain);
    let mut as_published = with(RetainForwardRule::Never);
    as_published.preserve_retain = true;
    client.subscribe(as_published).await;
    client.publish("kept", QoS::AtLeastOnce, true, "live").await;
    assert!(client.message("kept").await.retain);
    // Cleared by an empty payload.
    client.publish("kept", QoS::AtLeastOnce, true, "").await;
    client.message("kept").await;
    client.subscribe(with(RetainForwardRule::OnEverySubscribe)).await;
    client.publish("kept", QoS::AtLeastOnce, false, "end").await;
    assert_eq!(client.message("kept").await.payload, "end");
}

#[tokio::test]
async fn no_local_keeps_a_clients_own_messages_from_it() {
    let broker = broker().await;
    let mut client = Client::connect("c", broker.addr()).await;
    let mut filter = Filter::new("talk", QoS::AtLeastOnce);
    filter.nolocal = true;
    client.subscribe(filter).await;
    client.publish("talk", QoS::AtLeastOnce, false, "mine").await;
    client
        .expect(|packet| matches!(packet, Packet::PubAck(_)).then_some(()))
        .await;
    let mut other = Client::connect("o", broker.addr()).await;
    other.publish("talk", QoS::AtLeastOnce, false, "theirs").await;
    other
        .expect(|packet| matches!(packet, Packet::PubAck(_)).then_some(()))
        .await;
    assert_eq!(client.message("talk").await.payload, "theirs");
}

#[tokio::test]
async fn properties_and_subscription_identifiers_reach_the_subscriber() {
    let broker = broker().await;
    let mut client = Client::connect("c", broker.addr()).await;
    for (filter, id) in [("p/#", 7), ("p/+", 300)] {
        let properties = SubscribeProperties {
            id: Some(id),
            user_properties: Vec::new(),
        };
        client
            .requests
            .subscribe_with_properties(filter, QoS::AtMostOnce, properties)
            .await
            .unwrap();
        client
            .expect(|packet| matches!(packet, Packet::SubAck(_)).then_some(()))
            .await;
    }
    let sent = PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(60),
        response_topic: Some("answers".to_owned()),
        correlation_data: Some("c".into()),
        user_properties: vec![("k".into(), "1".into()), ("k".into(), "2".into())],
        content_type: Some("text/plain".to_owned()),
        ..PublishProperties::default()
    };
    let publish = client
        .requests
        .publish_with_properties("p/x", QoS::AtMostOnce, false, "x", sent.clone());
    publish.await.unwrap();
    let received = client.message("p/x").await.properties.unwrap();
    let expected = PublishProperties {
        subscription_identifiers: vec![7, 300],
        ..sent
    };
    assert_eq!(received, expected);
}

#[tokio::test]
async fn wills_are_published_for_deaths_and_not_for_goodbyes() {
    let broker = broker().await;
    let mut watcher = Client::connect("watcher", broker.addr()).await;
    watcher.subscribe(Filter::new("will", QoS::AtLeastOnce)).await;
    let with_will = |payload: &'static str| {
        let mut options = options(&broker, payload);
        options.set_last_will(LastWill::new("will", payload, QoS::AtLeastOnce, false, None));
        options
    };
    let mut polite = Client::with(with_will("goodbye")).await;
    polite.requests.disconnect().await.unwrap();
    while polite.events.poll().await.is_ok() {}
    drop(Client::with(with_will("dropped")).await);
    assert_eq!(watcher.message("will").await.payload, "dropped");
    let old = Client::with(with_will("taken over")).await;
    let _new = Client::connect("taken over", broker.addr()).await;
    assert_eq!(watcher.message("will").await.payload, "taken over");
    drop(old);
    // CONNECT with a will, then DISCONNECT with reason 0x04: disconnect with will message.
    let will = [&[0][..], &text("will"), &text("asked for")].concat();
    let bytes = frame(0x10, &[&text("MQTT"), &[5, 0x06, 0, 0, 0], &text("asker"), &will]);
    let mut asker = Raw::admitted(broker.addr(), &bytes).await;
    asker.send(&[0xE0, 2, 4, 0]).await;
    assert_eq!(watcher.message("will").await.payload, "asked for");
}

#[tokio::test]
async fn sys_topics_tell_of_the_broker() {
    let options = BrokerOptions {
        sys_interval: Duration::from_millis(100),
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.unwrap();
    let mut client = Client::connect("c", broker.addr()).await;
    client.subscribe(Filter::new("#", QoS::AtMostOnce)).await;
    client.subscribe(Filter::new("$SYS/#", QoS::AtMostOnce)).await;
    // Each is said once for each value: they are gathered in whatever order they come.
    let counted = [
        "messages/received",
        "messages/sent",
        "bytes/sent",
        "publish/messages/sent",
    ];
    let mut said = HashMap::new();
    let said = client
        .expect(|packet| {
            let Packet::Publish(publish) = packet else {
                return None;
            };
            let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
            let text = String::from_utf8(publish.payload.to_vec()).unwrap();
            said.insert(topic.strip_prefix("$SYS/broker/").unwrap().to_owned(), text);
            let is_said = |topic: &str, text: &str| said.get(topic).is_some_and(|said| said == text);
            let is_whole = is_said("clients/connected", "1")
                && is_said("subscriptions/count", "2")
                && said.len() == 15
                && counted.iter().all(|topic| !is_said(topic, "0"));
            is_whole.then(|| said.clone())
        })
        .await;
    assert!(said["version"].starts_with("mqttscope broker "), "{said:?}");
    assert!(said["uptime"].ends_with(" seconds"), "{said:?}");
}

#[tokio::test]
async fn a_slow_subscriber_loses_qos_0_and_the_loss_is_counted() {
    let options = BrokerOptions {
        sys_interval: Duration::from_millis(100),
        queue_messages: 10,
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.unwrap();
    let mut slow = Raw::v5(broker.addr(), "slow").await;
    slow.send(&subscribe("flood", 0)).await;
    slow.packet().await;
    let mut watcher = Client::connect("watcher", broker.addr()).await;
    let dropped = "$SYS/broker/publish/messages/dropped";
    watcher.subscribe(Filter::new(dropped, QoS::AtMostOnce)).await;
    let mut publisher = Raw::v5(broker.addr(), "p").await;
    // More than both socket buffers hold.
    let message = frame(0x30, &[&text("flood"), &[0], &vec![b'x'; 100_000]]);
    for _ in 0..300 {
        publisher.send(&message).await;
    }
    publisher.is_alive().await;
    while watcher.message(dropped).await.payload == "0" {}
    let mut received = 0;
    slow.send(&[0xC0, 0]).await;
    while slow.packet().await[0] == 0x30 {
        received += 1;
    }
    assert!((10..300).contains(&received), "{received} received");
    timeout(DEADLINE, broker.shutdown()).await.unwrap();
}

#[tokio::test]
async fn shutdown_tells_clients_why_publishes_no_wills_and_waits_for_none() {
    let broker = broker().await;
    let mut five = Raw::v5(broker.addr(), "five").await;
    let mut four = Raw::admitted(broker.addr(), &connect(4, "four", 0, &[])).await;
    let _without_connect = Raw::open(broker.addr()).await;
    let mut deaf = Raw::v5(broker.addr(), "deaf").await;
    deaf.send(&subscribe("#", 0)).await;
    deaf.packet().await;
    timeout(Duration::from_secs(5), broker.shutdown()).await.unwrap();
    assert_eq!(five.rest().await, [0xE0, 1, 0x8B]);
    assert!(four.rest().await.is_empty());
}
