//! The status line: nothing is lost and nothing is cut without standing here. And the title line above.

use mqttscope::event::{Batch, Data, Record};

use crate::{
    message::Sample,
    screen::{Screen, screen, screen_with},
};

fn status(screen: &mut Screen) -> String {
    let lines = screen.lines();
    lines[lines.len() - 2].clone()
}

/// Figures as after a long day.
fn busy(name: &str) -> Screen {
    let mut screen = screen_with(|setup| setup.max_memory = 1 << 20).connected(name);
    for _ in 0..60 {
        let mut batch = Batch {
            source: screen.source(),
            time: screen.now,
            data: Data::default(),
            records: Vec::new(),
        };
        for _ in 0..800 {
            Sample::new("t", b"12345678").add_to(&mut batch, mqttscope::mqtt::ProtocolVersion::V5);
        }
        screen = screen.batch(batch);
    }
    screen
        .records(vec![Record::Dropped {
            messages: 1234,
            bytes: 99_999,
        }])
        .keys("<esc>")
}

#[test]
fn every_figure_stands_on_80_columns() {
    for name in ["home", "a-rather-long-name-of-a-broker"] {
        let mut screen = busy(name);
        for width in [80, 100, 120] {
            screen = screen.resize(width, 24);
            let line = status(&mut screen);
            for part in ["rx 48", "tx 0", "drop 1", "evict", "mem ", "lag 0 ms"] {
                assert!(line.contains(part), "{part:?} is cut at {width}: {line:?}");
            }
        }
    }
}

#[test]
fn every_figure_stands_on_60_columns_on_an_ordinary_day() {
    let mut screen = screen().connected("home").receive("a", "1").resize(60, 16);
    let line = status(&mut screen);
    for part in ["rx 1", "tx 0", "drop 0", "evict 0", "mem 1/256", "lag 0 ms"] {
        assert!(line.contains(part), "{part:?} is cut: {line:?}");
    }
}

#[test]
fn lost_messages_are_counted_and_said() {
    busy("lab").snapshot("status-lost");
}

#[test]
fn late_messages_show_the_lag_and_what_it_means() {
    let mut screen = screen().connected("lab");
    let mut batch = Batch {
        source: screen.source(),
        time: screen.now,
        data: Data::default(),
        records: Vec::new(),
    };
    Sample::new("t", b"1").add_to(&mut batch, mqttscope::mqtt::ProtocolVersion::V5);
    screen = screen.pass(2.5).batch(batch);
    let line = status(&mut screen);
    assert!(
        line.contains("lag 2.5 s") && line.contains("broker may be dropping"),
        "{line:?}"
    );
    let mut screen = screen.pass(2.1);
    let line = status(&mut screen);
    assert!(line.contains("lag 0 ms"), "{line:?}");
}

#[test]
fn notice_goes_after_five_seconds_and_leaves_the_figures() {
    let screen = screen()
        .connected("lab")
        .receive("a", "1")
        .keys("%")
        .shows("does nothing here");
    screen
        .shows("rx 1")
        .pass(4.9)
        .shows("does nothing here")
        .pass(0.2)
        .hides("does nothing here");
}

#[test]
fn error_stays_until_a_key_is_pressed() {
    screen()
        .opened("lab")
        .refused("not authorized (0x87)", "check user name and password")
        .pass(600.0)
        .shows("✗ lab: not authorized (0x87)")
        .keys("<esc>")
        .hides("✗ lab: not authorized");
}

#[test]
fn title_names_connection_topic_and_rate() {
    let mut screen = screen().connected("lab");
    for _ in 0..40 {
        screen = screen.receive("home/lamp", "ON").pass(0.1);
    }
    let mut screen = screen.keys("j");
    let title = screen.lines()[0].clone();
    assert!(
        title.contains("lab ▸ home/lamp") && title.ends_with("10 msg/s"),
        "{title:?}"
    );
    let mut silent = screen.pass(10.0);
    assert!(silent.lines()[0].ends_with("0 msg/s"), "{:?}", silent.lines()[0]);
}

#[test]
fn nothing_is_due_when_nothing_changes() {
    let mut screen = screen().connected("lab").receive("a", "1").pass(7200.0);
    screen.app.dirty = mqttscope::app::Dirty::Clean;
    let next = screen.app.next_change_us().expect("an age in hours is in view");
    assert!(
        next - screen.now.mono_us > 60_000_000,
        "{}",
        next - screen.now.mono_us
    );
    let mut empty = crate::screen::screen().connected("lab").pass(10.0);
    empty.app.dirty = mqttscope::app::Dirty::Clean;
    assert_eq!(empty.app.next_change_us(), None);
}

#[test]
fn smallest_screen_is_one_line_of_figures() {
    screen()
        .connected("lab")
        .house()
        .resize(39, 9)
        .snapshot("status-39x9");
}
