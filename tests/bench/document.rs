//! A JSON message of 1.2 MB in the details.

use std::{
    fmt::Write,
    thread,
    time::{Duration, Instant},
};

use super::{
    scene::Scene,
    table::{Bar, Row, quantile},
};

/// An array of objects, as long as asked for.
fn json(size: usize) -> String {
    let mut text = String::from("{\"readings\":[");
    let mut n = 0;
    while text.len() < size {
        let comma = if n > 0 { "," } else { "" };
        write!(
            text,
            r#"{comma}{{"seq":{n},"room":"kitchen {}","temperature":{}.5,"ok":true}}"#,
            n % 7,
            n % 40
        )
        .unwrap();
        n += 1;
    }
    text.push_str("]}");
    text
}

pub fn large_json() -> Vec<Row> {
    let mut scene = Scene::connected();
    let packet = scene.subscriber.publish("lab/dump", json(1_200_000).as_bytes());
    scene.subscriber.send(&packet);
    scene.terminal.wait_for(&["rx 1 ", "lab/dump"]);
    scene.terminal.keys("3\r");
    scene.terminal.wait_for(&["┏ 4 Details", "\"temperature\": 0.5"]);
    let mut took = Vec::new();
    // Each of these changes the picture: down, page down, the end and the top, through the views, those of the hex dump.
    for key in [
        "j", "j", "\x1b[6~", "G", "k", "g", "]", "]", "G", "g", "]", "]", "]",
    ] {
        let frames = scene.terminal.output().frames;
        let begun = Instant::now();
        scene.terminal.keys(key);
        let shown = scene
            .terminal
            .wait_until("a frame", |output| output.frames > frames);
        took.push((shown - begun).as_secs_f64() * 1000.0);
        thread::sleep(Duration::from_millis(40));
    }
    // The details alone: no age in view. The last notice goes after 5 s.
    scene.terminal.keys("z");
    scene.settle(Duration::from_secs(7));
    let (usage, ()) = scene.usage(|_| thread::sleep(Duration::from_secs(10)));
    vec![
        Row::new(
            "1.2 MB JSON open: slowest key",
            quantile(took, 1.0),
            "ms",
            Bar::AtMost(50.0),
        ),
        Row::new(
            "1.2 MB JSON open, idle 10 s: frames",
            usage.frames,
            "",
            Bar::Exactly(0.0),
        ),
        Row::new(
            "1.2 MB JSON open, idle 10 s: CPU of a core",
            usage.cpu_percent(),
            "%",
            Bar::AtMost(0.3),
        ),
    ]
}
