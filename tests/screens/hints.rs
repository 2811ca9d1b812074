//! The hint line: the keys that work now; help is the last to go.

use crate::screen::{Screen, screen};

fn hints(screen: &mut Screen) -> String {
    screen.lines().pop().unwrap_or_default()
}

#[test]
fn help_is_the_last_hint_to_be_dropped() {
    let mut screen = screen().connected("lab").receive("a", "1");
    for focus in ["1", "2", "3", "4"] {
        screen = screen.keys(focus);
        for width in (40..=130).rev() {
            screen = screen.resize(width, 16);
            let line = hints(&mut screen);
            assert!(line.starts_with(" ? help"), "{focus} at {width}: {line:?}");
        }
    }
}

#[test]
fn hints_are_never_cut_in_the_middle() {
    let mut screen = screen()
        .connected("lab")
        .receive("a", "1")
        .keys("3")
        .resize(300, 16);
    let whole: Vec<String> = hints(&mut screen)
        .split(" │ ")
        .map(|hint| hint.trim().to_owned())
        .collect();
    for width in 40..=130 {
        screen = screen.resize(width, 16);
        let line = hints(&mut screen);
        for (hint, wanted) in line.split(" │ ").zip(&whole) {
            assert_eq!(hint.trim(), wanted, "at {width}: {line:?}");
        }
    }
}

#[test]
fn hints_name_only_what_works_now() {
    let mut screen = screen().connected("lab").receive("a", "1");
    for (keys, has, has_not) in [
        ("2", "sort", "details"),
        ("3", "details", "sort"),
        ("1", "connect", "sort"),
        ("p", "send", "quit"),
        ("<esc>/", "apply", "sort"),
        ("<esc>?", "run", "sort"),
        ("<esc>1i", "close", "run"),
        ("<esc>a", "cancel", "quit"),
    ] {
        screen = screen.keys(keys);
        let line = hints(&mut screen);
        assert!(line.contains(has) && !line.contains(has_not), "{keys}: {line:?}");
    }
}

#[test]
fn clicking_a_hint_runs_it() {
    let mut screen = screen().connected("lab").receive("a", "1");
    let line = hints(&mut screen);
    for (word, shown) in [("sort", "sort:rate"), ("help", "Help")] {
        let x = line.split(word).next().unwrap().chars().count() as u16;
        screen = screen.click(x, 35).shows(shown);
    }
}

#[test]
fn unbound_key_says_that_it_does_nothing() {
    screen()
        .connected("lab")
        .keys("%")
        .shows("% does nothing here; ? lists what does");
}
