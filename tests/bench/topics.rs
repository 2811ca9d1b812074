//! A million topics: how fast they come in, and whether the tree can be used meanwhile and afterwards.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    firehose,
    keys::{self, Press},
    load::Subscriber,
    peer::Peer,
    process,
    scene::Scene,
    table::{Bar, Row, median, quantile},
};

const TOPICS: usize = 1_000_000;
const ROUNDS: usize = 3;
/// Twice each topic: the first message of each makes it, the second one updates it.
const MESSAGES: usize = 2 * TOPICS;

/// A message of 64 B to each of `topics` topics, none with a level of its own above it.
fn packets(subscriber: &Subscriber, topics: usize) -> Vec<u8> {
    let packet = |n: usize| subscriber.publish(&topic(n), format!("{n:>64}").as_bytes());
    (0..topics).flat_map(packet).collect()
}

fn topic(n: usize) -> String {
    format!("fleet/{}/{:05}", n % 100, n / 100)
}

/// Room for a million topics: half of the memory is theirs.
fn scene() -> Scene {
    Scene::with(&["--max-memory", "1G"])
}

struct Round {
    seconds: f64,
    presses: Vec<f64>,
}

fn round() -> Round {
    let mut scene = scene();
    let packets = packets(&scene.subscriber, TOPICS);
    let Scene {
        terminal, subscriber, ..
    } = &mut scene;
    let started = Instant::now();
    let mut presses = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            subscriber.send(&packets);
            subscriber.send(&packets);
        });
        while !terminal.contents().contains("rx 2 000 000") {
            presses.extend(
                keys::press(terminal, Duration::from_millis(1))
                    .iter()
                    .map(Press::milliseconds),
            );
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let summary = scene.summary();
    assert_eq!(summary["received"], MESSAGES);
    assert_eq!(summary["stored"], MESSAGES);
    Round { seconds, presses }
}

fn mosquitto_sub() -> Option<f64> {
    let mut peer = Peer::start(Some(MESSAGES))?;
    let packets = packets(&peer.subscriber, TOPICS);
    let started = Instant::now();
    peer.subscriber.send(&packets);
    peer.subscriber.send(&packets);
    peer.child.wait().unwrap();
    Some(started.elapsed().as_secs_f64())
}

/// One message each, then an update each, keys being pressed all the while.
pub fn million() -> Vec<Row> {
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..ROUNDS).map(|_| (round(), mosquitto_sub())).unzip();
    let theirs: Option<Vec<f64>> = theirs.into_iter().collect();
    let seconds = median(ours.iter().map(|round| round.seconds).collect());
    let presses: Vec<f64> = ours.iter().flat_map(|round| round.presses.clone()).collect();
    vec![
        firehose::throughput(
            "1 M topics, a message and an update each: throughput",
            MESSAGES,
            seconds,
            theirs.map(median),
            1.0,
        ),
        Row::new(
            "1 M topics meanwhile: key to screen p99",
            quantile(presses, 0.99),
            "ms",
            Bar::AtMost(50.0),
        ),
    ]
}

/// Keys of the tree and what they do there; the slowest of each kind is what counts.
const WALK: [(&str, &str); 17] = [
    ("expand all", "+"),
    ("to the end", "G"),
    ("page up", "\x1b[5~"),
    ("to the top", "g"),
    ("sort by rate", "s"),
    ("sort by recent", "s"),
    ("sort by size", "s"),
    ("to the end", "G"),
    ("sort by name", "s"),
    ("fresh only", "f"),
    ("all again", "f"),
    ("filter opened", "/"),
    ("a letter of it", "9"),
    ("another", "7"),
    ("filter left", "\x1b"),
    ("collapse all", "-"),
    ("find", "\x06"),
];

/// A million topics are there and nothing comes: each key of the tree, until its picture.
pub fn tree() -> Vec<Row> {
    let mut rows = Vec::new();
    for (measure, shape) in [
        (
            "1 M topics under 100 levels: slowest key of the tree",
            topic as fn(usize) -> String,
        ),
        ("1 M topics under one level: slowest key of the tree", |n| {
            format!("flat/{n:07}")
        }),
        (
            "1 M topics under one level, in no order: slowest key of the tree",
            |n| format!("flat/device-{:07}", n * 600_011 % TOPICS),
        ),
    ] {
        let mut scene = scene();
        let packets: Vec<u8> = (0..TOPICS)
            .flat_map(|n| scene.subscriber.publish(&shape(n), b"21.5"))
            .collect();
        scene.subscriber.send(&packets);
        scene.terminal.wait_for(&["rx 1 000 000"]);
        scene.settle(Duration::from_millis(300));
        let mut slowest = (0.0, "");
        for (name, key) in WALK {
            let milliseconds = press(&mut scene, key);
            if std::env::var_os("BENCH_KEYS").is_some() {
                println!("  {name:<20} {milliseconds:>8.1} ms");
            }
            if milliseconds > slowest.0 {
                slowest = (milliseconds, name);
            }
        }
        rows.push(Row {
            beside: Some(slowest.1.to_owned()),
            ..Row::new(measure, slowest.0, "ms", Bar::AtMost(50.0))
        });
    }
    rows
}

/// A key until the next frame, then rest: what goes on behind the key is not in the next one's time.
fn press(scene: &mut Scene, key: &str) -> f64 {
    let frames = scene.terminal.output().frames;
    let begun = Instant::now();
    scene.terminal.keys(key);
    let shown = scene
        .terminal
        .wait_until("a frame", |output| output.frames > frames);
    thread::sleep(Duration::from_millis(150));
    (shown - begun).as_secs_f64() * 1000.0
}

/// What a topic costs, its last value aside: every message has its own topic, all are in the log.
pub fn memory() -> Vec<Row> {
    const COUNT: usize = 100_000;
    let grown = |messages: &dyn Fn(&Subscriber) -> Vec<u8>| {
        let mut scene = Scene::connected();
        let before = process::memory(scene.pid());
        let packets = messages(&scene.subscriber);
        scene.subscriber.send(&packets);
        scene.terminal.wait_for(&["rx 100 000"]);
        // Read buffers that a flood leaves ready are given back one by one by the trickle behind it.
        let trickle = scene.subscriber.publish("fleet/0/00000", b"");
        for _ in 0..30 {
            scene.subscriber.send(&trickle);
            thread::sleep(Duration::from_millis(12));
        }
        scene.settle(Duration::from_millis(300));
        process::memory(scene.pid()) as f64 - before as f64
    };
    let one = |subscriber: &Subscriber| subscriber.publish("fleet/0/00000", &[b'x'; 64]).repeat(COUNT);
    let many = |subscriber: &Subscriber| packets(subscriber, COUNT);
    let of_a_topic = (0..5)
        .map(|_| (grown(&many) - grown(&one)) / COUNT as f64)
        .collect();
    vec![Row::new(
        "memory a topic at 100,000",
        median(of_a_topic),
        "B",
        Bar::AtMost(160.0),
    )]
}
