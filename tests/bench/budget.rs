//! Resident memory under `--max-memory 64M`, at its highest, under every kind of load.

use std::time::Duration;

use super::{
    load::Subscriber,
    process,
    scene::Scene,
    table::{Bar, Row},
};

const MIB: f64 = (1 << 20) as f64;

/// A load, sent in parts that are all alike.
struct Load {
    measure: &'static str,
    parts: usize,
    /// The bytes of a part and how many messages are in it.
    part: fn(&Subscriber, usize) -> (Vec<u8>, usize),
}

const LOADS: [Load; 6] = [
    Load {
        measure: "64M budget: 400,000 × 4 KiB, ring turning: peak RSS",
        parts: 100,
        part: |subscriber, _| (subscriber.publish("ring/a", &[b'x'; 4096]).repeat(4_000), 4_000),
    },
    Load {
        measure: "64M budget: 2 M × 64 B over 1 M topics: peak RSS",
        parts: 20,
        part: |subscriber, part| {
            let topic = |n: usize| (part % 10) * 100_000 + n;
            let packet = |n: usize| {
                let topic = format!("fleet/{}/{}", topic(n) % 100, topic(n) / 100);
                subscriber.publish(&topic, &[b'x'; 64])
            };
            ((0..100_000).flat_map(packet).collect(), 100_000)
        },
    },
    Load {
        measure: "64M budget: 300 × 1 MiB on 50 topics: peak RSS",
        parts: 300,
        part: |subscriber, part| large(subscriber, part, 1 << 20),
    },
    Load {
        measure: "64M budget: 60 × 8 MB on 50 topics: peak RSS",
        parts: 60,
        part: |subscriber, part| large(subscriber, part, 8_000_000),
    },
    Load {
        measure: "64M budget: 40 × 16 MiB on 50 topics: peak RSS",
        parts: 40,
        part: |subscriber, part| large(subscriber, part, 16 << 20),
    },
    Load {
        measure: "64M budget: 260 MB in one payload, twice: peak RSS",
        parts: 2,
        part: |subscriber, part| large(subscriber, part, 260_000_000),
    },
];

fn large(subscriber: &Subscriber, part: usize, size: usize) -> (Vec<u8>, usize) {
    let payload = vec![b'a' + (part % 26) as u8; size];
    (subscriber.publish(&format!("large/{}", part % 50), &payload), 1)
}

pub fn resident() -> Vec<Row> {
    LOADS.iter().map(peak).collect()
}

fn peak(load: &Load) -> Row {
    let mut scene = Scene::with(&["--max-memory", "64M"]);
    let mut sent = 0;
    let mut half = 0;
    for part in 0..load.parts {
        let (bytes, messages) = (load.part)(&scene.subscriber, part);
        scene.subscriber.send(&bytes);
        sent += messages;
        if part == load.parts / 2 {
            half = process::peak_memory(scene.pid());
        }
    }
    let shown = super::table::grouped(sent);
    scene.terminal.wait_for(&[&format!("rx {shown}")]);
    scene.settle(Duration::from_millis(300));
    let peak = process::peak_memory(scene.pid()) as f64 / MIB;
    let words = format!(
        "{:.1} at half time, {:.1} now",
        half as f64 / MIB,
        process::memory(scene.pid()) as f64 / MIB
    );
    let summary = scene.summary();
    assert_eq!(summary["received"], sent);
    Row {
        beside: Some(words),
        ..Row::new(load.measure, peak, "MiB", Bar::AtMost(88.0))
    }
}
