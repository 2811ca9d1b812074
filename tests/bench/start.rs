//! From the start of the process to the first picture.

use super::{
    pty::Start,
    scene::PROGRAM,
    table::{Bar, Row, median},
};

pub fn first_frame() -> Vec<Row> {
    let mut own = Vec::new();
    let outside = (0..11).map(|_| {
        let folder = tempfile::tempdir().unwrap();
        let summary = folder.path().join("summary.json");
        let arguments = [
            "mqtt://127.0.0.1:1",
            "--summary-json",
            &summary.display().to_string(),
        ];
        let mut terminal = Start::new(PROGRAM, folder.path(), &arguments).counting().run();
        let shown = terminal.wait_until("a first frame", |output| output.frames > 0);
        let outside = shown - terminal.started;
        terminal.wait_for(&["Messages"]);
        terminal.keys("\x03");
        terminal.ended();
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(summary).unwrap()).unwrap();
        own.push(json["first_frame_us"].as_f64().unwrap() / 1000.0);
        outside.as_secs_f64() * 1000.0
    });
    let outside = median(outside.collect());
    vec![
        Row::new(
            "start to first frame, seen from outside, median of 11",
            outside,
            "ms",
            Bar::AtMost(10.0),
        ),
        Row::new(
            "start to first frame, by its own clock",
            median(own),
            "ms",
            Bar::AtMost(10.0),
        ),
    ]
}
