//! Sessions, packet by packet. Each script is played to the embedded broker and, where it is installed, to
//! mosquitto: what both do is what clients rely on.

use std::{net::SocketAddr, time::Duration};

use mqttscope::broker::{Broker, BrokerOptions};
use rumqttc::v5::{
    MqttOptions,
    mqttbytes::{QoS, v5::Filter},
};

use super::{
    common::mosquitto::Mosquitto,
    embedded::broker,
    raw::{Raw, connect, frame, session, subscribe, text},
    rumqtt::Client,
};

/// Both brokers in turn.
async fn on_both(script: impl AsyncFn(SocketAddr)) {
    let embedded = broker().await;
    println!("embedded");
    script(embedded.addr()).await;
    embedded.shutdown().await;
    if let Some(mosquitto) = Mosquitto::start() {
        println!("mosquitto");
        script(([127, 0, 0, 1], mosquitto.port).into()).await;
    }
}

/// SUBSCRIBE as the version writes it, packet id 1.
fn subscribe_on(level: u8, filter: &str, qos: u8) -> Vec<u8> {
    match level {
        5 => subscribe(filter, qos),
        _ => frame(0x82, &[&[0, 1], &text(filter), &[qos]]),
    }
}

/// PUBLISH as the version writes it.
fn publish(level: u8, first: u8, topic: &str, id: u8, payload: &str) -> Vec<u8> {
    let id: &[u8] = if id == 0 { &[] } else { &[0, id] };
    let properties: &[u8] = if level == 5 { &[0] } else { &[] };
    frame(first, &[&text(topic), id, properties, payload.as_bytes()])
}

/// A client that publishes and waits until the broker has it; then it is gone.
async fn say(addr: SocketAddr, first: u8, topic: &str, payload: &str) {
    let mut publisher = Raw::admitted(addr, &connect(4, "publisher", 0, &[])).await;
    let id = u8::from(first & 6 != 0);
    publisher.send(&publish(4, first, topic, id, payload)).await;
    if first & 6 == 4 {
        assert_eq!(publisher.packet().await, [0x50, 2, 0, 1]);
        publisher.send(&[0x62, 2, 0, 1]).await;
        assert_eq!(publisher.packet().await, [0x70, 2, 0, 1]);
    } else if first & 6 == 2 {
        assert_eq!(publisher.packet().await, [0x40, 2, 0, 1]);
    }
    publisher.is_alive().await;
    publisher.send(&[0xE0, 0]).await;
    publisher.rest().await;
}

/// The session's flag in CONNACK.
async fn come(addr: SocketAddr, connect: &[u8]) -> (Raw, bool) {
    let mut client = Raw::open(addr).await;
    client.send(connect).await;
    let connack = client.packet().await;
    assert!(connack[0] == 0x20 && connack[3] == 0, "{connack:02X?}");
    (client, connack[2] == 1)
}

#[tokio::test]
async fn qos_1_and_2_wait_for_a_client_that_is_away_and_qos_0_does_not() {
    on_both(async |addr| {
        for level in [4, 5] {
            let hello = session(level, &format!("away{level}"), false, Some(60));
            let (mut client, is_present) = come(addr, &hello).await;
            assert!(!is_present);
            client.send(&subscribe_on(level, "wait/#", 2)).await;
            client.packet().await;
            client.send(&[0xE0, 0]).await;
            client.rest().await;
            for (first, payload) in [(0x32, "1"), (0x30, "0"), (0x34, "2"), (0x32, "3")] {
                say(addr, first, "wait/x", payload).await;
            }
            let (mut client, is_present) = come(addr, &hello).await;
            assert!(is_present);
            for (first, payload) in [(0x32, "1"), (0x34, "2"), (0x32, "3")] {
                let packet = client.packet().await;
                assert_eq!(packet[0], first, "{packet:02X?}");
                assert!(packet.ends_with(payload.as_bytes()), "{packet:02X?}");
            }
            // Clean start: it is all forgotten.
            let (mut client, is_present) =
                come(addr, &session(level, &format!("away{level}"), true, None)).await;
            assert!(!is_present);
            client.is_alive().await;
        }
    })
    .await;
}

