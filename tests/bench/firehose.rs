//! As fast as the socket takes it, beside `mosquitto_sub -v > /dev/null` where that is installed.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use super::{
    load::{LoadBroker, Subscriber},
    process,
    scene::Scene,
    table::{Bar, Row, median},
};

const ROUNDS: usize = 5;
const MESSAGES: usize = 1_000_000;

pub fn burst() -> Vec<Row> {
    let mut scene = Scene::connected();
    let packets = packets(&scene.subscriber, 100_000, 1_000);
    scene.subscriber.send(&packets);
    scene.terminal.wait_for(&["rx 100 000"]);
    let summary = scene.summary();
    let lost = |figure: &str| 100_000.0 - summary[figure].as_f64().unwrap();
    vec![
        Row::new(
            "burst of 100,000: not received",
            lost("received"),
            "",
            Bar::Exactly(0.0),
        ),
        Row::new(
            "burst of 100,000: not stored",
            lost("stored"),
            "",
            Bar::Exactly(0.0),
        ),
    ]
}

/// `count` messages of 64 B over `topics` topics.
fn packets(subscriber: &Subscriber, count: usize, topics: usize) -> Vec<u8> {
    let packet = |n: usize| {
        let topic = n % topics;
        let payload = format!("{n:>64}");
        subscriber.publish(
            &format!("firehose/{}/{}/value", topic % 100, topic / 100),
            payload.as_bytes(),
        )
    };
    (0..count).flat_map(packet).collect()
}

/// One round of the program.
struct Round {
    seconds: f64,
    cpu: f64,
    /// Beyond payloads.
    memory: f64,
}

fn round(topics: usize) -> Round {
    let mut scene = Scene::connected();
    let packets = packets(&scene.subscriber, MESSAGES, topics);
    let memory = process::memory(scene.pid());
    let (usage, ()) = scene.usage(|scene| {
        scene.subscriber.send(&packets);
        scene.terminal.wait_for(&["rx 1 000 000"]);
    });
    let memory = process::memory(scene.pid()) - memory;
    let summary = scene.summary();
    assert_eq!(summary["received"], MESSAGES);
    assert_eq!(summary["stored"], MESSAGES);
    Round {
        seconds: usage.seconds,
        cpu: usage.cpu,
        memory: memory as f64 - (MESSAGES * 64) as f64,
    }
}

/// The same load into `mosquitto_sub -v`, seconds; `None` where it is not installed.
fn mosquitto_sub(topics: usize) -> Option<f64> {
    let broker = LoadBroker::bind();
    let mut child = Command::new("mosquitto_sub")
        .args(["-v", "-t", "#", "-h", "127.0.0.1", "-p"])
        .arg(broker.addr().port().to_string())
        .args(["-C", &MESSAGES.to_string()])
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    let mut subscriber = broker.accept();
    let packets = packets(&subscriber, MESSAGES, topics);
    let started = Instant::now();
    subscriber.send(&packets);
    child.wait().unwrap();
    Some(started.elapsed().as_secs_f64())
}

/// Rounds in turn, so that the machine's mood is shared.
fn side_by_side(topics: usize) -> (Vec<Round>, Option<f64>) {
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..ROUNDS)
        .map(|_| (round(topics), mosquitto_sub(topics)))
        .unzip();
    let theirs: Option<Vec<f64>> = theirs.into_iter().collect();
    (ours, theirs.map(median))
}

fn middle(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    median(rounds.iter().map(figure).collect())
}

fn throughput(measure: &'static str, ours: &[Round], theirs: Option<f64>, bar: f64) -> Row {
    let seconds = middle(ours, |round| round.seconds);
    let a_second = |seconds: f64| format!("{:.0}/s", MESSAGES as f64 / seconds);
    let (ratio, peer) = match theirs {
        Some(theirs) => (theirs / seconds, a_second(theirs)),
        None => (f64::NAN, "not installed".into()),
    };
    Row {
        beside: Some(format!("{} beside mosquitto_sub -v {peer}", a_second(seconds))),
        ..Row::new(measure, ratio, "×", Bar::AtLeast(bar))
    }
}

pub fn million() -> Vec<Row> {
    let (ours, theirs) = side_by_side(1_000);
    let a_message = |figure: f64| figure / MESSAGES as f64;
    vec![
        throughput("1 M × 64 B, 1,000 topics: throughput", &ours, theirs, 4.0),
        Row::new(
            "1 M × 64 B, 1,000 topics: CPU a message",
            a_message(middle(&ours, |round| round.cpu)) * 1e6,
            "µs",
            Bar::AtMost(0.4),
        ),
        Row::new(
            "memory a stored message beyond its payload",
            a_message(middle(&ours, |round| round.memory)),
            "B",
            Bar::AtMost(48.0),
        ),
    ]
}

pub fn many_topics() -> Vec<Row> {
    let (ours, theirs) = side_by_side(100_000);
    vec![throughput(
        "1 M × 64 B, 100,000 topics: throughput",
        &ours,
        theirs,
        3.0,
    )]
}
