//! The log of mqttscope itself, behind `L`.

use mqttscope::event::{ConnectionState, Phase};

use crate::screen::{Screen, facts, profile, screen};

/// Connected, lost, refused; the notices are long gone.
fn eventful() -> Screen {
    screen()
        .opened("lab")
        .waiting(2, 1.0, "connection refused: nothing listens on 192.0.2.7:1883")
        .pass(7.0)
        .connected("lab")
        .receive("a", "1")
        .pass(61.0)
        .refused("not authorized (0x87)", "check user name and password (-u, -P)")
        .keys("<esc>%<esc>")
        .pass(60.0)
}

#[test]
fn what_was_said_is_still_there_with_its_time() {
    let mut screen = eventful()
        .hides("not authorized (0x87);")
        .keys("L")
        .snapshot_at_each_size("journal")
        .resize(120, 36);
    screen.line_with(&["14:03:20", "lab: connection refused"]);
    screen.line_with(&["14:04:28", "lab: not authorized (0x87); check user name"]);
    screen.keys("<esc>").hides("Log of mqttscope");
}

#[test]
fn steps_told_in_one_batch_are_said_once_each() {
    let connecting = |phase| ConnectionState::Connecting { attempt: 1, phase };
    let connected = || ConnectionState::Connected(Box::new(facts(&profile("lab"))));
    let mut screen = screen()
        .opened("lab")
        .states([
            connecting(Phase::Tcp),
            connecting(Phase::Connect),
            connected(),
            connected(),
        ])
        .keys("L");
    let said = |screen: &mut Screen, words: &str| screen.text().matches(words).count();
    assert_eq!(said(&mut screen, "info   lab: connecting"), 1);
    assert_eq!(said(&mut screen, "info   lab: connected, MQTT 5"), 1);
}

#[test]
fn empty_log_says_so() {
    screen().keys("L").shows("nothing was said yet");
}

#[test]
fn hostile_words_are_made_visible_in_the_log() {
    screen()
        .opened("lab")
        .refused("\u{1b}[2J\u{202e}denied", "\u{9b}31m")
        .keys("L")
        .shows("␛[2JU+202Edenied");
}

#[test]
fn log_scrolls_to_its_oldest_line_and_back() {
    let mut screen = screen().connected("lab");
    for number in 0..100 {
        screen = screen
            .opened("lab")
            .refused(&format!("no number {number:03}"), "")
            .pass(1.0);
    }
    screen = screen
        .resize(80, 24)
        .keys("L")
        .shows("number 099")
        .hides("number 000");
    for _ in 0..15 {
        screen = screen.keys("<pgup>");
    }
    screen = screen.hides("number 099");
    assert!(
        screen.text().contains("number 000") || screen.text().contains("connected, MQTT"),
        "{}",
        screen.text()
    );
    for _ in 0..15 {
        screen = screen.keys("<pgdn>");
    }
    screen.shows("number 099");
}