#[tokio::test]
async fn rumqttc_gets_after_its_return_what_was_published_meanwhile() {
    let broker = broker().await;
    let addr = broker.addr();
    let mut options = MqttOptions::new("r", addr.ip().to_string(), addr.port());
    options
        .set_clean_start(false)
        .set_session_expiry_interval(Some(60));
    let mut client = Client::with(options.clone()).await;
    client.subscribe(Filter::new("q", QoS::AtLeastOnce)).await;
    drop(client);
    say(addr, 0x32, "q", "meanwhile").await;
    let mut client = Client::with(options).await;
    assert_eq!(client.message("q").await.payload, "meanwhile");
    broker.shutdown().await;
}

#[tokio::test]
async fn what_was_in_flight_comes_again_with_dup_in_order_and_before_what_is_new() {
    on_both(async |addr| {
        for level in [4, 5] {
            let hello = session(level, &format!("cut{level}"), false, Some(60));
            let (mut client, _) = come(addr, &hello).await;
            client.send(&subscribe_on(level, "f", 2)).await;
            client.packet().await;
            for (first, payload) in [(0x34, "1"), (0x32, "2"), (0x34, "3"), (0x32, "4")] {
                say(addr, first, "f", payload).await;
            }
            let mut ids = Vec::new();
            for (first, payload) in [(0x34, "1"), (0x32, "2"), (0x34, "3"), (0x32, "4")] {
                let packet = client.packet().await;
                let id = packet[6];
                assert_eq!(packet, publish(level, first, "f", id, payload));
                ids.push(id);
            }
            // 1 is received, 2 is done; 3 and 4 are lost with the connection.
            client.send(&[0x50, 2, 0, ids[0], 0x40, 2, 0, ids[1]]).await;
            assert_eq!(client.packet().await, [0x62, 2, 0, ids[0]]);
            drop(client);
            let (mut client, is_present) = come(addr, &hello).await;
            assert!(is_present);
            say(addr, 0x32, "f", "new").await;
            let mut again = Vec::new();
            for _ in 0..4 {
                again.push(client.packet().await);
            }
            let pubrel = vec![0x62, 2, 0, ids[0]];
            let place = again.iter().position(|packet| *packet == pubrel);
            assert!(again.iter().any(|packet| packet == &pubrel), "{again:02X?}");
            again.remove(place.unwrap());
            assert_eq!(again[0], publish(level, 0x3C, "f", ids[2], "3"));
            assert_eq!(again[1], publish(level, 0x3A, "f", ids[3], "4"));
            assert!(again[2][0] == 0x32 && again[2].ends_with(b"new"), "{again:02X?}");
            come(addr, &session(level, &format!("cut{level}"), true, None)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_qos_2_publish_is_published_once_across_connections() {
    on_both(async |addr| {
        let mut subscriber = Raw::admitted(addr, &connect(4, "s", 0, &[])).await;
        subscriber.send(&subscribe_on(4, "once", 0)).await;
        subscriber.packet().await;
        let hello = session(4, "sender", false, None);
        for first in [0x34, 0x3C] {
            let (mut sender, _) = come(addr, &hello).await;
            sender.send(&publish(4, first, "once", 9, "x")).await;
            assert_eq!(sender.packet().await, [0x50, 2, 0, 9]);
        }
        let (mut sender, is_present) = come(addr, &hello).await;
        assert!(is_present);
        sender.send(&[0x62, 2, 0, 9]).await;
        assert_eq!(sender.packet().await, [0x70, 2, 0, 9]);
        say(addr, 0x30, "once", "end").await;
        for payload in ["x", "end"] {
            assert_eq!(subscriber.packet().await, publish(4, 0x30, "once", 0, payload));
        }
        come(addr, &session(4, "sender", true, None)).await;
    })
    .await;
}

#[tokio::test]
async fn a_takeover_keeps_the_session() {
    on_both(async |addr| {
        let hello = session(5, "mine", false, Some(60));
        let (mut old, _) = come(addr, &hello).await;
        old.send(&subscribe("t", 1)).await;
        old.packet().await;
        let (mut new, is_present) = come(addr, &hello).await;
        assert!(is_present);
        old.rest().await;
        say(addr, 0x32, "t", "still subscribed").await;
        assert_eq!(new.packet().await[0], 0x32);
        come(addr, &session(5, "mine", true, None)).await;
    })
    .await;
}

#[tokio::test]
async fn disconnect_may_lengthen_the_session_but_not_begin_one() {
    on_both(async |addr| {
        let (mut client, _) = come(addr, &session(5, "d", true, Some(1))).await;
        client.send(&[0xE0, 7, 0, 5, 0x11, 0, 0, 0, 60]).await;
        client.rest().await;
        let (mut client, is_present) = come(addr, &session(5, "d", false, None)).await;
        assert!(is_present);
        client.send(&[0xE0, 7, 0, 5, 0x11, 0, 0, 0, 60]).await;
        let told = client.rest().await;
        assert!(told.starts_with(&[0xE0]) && told[2] == 0x82, "{told:02X?}");
    })
    .await;
}

/// CONNECT of MQTT 5 with session expiry, and a will at QoS 0 with its delay, seconds.
fn mortal(id: &str, expiry: u8, delay: u8) -> Vec<u8> {
    let properties = [5, 0x11, 0, 0, 0, expiry];
    let will = [&[5, 0x18, 0, 0, 0, delay][..], &text("will"), &text(id)].concat();
    let head = [&text("MQTT")[..], &[5, 0x06, 0, 0]].concat();
    frame(0x10, &[&head, &properties, &text(id), &will])
}

/// A session that ends with its connection is left to the broker's own tests: mosquitto 2.0.11 never sends the
/// will of one that has a delay.
#[tokio::test]
async fn a_will_waits_for_its_delay_or_the_sessions_end_and_not_for_who_is_back() {
    on_both(async |addr| {
        let mut watcher = Raw::v5(addr, "watcher").await;
        watcher.send(&subscribe("will", 0)).await;
        watcher.packet().await;
        let started = std::time::Instant::now();
        for (id, expiry, delay) in [
            ("after 2", 60, 2),
            ("session over after 1", 1, 60),
            ("comes back", 60, 1),
        ] {
            drop(come(addr, &mortal(id, expiry, delay)).await);
        }
        let (_back, is_present) = come(addr, &session(5, "comes back", false, Some(0))).await;
        assert!(is_present);
        let mut came = Vec::new();
        for _ in 0..2 {
            let will = watcher.packet().await;
            let id = String::from_utf8_lossy(&will[9..]).into_owned();
            came.push((id, started.elapsed()));
        }
        for (id, seconds) in [("session over after 1", 1), ("after 2", 2)] {
            let at = came.iter().find(|(one, _)| one == id).map(|(_, at)| *at);
            // mosquitto counts in whole seconds.
            let earliest = Duration::from_secs(seconds).saturating_sub(Duration::from_secs(1));
            assert!(at.is_some_and(|at| at >= earliest), "{id}: {came:?}");
        }
        watcher.is_alive().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_outlives_its_expiry_in_the_queue_is_not_delivered() {
    on_both(async |addr| {
        let hello = session(5, "late", false, Some(60));
        let (mut client, _) = come(addr, &hello).await;
        client.send(&subscribe("#", 1)).await;
        client.packet().await;
        client.send(&[0xE0, 0]).await;
        client.rest().await;
        let mut publisher = Raw::v5(addr, "publisher").await;
        for (payload, seconds) in [("short", 1), ("long", 100)] {
            let expiry = [5, 0x02, 0, 0, 0, seconds];
            let packet = frame(0x32, &[&text("q"), &[0, 1], &expiry, payload.as_bytes()]);
            publisher.send(&packet).await;
            publisher.packet().await;
        }
        // A will that waits longer than the message lives.
        drop(come(addr, &mortal("clock", 60, 3)).await);
        let mut watcher = Raw::v5(addr, "watcher").await;
        watcher.send(&subscribe("will", 0)).await;
        watcher.packet().await;
        watcher.packet().await;
        let (mut client, _) = come(addr, &hello).await;
        let first = client.packet().await;
        assert!(first.ends_with(b"long"), "{first:02X?}");
        let left = u32::from_be_bytes(first[9..13].try_into().unwrap());
        assert!((90..=98).contains(&left), "{left} s are left: {first:02X?}");
        come(addr, &session(5, "late", true, None)).await;
    })
    .await;
}

#[tokio::test]
async fn a_queue_for_a_client_that_is_away_is_bounded_and_drops_are_counted() {
    let options = BrokerOptions {
        sys_interval: Duration::from_millis(100),
        queue_messages: 5,
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.unwrap();
    let hello = session(5, "away", false, Some(60));
    let (mut client, _) = come(broker.addr(), &hello).await;
    client.send(&subscribe("q", 1)).await;
    client.packet().await;
    client.send(&[0xE0, 0]).await;
    client.rest().await;
    for n in 0..13 {
        say(broker.addr(), 0x32, "q", &n.to_string()).await;
    }
    let (mut client, _) = come(broker.addr(), &hello).await;
    for n in 0..10 {
        let packet = client.packet().await;
        assert!(packet.ends_with(n.to_string().as_bytes()), "{n}: {packet:02X?}");
        client.send(&[0x40, 2, 0, packet[6]]).await;
    }
    client.is_alive().await;
    let mut watcher = Raw::v5(broker.addr(), "watcher").await;
    watcher
        .send(&subscribe("$SYS/broker/publish/messages/dropped", 0))
        .await;
    watcher.packet().await;
    while !watcher.packet().await.ends_with(b"3") {}
    broker.shutdown().await;
}

#[tokio::test]
async fn a_group_shares_messages_evenly_and_other_subscribers_get_all() {
    on_both(async |addr| {
        let mut members = Vec::new();
        for (id, filter) in [("a", "$share/g/job/#"), ("b", "$share/g/job/#"), ("c", "job/#")] {
            let mut member = Raw::v5(addr, id).await;
            member.send(&subscribe(filter, 1)).await;
            assert_eq!(member.packet().await, [0x90, 4, 0, 1, 0, 1]);
            members.push(member);
        }
        for n in 0..10 {
            say(addr, 0x30, "job/new", &n.to_string()).await;
        }
        let mut counts = Vec::new();
        for member in &mut members {
            member.send(&[0xC0, 0]).await;
            let mut count = 0;
            while member.packet().await[0] != 0xD0 {
                count += 1;
            }
            counts.push(count);
        }
        assert_eq!(counts, [5, 5, 10]);
    })
    .await;
}

/// mosquitto 2.0.11 sends them.
#[tokio::test]
async fn a_shared_subscription_gets_nothing_retained() {
    let broker = broker().await;
    say(broker.addr(), 0x33, "job/old", "retained").await;
    let mut member = Raw::v5(broker.addr(), "member").await;
    member.send(&subscribe("$share/g/job/#", 1)).await;
    member.packet().await;
    member.is_alive().await;
    broker.shutdown().await;
}

/// mosquitto 2.0.11 lets it pass.
#[tokio::test]
async fn no_local_on_a_shared_subscription_is_a_protocol_error() {
    let broker = broker().await;
    let mut client = Raw::v5(broker.addr(), "c").await;
    client.send(&subscribe("$share/g/a", 0b100)).await;
    assert_eq!(client.rest().await, [0xE0, 1, 0x82]);
}

/// mosquitto 2.0.11 does not do this.
#[tokio::test]
async fn what_a_member_of_a_group_never_took_goes_to_another_when_its_session_ends() {
    let broker = broker().await;
    let addr = broker.addr();
    let share = "$share/g/job";
    let (mut first, _) = come(addr, &session(5, "first", true, Some(60))).await;
    first.send(&subscribe(share, 2)).await;
    first.packet().await;
    for (kind, payload) in [(0x32, "in flight"), (0x34, "in flight at 2")] {
        say(addr, kind, "job", payload).await;
        first.packet().await;
    }
    first.send(&[0xE0, 0]).await;
    first.rest().await;
    say(addr, 0x34, "job", "queued at 2").await;
    let mut second = Raw::v5(addr, "second").await;
    second.send(&subscribe(share, 2)).await;
    second.packet().await;
    say(addr, 0x32, "job", "online comes first").await;
    let packet = second.packet().await;
    assert!(packet.ends_with(b"online comes first"), "{packet:02X?}");
    // Its session ends. The QoS 2 message whose delivery had begun must not be sent to others (MQTT-4.8.2-5).
    come(addr, &session(5, "first", true, None)).await;
    for (kind, payload) in [(0x32, "in flight"), (0x34, "queued at 2")] {
        let packet = second.packet().await;
        assert!(
            packet[0] == kind && packet.ends_with(payload.as_bytes()),
            "{packet:02X?}"
        );
    }
    second.is_alive().await;
    broker.shutdown().await;
}
