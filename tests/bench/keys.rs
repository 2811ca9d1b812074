//! How long a key, and a message, takes to the screen.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    pty::Terminal,
    scene::Scene,
    table::{Bar, Row, quantile},
};

/// A key until its picture.
pub struct Press(Duration);

impl Press {
    pub fn milliseconds(&self) -> f64 {
        self.0.as_secs_f64() * 1000.0
    }
}

/// Gives the focus to one pane after the other, at human speed.
pub fn press(terminal: &mut Terminal, time: Duration) -> Vec<Press> {
    let started = Instant::now();
    let mut presses = Vec::new();
    while started.elapsed() < time {
        for (key, border) in [("3", "┏ 3 Messages"), ("2", "┏ 2 Topics")] {
            thread::sleep(Duration::from_millis(37));
            let begun = Instant::now();
            terminal.keys(key);
            presses.push(Press(terminal.wait_for(&[border]) - begun));
        }
    }
    presses
}

pub fn hundred_thousand_a_second() -> Vec<Row> {
    let mut scene = Scene::connected();
    let topics: Vec<_> = (0..1_000)
        .map(|n| {
            scene
                .subscriber
                .publish(&format!("a/{}/{n}", n % 20), &[b'x'; 64])
        })
        .collect();
    // A write for 100 messages: a thread of this machine cannot write 100,000 times a second beside the program.
    let writes: Vec<Vec<u8>> = topics.chunks(100).map(<[Vec<u8>]>::concat).collect();
    let Scene {
        terminal, subscriber, ..
    } = &mut scene;
    let (presses, sent) = thread::scope(|scope| {
        let sending = scope.spawn(|| subscriber.send_steadily(&writes, 1_000, Duration::from_secs(10)));
        let presses = press(terminal, Duration::from_secs(9));
        (presses, sending.join().unwrap() * 100)
    });
    scene.settle(Duration::from_secs(1));
    let summary = scene.summary();
    let received = summary["received"].as_u64().unwrap();
    vec![
        Row::new(
            "100,000 msg/s: key to screen p99",
            quantile(presses.iter().map(Press::milliseconds).collect(), 0.99),
            "ms",
            Bar::AtMost(12.0),
        ),
        Row::new(
            "100,000 msg/s: lost",
            sent.abs_diff(received) as f64,
            "",
            Bar::Exactly(0.0),
        ),
    ]
}

pub fn message_to_screen() -> Vec<Row> {
    let mut scene = Scene::connected();
    let mut took = Vec::new();
    for n in 0..60 {
        thread::sleep(Duration::from_millis(250));
        let words = format!("reading-{n:04}");
        let packet = scene.subscriber.publish("lab/meter", words.as_bytes());
        let sent = Instant::now();
        scene.subscriber.send(&packet);
        took.push((scene.terminal.wait_for(&[&words]) - sent).as_secs_f64() * 1000.0);
    }
    vec![
        Row::new(
            "4 msg/s: message to screen p50",
            quantile(took.clone(), 0.5),
            "ms",
            Bar::AtMost(10.0),
        ),
        Row::new(
            "4 msg/s: message to screen p99",
            quantile(took, 0.99),
            "ms",
            Bar::AtMost(40.0),
        ),
    ]
}
