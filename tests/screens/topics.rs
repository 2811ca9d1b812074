//! The topics pane.

use mqttscope::{app::layout::Pane, mqtt::TopicFilter};

use crate::{
    message::Sample,
    screen::{Screen, profile, screen},
};

/// The rows of the tree from top to bottom, with their indentation.
fn tree(screen: &mut Screen) -> Vec<String> {
    let rows = screen.pane(Pane::Topics).into_iter();
    rows.take_while(|row| !row.is_empty()).collect()
}

/// Each row's first word, without what stands at its right.
fn labels(screen: &mut Screen) -> Vec<String> {
    tree(screen)
        .iter()
        .map(|row| {
            let word = row.trim_start_matches([' ', '▾', '▸']);
            word.split_whitespace().next().unwrap_or_default().to_owned()
        })
        .collect()
}

fn selected(screen: &Screen) -> String {
    let node = screen.app.topics.selected().expect("a topic is selected");
    screen.app.model.topics().topic(node)
}

#[test]
fn retained_message_is_marked_in_tree() {
    let mut screen = screen()
        .connected("lab")
        .retained("home/lamp", "ON")
        .receive("home/door", "open");
    let rows = tree(&mut screen);
    assert!(
        rows.iter()
            .any(|row| row.contains("lamp ON") && row.contains(" R ")),
        "{rows:?}"
    );
    assert!(
        rows.iter()
            .any(|row| row.contains("door open") && !row.contains(" R ")),
        "{rows:?}"
    );
}

#[test]
fn retained_mark_stays_where_a_value_is_cut() {
    let long = "x".repeat(200);
    let mut screen = screen()
        .connected("lab")
        .retained("some/rather/long/topic/name", &long);
    for (width, height) in crate::screen::SIZES {
        screen = screen.resize(width, height);
        let rows = tree(&mut screen);
        assert!(
            format!("{} ", rows[0]).contains(" R "),
            "{width}×{height}: {rows:?}"
        );
    }
}

#[test]
fn age_goes_from_now_over_seconds_to_stale() {
    screen()
        .connected("lab")
        .receive("door", "open")
        .shows_in(Pane::Topics, "now")
        .pass(5.0)
        .shows_in(Pane::Topics, "5s")
        .pass(120.0)
        .shows_in(Pane::Topics, "2m")
        .receive("alarm", "off")
        .snapshot("topics-stale");
}

#[test]
fn topic_with_a_rhythm_is_silent_once_it_misses_beats() {
    let mut screen = screen().connected("lab");
    for beat in 0..6 {
        screen = screen
            .receive("pump/flow", beat.to_string())
            .receive("$SYS/load", "1")
            .pass(2.0);
    }
    screen
        .pass(3.0)
        .hides("silent")
        .pass(2.0)
        .shows_in(Pane::Topics, "silent 7s !")
        .receive("pump/flow", "9")
        .hides("silent");
}

#[test]
fn topic_without_a_rhythm_is_never_silent() {
    screen()
        .connected("lab")
        .receive("door", "open")
        .pass(1.0)
        .receive("door", "closed")
        .pass(300.0)
        .shows_in(Pane::Topics, "5m")
        .hides("silent");
}

#[test]
fn empty_levels_are_kept_apart() {
    let mut screen = screen()
        .connected("lab")
        .receive("/x", "1")
        .receive("x", "2")
        .receive("a//b", "3")
        .receive("a/b", "4")
        .receive("a/", "5")
        .receive("a", "6")
        .keys("+")
        .snapshot("topics-empty-levels");
    assert_eq!(screen.app.model.topics().topic_count(), 6);
    let mut seen = Vec::new();
    for _ in 0..tree(&mut screen).len() {
        seen.push(selected(&screen));
        screen = screen.keys("j");
    }
    for topic in ["/x", "x", "a//b", "a/b", "a/", "a"] {
        assert!(
            seen.iter().any(|other| other == topic),
            "{topic} is no row: {seen:?}"
        );
    }
}

#[test]
fn single_child_chains_share_a_row() {
    let mut chain = screen().connected("lab").receive("l0/l1/l2", "1");
    assert_eq!(labels(&mut chain), ["l0/l1/l2"]);
    let mut split = chain.receive("l0/l1/other", "2");
    assert_eq!(labels(&mut split), ["l0/l1", "l2", "other"]);
}

#[test]
fn topic_can_be_value_and_branch() {
    screen()
        .connected("lab")
        .receive("light", "ON")
        .receive("light/set", "OFF")
        .keys("j")
        .snapshot("topics-value-and-branch");
}

