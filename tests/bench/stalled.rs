//! A terminal that is not read for twenty seconds: the connection and what is remembered go on, the picture
//! catches up.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    scene::Scene,
    table::{Bar, Row},
};

const STALL: Duration = Duration::from_secs(20);
const RATE: u32 = 20_000;
const KEEP_ALIVE: f64 = 5.0;

pub fn terminal() -> Vec<Row> {
    let mut scene = Scene::with(&["-k", "5"]);
    let packets: Vec<_> = (0..5_000)
        .map(|n| {
            let topic = format!("plant/line-{}/state", n % 50);
            scene.subscriber.publish(&topic, format!("{n:>100}").as_bytes())
        })
        .collect();
    scene.terminal.keys("3");
    scene.terminal.stall(true);
    for _ in 0..200 {
        scene.terminal.keys("?\x1b"); // until nothing more fits between the two
    }
    let sent = scene.subscriber.send_steadily(&packets, RATE, STALL);
    let grouped = format!("rx {} {:03}", sent / 1_000, sent % 1_000);
    // What was sent last is taken in: whether one picture is enough is the question.
    thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    scene.terminal.stall(false);
    let caught_up = scene.terminal.wait_for(&[&grouped]) - begun;
    let silence = scene.subscriber.longest_silence();
    let summary = scene.summary();
    vec![
        Row::new(
            "terminal stalled 20 s at 20,000 msg/s: not received",
            sent as f64 - summary["received"].as_f64().unwrap(),
            "",
            Bar::Exactly(0.0),
        ),
        Row::new(
            "terminal stalled: the client's longest silence at -k 5",
            silence.as_secs_f64(),
            "s",
            Bar::AtMost(KEEP_ALIVE),
        ),
        Row::new(
            "terminal stalled: read again until the picture is current",
            caught_up.as_secs_f64() * 1000.0,
            "ms",
            Bar::AtMost(100.0),
        ),
    ]
}
