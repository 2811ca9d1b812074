//! A steady rate, every message in a write of its own.

use std::{thread, time::Duration};

use super::{
    keys::{self, Press},
    load::Subscriber,
    peer::Peer,
    process,
    scene::{Scene, Usage},
    table::{Bar, Row, quantile},
};

/// 20 s in quarters: the one in the middle counts, so that a neighbour's burst of work does not.
const QUARTER: Duration = Duration::from_secs(5);

/// 100 bytes of JSON on 50 topics of 10 places, different in every message.
fn packets(subscriber: &Subscriber) -> Vec<Vec<u8>> {
    let packet = |n: u32| {
        let topic = format!("plant/line-{}/sensor-{}/state", n % 10, n % 50 / 10);
        let json = format!(
            r#"{{"seq":{n:06},"temperature":{:.2},"humidity":{:.1},"state":"running","unit":"celsius","#,
            20.0 + f64::from(n % 97) / 10.0,
            40.0 + f64::from(n % 31) / 3.0
        );
        let json = format!(r#"{json}"pad":"{}"}}"#, "x".repeat(91 - json.len()));
        assert_eq!(json.len(), 100);
        subscriber.publish(&topic, json.as_bytes())
    };
    (0..5_000).map(packet).collect()
}

/// What the program uses at a rate, after `keys`.
fn at(rate: u32, keys: &str) -> Usage {
    let mut scene = Scene::connected();
    let packets = packets(&scene.subscriber);
    scene.terminal.keys(keys);
    scene
        .subscriber
        .send_steadily(&packets, rate, Duration::from_secs(2));
    let quarter = |_| {
        scene
            .usage(|scene| scene.subscriber.send_steadily(&packets, rate, QUARTER))
            .0
    };
    let quarters: Vec<Usage> = (0..4).map(quarter).collect();
    let summary = scene.summary();
    assert_eq!(summary["received"], summary["stored"]);
    Usage::middle(&quarters)
}

/// What `mosquitto_sub -v > /dev/null` uses at a rate, in words.
fn mosquitto_sub(rate: u32) -> Option<String> {
    let mut peer = Peer::start(None)?;
    let packets = packets(&peer.subscriber);
    peer.subscriber
        .send_steadily(&packets, rate, Duration::from_secs(1));
    let before = process::cpu(peer.child.id());
    peer.subscriber.send_steadily(&packets, rate, QUARTER);
    let cpu = process::cpu(peer.child.id()).saturating_sub(before);
    let percent = cpu.as_secs_f64() / QUARTER.as_secs_f64() * 100.0;
    Some(format!("mosquitto_sub -v {percent:.1} %"))
}

pub fn thousand_a_second() -> Vec<Row> {
    let log = at(1_000, "3");
    let tree = at(1_000, "2z");
    vec![
        Row {
            beside: mosquitto_sub(1_000),
            ..Row::new(
                "1,000 msg/s, log following: CPU of a core",
                log.cpu_percent(),
                "%",
                Bar::AtMost(3.0),
            )
        },
        Row::new(
            "1,000 msg/s, log following: to the terminal",
            log.kib_a_second(),
            "KiB/s",
            Bar::AtMost(12.0),
        ),
        Row::new(
            "1,000 msg/s, log following: frames a second",
            log.frames / log.seconds,
            "",
            Bar::AtMost(5.5),
        ),
        Row::new(
            "1,000 msg/s, tree alone: CPU of a core",
            tree.cpu_percent(),
            "%",
            Bar::AtMost(3.0),
        ),
        Row::new(
            "1,000 msg/s, tree alone: to the terminal",
            tree.kib_a_second(),
            "KiB/s",
            Bar::AtMost(1.5),
        ),
    ]
}

pub fn twenty_thousand_a_second() -> Vec<Row> {
    let log = at(20_000, "3");
    let tree = at(20_000, "2z");
    let mut scene = Scene::connected();
    let packets = packets(&scene.subscriber);
    let Scene {
        terminal, subscriber, ..
    } = &mut scene;
    let presses = thread::scope(|scope| {
        scope.spawn(|| subscriber.send_steadily(&packets, 20_000, Duration::from_secs(10)));
        keys::press(terminal, Duration::from_secs(9))
    });
    vec![
        Row {
            beside: mosquitto_sub(20_000),
            ..Row::new(
                "20,000 msg/s, log following: CPU of a core",
                log.cpu_percent(),
                "%",
                Bar::AtMost(3.0),
            )
        },
        Row::new(
            "20,000 msg/s, log following: to the terminal",
            log.kib_a_second(),
            "KiB/s",
            Bar::AtMost(12.0),
        ),
        Row::new(
            "20,000 msg/s, tree alone: to the terminal",
            tree.kib_a_second(),
            "KiB/s",
            Bar::AtMost(1.0),
        ),
        Row::new(
            "20,000 msg/s: key to screen p99",
            quantile(presses.iter().map(Press::milliseconds).collect(), 0.99),
            "ms",
            Bar::AtMost(8.0),
        ),
    ]
}
