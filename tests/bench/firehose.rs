//! As fast as the socket takes it, beside `mosquitto_sub -v > /dev/null` where that is installed.

use std::time::Instant;

use super::{
    load::Subscriber,
    peer::Peer,
    process,
    scene::Scene,
    table::{self, Bar, Row, median},
};

const ROUNDS: usize = 5;

pub fn burst() -> Vec<Row> {
    let mut scene = Scene::connected();
    let packets = MILLION.packets(&scene.subscriber);
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

/// What is sent in a round.
#[derive(Clone, Copy)]
struct Load {
    messages: usize,
    topics: usize,
    /// Bytes of a payload.
    payload: usize,
}

const MILLION: Load = Load {
    messages: 1_000_000,
    topics: 1_000,
    payload: 64,
};

/// A million of them would take four gigabytes on their way: the same packets are sent again and again.
const LARGE: Load = Load {
    messages: 300_000,
    topics: 1_000,
    payload: 4096,
};

impl Load {
    /// Ten times these make the round.
    fn packets(self, subscriber: &Subscriber) -> Vec<u8> {
        let count = self.messages / 10;
        let packet = |n: usize| {
            let topic = n % self.topics;
            let payload = format!("{n:>width$}", width = self.payload);
            subscriber.publish(
                &format!("firehose/{}/{}/value", topic % 100, topic / 100),
                payload.as_bytes(),
            )
        };
        (0..count).flat_map(packet).collect()
    }
}

fn send_ten_times(subscriber: &mut Subscriber, packets: &[u8]) {
    for _ in 0..10 {
        subscriber.send(packets);
    }
}

/// One round of the program.
struct Round {
    seconds: f64,
    cpu: f64,
    /// Beyond payloads.
    memory: f64,
}

/// One of `mosquitto_sub -v`.
struct Theirs {
    seconds: f64,
    cpu: f64,
}

fn round(load: Load) -> Round {
    let mut scene = Scene::connected();
    let packets = load.packets(&scene.subscriber);
    let memory = process::memory(scene.pid());
    let shown = format!("rx {}", table::grouped(load.messages));
    let (usage, ()) = scene.usage(|scene| {
        send_ten_times(&mut scene.subscriber, &packets);
        scene.terminal.wait_for(&[&shown]);
    });
    let memory = process::memory(scene.pid()) - memory;
    let summary = scene.summary();
    assert_eq!(summary["received"], load.messages);
    let evicted = summary["evicted"].as_u64().unwrap();
    assert_eq!(
        evicted > 0,
        load.payload > 64,
        "the ring turns over with large payloads only"
    );
    Round {
        seconds: usage.seconds,
        cpu: usage.cpu,
        memory: memory as f64 - (load.messages * load.payload) as f64,
    }
}

/// The same load into `mosquitto_sub -v`; `None` where it is not installed.
fn mosquitto_sub(load: Load) -> Option<Theirs> {
    let mut peer = Peer::start(Some(load.messages))?;
    let packets = load.packets(&peer.subscriber);
    let started = Instant::now();
    send_ten_times(&mut peer.subscriber, &packets);
    let cpu = process::cpu_to_the_end(&mut peer.child).as_secs_f64();
    Some(Theirs {
        seconds: started.elapsed().as_secs_f64(),
        cpu,
    })
}

/// Rounds in turn, so that the machine's mood is shared.
fn side_by_side(load: Load) -> (Vec<Round>, Option<Theirs>) {
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..ROUNDS).map(|_| (round(load), mosquitto_sub(load))).unzip();
    let theirs: Option<Vec<Theirs>> = theirs.into_iter().collect();
    let middle = |theirs: Vec<Theirs>| Theirs {
        seconds: median(theirs.iter().map(|round| round.seconds).collect()),
        cpu: median(theirs.iter().map(|round| round.cpu).collect()),
    };
    (ours, theirs.map(middle))
}

fn middle(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    median(rounds.iter().map(figure).collect())
}

/// How many times as fast as `mosquitto_sub -v`, which took `theirs`.
pub fn throughput(
    measure: &'static str,
    messages: usize,
    seconds: f64,
    theirs: Option<f64>,
    bar: f64,
) -> Row {
    let a_second = |seconds: f64| format!("{:.0}/s", messages as f64 / seconds);
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
    let (ours, theirs) = side_by_side(MILLION);
    let a_message = |figure: f64| figure / MILLION.messages as f64;
    let seconds = middle(&ours, |round| round.seconds);
    let cpu = middle(&ours, |round| round.cpu);
    vec![
        throughput(
            "1 M × 64 B, 1,000 topics: throughput",
            MILLION.messages,
            seconds,
            theirs.as_ref().map(|theirs| theirs.seconds),
            4.0,
        ),
        Row::new(
            "1 M × 64 B, 1,000 topics: CPU a message",
            a_message(cpu) * 1e6,
            "µs",
            Bar::AtMost(0.4),
        ),
        // The bar is of a machine where mosquitto_sub takes 1.6 µs: a quarter of that on any.
        Row {
            beside: theirs
                .as_ref()
                .map(|theirs| format!("mosquitto_sub -v {:.2} µs", a_message(theirs.cpu) * 1e6)),
            ..Row::new(
                "the same, of what mosquitto_sub -v takes",
                theirs.as_ref().map_or(f64::NAN, |theirs| cpu / theirs.cpu),
                "×",
                Bar::AtMost(0.25),
            )
        },
        Row::new(
            "memory a stored message beyond its payload",
            a_message(middle(&ours, |round| round.memory)),
            "B",
            Bar::AtMost(48.0),
        ),
    ]
}

pub fn many_topics() -> Vec<Row> {
    let load = Load {
        topics: 100_000,
        ..MILLION
    };
    let (ours, theirs) = side_by_side(load);
    let seconds = middle(&ours, |round| round.seconds);
    vec![throughput(
        "1 M × 64 B, 100,000 topics: throughput",
        load.messages,
        seconds,
        theirs.map(|theirs| theirs.seconds),
        3.0,
    )]
}

/// 1.2 GB through a ring of 256 MiB at most.
pub fn large_payloads() -> Vec<Row> {
    let (ours, theirs) = side_by_side(LARGE);
    let seconds = middle(&ours, |round| round.seconds);
    vec![throughput(
        "300,000 × 4 KiB, ring turning over: throughput",
        LARGE.messages,
        seconds,
        theirs.map(|theirs| theirs.seconds),
        2.0,
    )]
}
