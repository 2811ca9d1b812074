//! A steady load for hours, by hand: `cargo bench -- soak 60` for sixty minutes. Names of topics come and go, the
//! memory is full after some minutes and turns over; nothing may grow, and every message is counted.

use std::time::{Duration, Instant};

use super::{
    process,
    scene::{Scene, Usage},
    table::{Bar, Row},
};

const RATE: u32 = 5_000;
/// Names in use at a time.
const TOPICS: u64 = 50_000;
/// New names a second, as many go: all are others after a quarter of an hour.
const NEW: u64 = 50;
/// Small, so that it is full soon.
const MEMORY: &str = "64M";

/// One minute of it.
struct Minute {
    memory: f64,
    cpu: f64,
}

/// The packets of one second.
fn packets(scene: &Scene, second: u64) -> Vec<Vec<u8>> {
    let packet = |n: u64| {
        let turn = second * u64::from(RATE) + n;
        let name = second * NEW + turn % TOPICS;
        let topic = format!("soak/line-{}/device-{name}/state", name % 50);
        let json = format!(r#"{{"turn":{turn},"value":{:.2}}}"#, (turn % 997) as f64 / 10.0);
        scene.subscriber.publish(&topic, json.as_bytes())
    };
    (0..u64::from(RATE)).map(packet).collect()
}

/// Runs for so many minutes and prints one line each.
pub fn run(minutes: u64) -> Vec<Row> {
    let mut scene = Scene::with(&["--max-memory", MEMORY]);
    println!("minute      sent  RSS MiB  CPU %  KiB/s  wake-ups/s");
    let (mut sent, mut second) = (0, 0);
    let mut curve = Vec::new();
    for minute in 1..=minutes {
        let (usage, ()) = scene.usage(|scene| minute_of(scene, &mut second, &mut sent));
        let memory = process::memory(scene.pid()) as f64 / f64::from(1 << 20);
        print_minute(minute, sent, memory, &usage);
        curve.push(Minute {
            memory,
            cpu: usage.cpu_percent(),
        });
    }
    scene.settle(Duration::from_secs(1));
    rows(&curve, sent, &scene.summary())
}

fn minute_of(scene: &mut Scene, second: &mut u64, sent: &mut u64) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let packets = packets(scene, *second);
        *sent += scene
            .subscriber
            .send_steadily(&packets, RATE, Duration::from_secs(1));
        *second += 1;
    }
}

fn print_minute(minute: u64, sent: u64, memory: f64, usage: &Usage) {
    println!(
        "{minute:>6} {sent:>9} {memory:>8.1} {:>6.2} {:>6.1} {:>11.0}",
        usage.cpu_percent(),
        usage.kib_a_second(),
        usage.wake_ups / usage.seconds
    );
}

/// Warm is what is behind the first quarter.
fn rows(curve: &[Minute], sent: u64, summary: &serde_json::Value) -> Vec<Row> {
    let warm = curve.get(curve.len() / 4..).unwrap_or_default();
    let figure = |name: &str| summary[name].as_f64().unwrap();
    let accounted = figure("stored") + figure("evicted") + figure("dropped");
    vec![
        Row::new(
            "soak: memory after warm-up, from the middle",
            spread(warm, |minute| minute.memory),
            "%",
            Bar::AtMost(2.0),
        ),
        Row::new(
            "soak: CPU, last quarter beside the one after warm-up",
            drift(warm),
            "%",
            Bar::AtMost(10.0),
        ),
        Row::new(
            "soak: sent and not received",
            sent as f64 - figure("received"),
            "",
            Bar::Exactly(0.0),
        ),
        Row::new(
            "soak: received and neither stored nor counted as evicted",
            figure("received") - accounted,
            "",
            Bar::Exactly(0.0),
        ),
    ]
}

/// How far the farthest is from the middle between the extremes, percent.
fn spread(minutes: &[Minute], figure: impl Fn(&Minute) -> f64) -> f64 {
    let least = minutes.iter().map(&figure).fold(f64::INFINITY, f64::min);
    let most = minutes.iter().map(&figure).fold(0.0, f64::max);
    (most - least) / (most + least) * 100.0
}

/// How much more CPU the end takes than the beginning, percent.
fn drift(minutes: &[Minute]) -> f64 {
    let part = minutes.len().div_ceil(3);
    let mean = |minutes: &[Minute]| {
        minutes.iter().map(|minute| minute.cpu).sum::<f64>() / minutes.len().max(1) as f64
    };
    let first = mean(minutes.get(..part).unwrap_or_default());
    let last = mean(minutes.get(minutes.len() - part..).unwrap_or_default());
    (last / first - 1.0) * 100.0
}