#[test]
fn branch_folds_and_unfolds() {
    let mut screen = screen()
        .connected("lab")
        .receive("home/door", "open")
        .receive("home/lamp", "ON");
    assert_eq!(labels(&mut screen), ["home", "door", "lamp"]);
    let mut screen = screen.keys("<left>");
    assert_eq!(labels(&mut screen), ["home"]);
    let mut screen = screen.keys("<right>j");
    assert_eq!(
        (labels(&mut screen).len(), selected(&screen).as_str()),
        (3, "home/door")
    );
    // From a leaf, left goes to the level above it.
    let screen = screen.keys("<left>");
    assert_eq!(selected(&screen), "home");
    let mut screen = screen.keys("-");
    assert_eq!(labels(&mut screen), ["home"]);
    let mut screen = screen.keys("+");
    assert_eq!(labels(&mut screen), ["home", "door", "lamp"]);
}

#[test]
fn selection_follows_the_topic_while_others_arrive_above() {
    let mut screen = screen()
        .connected("lab")
        .receive("m/one", "1")
        .receive("m/two", "2")
        .keys("j<down>");
    assert_eq!(selected(&screen), "m/two");
    let before = screen.line_with(&["two 2"]);
    for topic in ["a", "b/c", "m/before", "l"] {
        screen = screen.receive(topic, "new");
        assert_eq!(selected(&screen), "m/two");
    }
    assert!(screen.line_with(&["two 2"]).len() == before.len());
}

#[test]
fn order_is_by_name_rate_recent_or_size() {
    let mut screen = screen().connected("lab");
    for beat in 0..20 {
        screen = screen.receive("busy", "1").pass(0.1);
        if beat == 5 {
            screen = screen.receive("big", "x".repeat(9000));
        }
    }
    let mut screen = screen.receive("last", "1").keys("j");
    assert_eq!(labels(&mut screen), ["big", "busy", "last"]);
    for (title, first) in [
        ("sort:rate", "busy"),
        ("sort:recent", "last"),
        ("sort:size", "big"),
        ("sort:name", "big"),
    ] {
        screen = screen.keys("s").shows(title);
        assert_eq!(labels(&mut screen)[0], first, "{title}: {:?}", tree(&mut screen));
    }
}

#[test]
fn fresh_only_hides_what_was_silent_for_a_minute() {
    screen()
        .connected("lab")
        .receive("old", "1")
        .pass(61.0)
        .receive("new", "2")
        .keys("f")
        .shows("fresh only")
        .shows("new 2")
        .hides("old 1")
        .keys("f")
        .shows("old 1");
}

#[test]
fn muted_topic_leaves_the_log_and_comes_back() {
    screen()
        .connected("lab")
        .receive("noise", "loud")
        .receive("signal", "clear")
        .keys("jkx")
        .shows("1 muted")
        .receive("noise", "louder")
        .hides_in(Pane::Messages, "loud")
        .shows_in(Pane::Messages, "clear")
        .keys("x")
        .shows_in(Pane::Messages, "louder")
        .hides("muted");
}

#[test]
fn muting_a_level_mutes_what_is_below_it() {
    screen()
        .connected("lab")
        .receive("noise/a", "loud")
        .receive("noise/b/c", "louder")
        .receive("noises", "clear")
        .keys("jkx")
        .shows("1 muted")
        .receive("noise/d", "loudest")
        .hides_in(Pane::Messages, "loud")
        .shows_in(Pane::Messages, "clear")
        .keys("jx")
        .shows_in(Pane::Messages, "loudest")
        .hides("1 muted");
}

#[test]
fn profile_mutes_from_the_start() {
    let mut lab = profile("lab");
    lab.mute = vec![TopicFilter::new("noise/#").unwrap()];
    screen()
        .opened_with(lab)
        .receive("noise/a", "loud")
        .receive("signal", "clear")
        .hides_in(Pane::Messages, "loud")
        .shows_in(Pane::Messages, "clear")
        .shows("1 muted");
}

#[test]
fn selection_stays_where_a_new_neighbour_splits_its_row() {
    let mut screen = screen()
        .connected("lab")
        .receive("home/kitchen/climate", "21")
        .receive("x/y", "1")
        .keys("jk");
    assert_eq!(selected(&screen), "home/kitchen/climate");
    screen = screen
        .receive("home/kitchen/set", "ON")
        .receive("home/door", "open");
    let _ = tree(&mut screen);
    assert_eq!(selected(&screen), "home/kitchen/climate");
}

#[test]
fn selection_is_the_topic_from_the_first_key_on() {
    let mut screen = screen()
        .connected("lab")
        .receive("m", "1")
        .keys("3")
        .receive("a", "2");
    let _ = tree(&mut screen);
    assert_eq!(selected(&screen), "m");
}

#[test]
fn broker_statistics_stay_folded() {
    let mut screen = screen()
        .connected("lab")
        .receive("$SYS/broker/uptime", "1")
        .receive("$SYS/broker/version", "2")
        .receive("home/door", "open");
    assert_eq!(labels(&mut screen), ["home/door", "$SYS/broker"]);
}

