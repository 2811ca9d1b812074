//! Every size: nothing panics, nothing is drawn outside, and what is drawn is safe.

use mqttscope::event::Outcome;

use crate::screen::{Screen, screen};

/// Screens of every sort, with the keys that lead there.
const STATES: &[(&str, &str)] = &[
    ("topics", "2j"),
    ("messages", "3k"),
    ("paused", "3<space>"),
    ("details", "34]]]]"),
    ("connections", "1"),
    ("publish", "3p{\"a\":<c-s>"),
    ("publish zoomed", "3pabc<esc>z"),
    ("zoomed", "3z"),
    ("filter", "/pump [x<enter>"),
    ("find", "<c-f>a"),
    ("help", "?so"),
    ("palette", ":"),
    ("subscribe", "S"),
    ("subscriptions", "u"),
    ("connection form", "1afoo<tab>bar:x<enter>"),
    ("facts", "1i"),
    ("journal", "%L"),
    ("wide column", "2>>>>>>>>>>>>>>>>>>>>"),
    (
        "narrow column",
        "2<lt><lt><lt><lt><lt><lt><lt><lt><lt><lt><lt><lt>",
    ),
];

fn sizes() -> impl Iterator<Item = (u16, u16)> {
    let widths = (1..=130).filter(|width| {
        *width < 12
            || width % 7 == 0
            || (38..=42).contains(width)
            || (78..=82).contains(width)
            || (118..=122).contains(width)
    });
    widths.flat_map(|width| {
        (1..=40)
            .filter(|height| *height < 14 || height % 5 == 0)
            .map(move |height| (width, height))
    })
}

fn lab() -> Screen {
    screen()
        .connected("home")
        .house()
        .receive(&format!("{}/leaf", vec!["level"; 40].join("/")), "deep")
}

#[test]
fn every_state_is_drawn_at_every_size() {
    for (name, keys) in STATES {
        let mut screen = lab().keys(keys);
        for (width, height) in sizes() {
            screen = screen.resize(width, height);
            let buffer = screen.buffer();
            assert_eq!(buffer.area.area(), u32::from(width) * u32::from(height), "{name}");
        }
    }
}

#[test]
fn every_state_can_be_used_at_tiny_sizes() {
    for (name, keys) in STATES {
        for (width, height) in [
            (1, 1),
            (2, 3),
            (10, 5),
            (39, 9),
            (40, 10),
            (41, 11),
            (80, 10),
            (120, 11),
        ] {
            let mut screen = lab().resize(width, height).keys(keys);
            for more in [
                "<pgdn>", "<up>", "<end>", "<home>", "<tab>", "j", "<enter>", "<esc>",
            ] {
                screen = screen.keys(more);
                drop(screen.buffer());
            }
            for (x, y) in [(0, 0), (width - 1, height - 1), (width / 2, height / 2)] {
                screen = screen.click(x, y).wheel(x, y, 1).wheel(x, y, -1);
                drop(screen.buffer());
            }
            assert!(!screen.app.connections.is_empty(), "{name}");
        }
    }
}

#[test]
fn several_connections_are_drawn_at_every_size() {
    let mut screen = lab()
        .opened("plant")
        .waiting(2, 5.0, "connection refused")
        .opened("lab")
        .refused("not authorized (0x87)", "check user name and password")
        .keys("pON<c-s>");
    for (width, height) in sizes() {
        screen = screen.resize(width, height);
        drop(screen.buffer());
    }
    let mut published = lab().keys("pON<c-s>").ended(Outcome::Unknown, 1);
    for (width, height) in sizes() {
        published = published.resize(width, height);
        drop(published.buffer());
    }
}

#[test]
fn first_run_is_drawn_at_every_size() {
    let mut screen = screen();
    for (width, height) in sizes() {
        screen = screen.resize(width, height);
        drop(screen.buffer());
    }
}

#[test]
fn growing_back_shows_everything_again() {
    let before = lab().keys("3k").text();
    let after = lab()
        .keys("3k")
        .resize(1, 1)
        .resize(60, 16)
        .resize(120, 36)
        .text();
    assert_eq!(before, after);
}
