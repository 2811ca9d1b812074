//! Connected, nothing goes on.

use std::{thread, time::Duration};

use super::{
    process,
    scene::Scene,
    table::{Bar, Row},
};

/// So long, that one ping is in it.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

pub fn idle() -> Vec<Row> {
    let mut scene = Scene::connected();
    // The notice about the connection goes after 5 s: its frame is the last.
    scene.settle(Duration::from_secs(7));
    let (usage, ()) = scene.usage(|_| thread::sleep(KEEP_ALIVE));
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let memory = mebibytes(process::memory(scene.pid()));
    let own = mebibytes(process::own_memory(scene.pid()));
    vec![
        Row::new("idle 60 s: frames", usage.frames, "", Bar::Exactly(0.0)),
        Row::new("idle 60 s: to the terminal", usage.bytes, "B", Bar::Exactly(0.0)),
        Row::new("idle: CPU of a core", usage.cpu_percent(), "%", Bar::AtMost(0.3)),
        Row::new(
            "idle: wake-ups a second",
            usage.wake_ups / usage.seconds,
            "",
            Bar::AtMost(0.2),
        ),
        Row {
            beside: Some(format!("{own:.1} of it its own, the rest pages of its files")),
            ..Row::new("idle: resident memory", memory, "MiB", Bar::AtMost(8.0))
        },
    ]
}