#[test]
fn copy_takes_the_topic_as_it_is() {
    use mqttscope::app::effect::{Done, Effect};
    let mut screen = screen()
        .connected("lab")
        .receive("home/\u{202e}door", "open")
        .keys("y");
    assert!(
        screen
            .take_effects()
            .contains(&Effect::Copy("home/\u{202e}door".into()))
    );
    screen
        .done(Done::Copied("copied 12 B (tmux)".into()))
        .shows("✓ copied 12 B (tmux)");
}

#[test]
fn wide_and_unicode_topics_stay_in_their_columns() {
    screen()
        .connected("lab")
        .receive("ünïcode/温度", "21.5")
        .receive("ünïcode/空 🌦", "bewölkt")
        .receive("ünïcode/plain", "1")
        .snapshot("topics-unicode");
}

#[test]
fn deep_topic_keeps_its_name_in_view() {
    let deep = (0..60).map(|level| format!("l{level}")).collect::<Vec<_>>();
    let mut screen = screen().connected("lab");
    for level in 1..=deep.len() {
        screen = screen.receive(&deep[..level].join("/"), "1");
    }
    screen
        .keys("+G")
        .shows_in(Pane::Topics, "l59 1")
        .shows_in(Pane::Topics, "▾ l40")
        .snapshot("topics-deep");
}

#[test]
fn clicking_selects_and_the_fold_mark_folds() {
    let mut screen = screen()
        .connected("lab")
        .receive("home/door", "open")
        .receive("home/lamp", "ON");
    let inner = screen.app.layout().inner(Pane::Topics);
    screen = screen.click(inner.x + 8, inner.y + 2);
    assert_eq!(selected(&screen), "home/lamp");
    screen = screen.click(inner.x, inner.y);
    assert_eq!(labels(&mut screen), ["home"]);
}

#[test]
fn wheel_scrolls_the_pane_it_is_over() {
    let mut screen = screen().connected("lab");
    for index in 0..200 {
        screen = screen.message(&Sample::new(&format!("t{index:03}"), b"1"));
    }
    let inner = screen.app.layout().inner(Pane::Topics);
    let mut screen = screen.wheel(inner.x + 1, inner.y + 1, 2);
    assert_eq!(labels(&mut screen)[0], "t006");
    let mut screen = screen.wheel(inner.x + 1, inner.y + 1, -2);
    assert_eq!(labels(&mut screen)[0], "t000");
}

#[test]
fn empty_pane_says_what_to_do() {
    screen()
        .connected("lab")
        .shows("connected, nothing heard yet")
        .shows("S subscribes");
    screen()
        .opened("lab")
        .waiting(2, 3.0, "connection refused")
        .shows("waiting for the connection");
    screen()
        .opened("lab")
        .refused("not authorized (0x87)", "")
        .shows_in(Pane::Topics, "not connected");
    screen()
        .connected("lab")
        .receive("a", "1")
        .keys("/zzz<enter>")
        .shows("nothing matches");
}

#[test]
fn order_is_made_anew_every_two_seconds_and_the_selection_goes_along() {
    let mut screen = screen()
        .connected("lab")
        .receive("a", "1")
        .receive("b", "1")
        .keys("jks");
    for _ in 0..10 {
        screen = screen.receive("b", "1").pass(0.05);
    }
    assert_eq!(
        labels(&mut screen)[0],
        "a",
        "rows do not jump between two resorts"
    );
    screen = screen.pass(2.0);
    assert_eq!(labels(&mut screen), ["b", "a"]);
    assert_eq!(selected(&screen), "a");
}

#[test]
fn cleared_retained_message_loses_its_mark() {
    let mut screen = screen().connected("lab").retained("lamp", "ON");
    assert!(tree(&mut screen)[0].contains(" R "));
    let mut screen = screen.retained("lamp", "");
    assert!(!tree(&mut screen)[0].contains(" R "), "{:?}", tree(&mut screen));
}

#[test]
fn filter_narrows_the_tree_and_keeps_the_selection_if_it_can() {
    let mut screen = screen()
        .connected("lab")
        .receive("home/door", "open")
        .receive("home/lamp", "ON")
        .receive("plant/press", "118")
        .keys("jj");
    let before = selected(&screen);
    screen = screen.keys("/lamp<enter>");
    assert_eq!(labels(&mut screen), ["home", "lamp"]);
    assert_eq!(before, "home/lamp");
    assert_eq!(selected(&screen), "home/lamp");
    screen = screen.keys("<esc>");
    assert_eq!(
        (labels(&mut screen).len(), selected(&screen).as_str()),
        (4, "home/lamp")
    );
}
