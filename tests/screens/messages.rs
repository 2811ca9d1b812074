//! The messages pane: the log.

use mqttscope::{
    app::{effect::Effect, layout::Pane},
    mqtt::Property,
};

use crate::{
    message::Sample,
    screen::{Screen, screen},
};

pub fn numbered(from: u32, to: u32) -> Screen {
    more(screen().connected("lab"), from, to)
}

fn more(mut screen: Screen, from: u32, to: u32) -> Screen {
    for number in from..=to {
        screen = screen.receive("count", format!("no{number:03}")).pass(0.1);
    }
    screen
}

pub fn selected_payload(screen: &Screen) -> String {
    let message = screen.app.selected_message().expect("a message is selected");
    String::from_utf8(message.payload().to_vec()).unwrap()
}

#[test]
fn log_follows_the_newest_until_the_user_moves() {
    let screen = numbered(1, 50).keys("3").shows("no050").shows("follow ▼");
    let screen = more(screen, 51, 51).shows("no051");
    let screen = more(screen.keys("k"), 52, 60)
        .hides_in(Pane::Messages, "no060")
        .shows("G follows");
    screen.keys("G").shows("no060").shows("follow ▼");
}

#[test]
fn selection_stays_on_the_message_while_others_arrive() {
    let screen = numbered(1, 50).keys("3kkkk");
    let before = selected_payload(&screen);
    let mut screen = more(screen, 51, 90);
    assert_eq!(selected_payload(&screen), before);
    let line = screen.line_with(&["14:03:", &before]);
    let mut screen = more(screen, 91, 95);
    assert_eq!(screen.line_with(&["14:03:", &before]), line);
}

#[test]
fn pause_holds_the_view_and_loses_nothing() {
    let paused = more(numbered(1, 30).keys("3<space>"), 31, 42);
    let paused = paused
        .hides_in(Pane::Messages, "no031")
        .shows("PAUSED +12")
        .shows("paused by you · 12 newer held, none lost · Space to resume")
        .snapshot_at_each_size("messages-paused")
        .resize(120, 36);
    paused
        .keys("<space>")
        .shows("no042")
        .hides("PAUSED")
        .shows("all 42");
}

#[test]
fn escape_resumes_too() {
    numbered(1, 3)
        .keys("3<space>")
        .shows("PAUSED")
        .keys("<esc>")
        .hides("PAUSED");
}

#[test]
fn eviction_under_a_pause_is_confessed() {
    let mut screen = crate::screen::screen_with(|setup| setup.max_memory = 1 << 20)
        .connected("lab")
        .receive("first", "1")
        .keys("3<space>");
    for number in 0..400 {
        screen = screen.receive(&format!("big/{}", number % 3), "x".repeat(8000));
    }
    let mut screen = screen.hides("none lost");
    let line = screen.line_with(&["evicted while paused"]);
    assert!(line.contains("held"), "{line}");
    let evicted = screen.app.model.log().evicted();
    assert!(
        evicted > 0 && screen.text().contains(&format!("evict {evicted}")),
        "{}",
        screen.text()
    );
}

#[test]
fn sent_message_is_shown_as_sent() {
    screen()
        .connected("lab")
        .receive("light/state", "OFF")
        .message(&Sample::new("light/set", b"ON").qos(1).sent())
        .receive("light/state", "ON")
        .keys("3")
        .shows("sent by you")
        .snapshot("messages-sent");
}

#[test]
fn flags_tell_retained_duplicate_repeat_and_sent_apart() {
    let mut screen = screen()
        .connected("lab")
        .message(&Sample::new("plain", b"1"))
        .message(&Sample::new("kept", b"1").retain())
        .message(&Sample::new("again", b"1").qos(1).dup())
        .message(&Sample::new("twice", b"1").qos(2))
        .message(&Sample::new("twice", b"1").qos(2).dup().repeat())
        .message(&Sample::new("mine", b"1").qos(2).sent());
    for parts in [
        ["0 - plain", "1B"],
        ["0 R kept", "1B"],
        ["1 D again", "1B"],
        ["2 2 twice", "1B"],
        ["2 ↑ mine", "1B"],
    ] {
        screen.line_with(&parts);
    }
    // A repeat is not a new message.
    screen.shows("rx 4");
}

#[test]
fn payload_is_previewed_by_kind() {
    screen()
        .connected("lab")
        .receive("empty", "")
        .retained("cleared", "")
        .receive("text", "hello world")
        .receive("json", r#"{"state":"ON","brightness":180}"#)
        .receive("cbor", [0xa1, 0x61, b'n', 0x07])
        .receive("bytes", [0xff, 0x00, 0x9b, 0x1b])
        .receive("lines", "one\ntwo\tthree")
        .message(&Sample::new("cut", &[b'x'; 5000]).kept(100))
        .keys("3")
        .snapshot("messages-kinds");
}

#[test]
fn filter_shows_only_what_matches_and_says_how_much_is_hidden() {
    let screen = screen()
        .connected("lab")
        .receive("pump/1", "ok")
        .receive("pump/2", "fail")
        .receive("door", "open")
        .keys("3/pump fail");
    screen
        .shows("/ pump fail")
        .keys("<enter>")
        .shows("matching 1")
        .shows("hidden 2 of 3")
        .snapshot_at_each_size("messages-filtered")
        .resize(120, 36)
        .keys("<esc>")
        .shows("all 3");
}

#[test]
fn new_messages_pass_the_filter_too() {
    screen()
        .connected("lab")
        .keys("/home/+/set<enter>3")
        .receive("home/light/set", "ON")
        .receive("home/light/state", "ON")
        .shows("matching 1")
        .shows("hidden 1 of 2");
}

#[test]
fn invalid_filter_is_said_and_keeps_the_last_good_one() {
    let screen = screen()
        .connected("lab")
        .receive("pump/1", "ok")
        .receive("door", "open")
        .keys("3/pump")
        .shows("matching 1")
        .paste(" /[/")
        .shows("matching 1")
        .snapshot("messages-filter-invalid");
    // Enter does not take it, Esc goes back to what held before.
    screen
        .keys("<enter>")
        .shows("/ pump /[/")
        .keys("<esc>")
        .shows("all 2");
}

#[test]
fn filter_history_comes_back_with_up() {
    let screen = screen()
        .connected("lab")
        .receive("pump/1", "ok")
        .keys("3/pump<enter><esc>");
    screen.shows("all 1").keys("/<up>").shows("/ pump");
}

#[test]
fn copy_takes_the_payload_byte_for_byte() {
    let mut screen = screen()
        .connected("lab")
        .receive("a", [0xff, 0x1b, b'x'])
        .keys("3y");
    assert!(
        screen
            .take_effects()
            .contains(&Effect::Copy(vec![0xff, 0x1b, b'x']))
    );
}

#[test]
fn page_and_ends_are_reached_by_keys() {
    let mut screen = numbered(1, 200).keys("3g");
    assert_eq!(selected_payload(&screen), "no001");
    let page = screen.app.messages.height();
    screen = screen.keys("<pgdn>");
    assert_eq!(selected_payload(&screen), format!("no{page:03}"));
    screen = screen.keys("<pgup>");
    assert_eq!(selected_payload(&screen), "no001");
    screen = screen.keys("<end>");
    assert_eq!(selected_payload(&screen), "no200");
}

#[test]
fn clicking_a_row_selects_it() {
    let screen = numbered(1, 5);
    let inner = screen.app.layout().inner(Pane::Messages);
    let screen = screen.click(inner.x + 5, inner.y + mqttscope::app::MESSAGES_HEADER + 1);
    assert_eq!(selected_payload(&screen), "no002");
    let screen = screen.wheel(inner.x + 5, inner.y + 5, -1);
    assert!(!screen.app.messages.is_following);
}

#[test]
fn border_between_the_columns_can_be_dragged() {
    let mut screen = screen().connected("lab").receive("a", "1");
    let before = screen.app.layout().divider().unwrap();
    screen = screen.drag((before, 10), (before + 12, 10));
    assert_eq!(screen.app.layout().divider(), Some(before + 12));
    screen.shows("3 Messages");
}

#[test]
fn selected_message_stays_selected_when_a_filter_comes_and_goes() {
    let mut screen = screen().connected("lab");
    for number in 0..40 {
        screen = screen.receive(
            if number % 2 == 0 { "even" } else { "odd" },
            format!("no{number:02}"),
        );
    }
    screen = screen.keys("3g<pgdn>jj");
    let chosen = selected_payload(&screen);
    let topic = if chosen.ends_with(['0', '2', '4', '6', '8']) {
        "even"
    } else {
        "odd"
    };
    screen = screen.keys(&format!("/{topic}<enter>"));
    assert_eq!(selected_payload(&screen), chosen);
    screen = screen.keys("<esc>");
    assert_eq!(selected_payload(&screen), chosen);
}

#[test]
fn payload_and_whole_sizes_stay_in_view_of_all_connections() {
    let mut screen = screen()
        .connected("home")
        .receive("home/kitchen/climate", "a payload of thirty bytes here")
        .connected("plant")
        .receive("press/bar", "118.42")
        .keys("1g3");
    for (width, height) in crate::screen::SIZES {
        screen = screen.resize(width, height);
        let rows = screen.pane(Pane::Messages).join("\n");
        assert!(
            rows.contains("a payl") && rows.contains("118.42"),
            "{width}:\n{rows}"
        );
        assert!(!rows.contains("SIZE") || rows.contains("30B"), "{width}:\n{rows}");
    }
}

#[test]
fn sending_does_not_move_what_is_looked_at() {
    let screen = numbered(1, 50).keys("3kkk");
    let before = selected_payload(&screen);
    let screen = screen.message(&Sample::new("mine", b"x").sent());
    assert_eq!(selected_payload(&screen), before);
}

// ---- what a hostile network sends ----

/// Everything a terminal could obey, hide or reorder.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\n\t\u{7f}\u{202e}gnp\u{2066}\u{200b}\u{feff}e\u{301}\u{301}\u{301}\u{301}\u{301}";

#[test]
fn hostile_topics_and_payloads_are_made_visible() {
    let hostile = screen()
        .connected("lab")
        .receive(&format!("evil/{HOSTILE}/end"), HOSTILE)
        .retained(
            &format!("{HOSTILE}/x"),
            format!("{{\"{HOSTILE}\": \"{HOSTILE}\"}}"),
        )
        .message(
            &Sample::new("props", HOSTILE.as_bytes())
                .with(Property::ContentType(HOSTILE.into()))
                .with(Property::ResponseTopic("r/\u{202e}x".into()))
                .with(Property::UserProperty((HOSTILE.into(), HOSTILE.into())))
                .with(Property::CorrelationData(HOSTILE.as_bytes().to_vec())),
        );
    let mut hostile = hostile.shows("␛").shows("U+202E").snapshot("messages-hostile");
    // Every view of every message, everywhere its topic is repeated: each picture is checked cell by cell.
    for pane in ["2g", "2j", "2j", "3g", "3j", "3j"] {
        for tab in ["", "]", "]", "]", "]", "]"] {
            for (width, height) in [(120, 36), (100, 24), (60, 16), (20, 5)] {
                hostile = hostile.keys(pane).keys("4").keys(tab).resize(width, height);
                drop(hostile.buffer());
            }
        }
    }
    let forms = hostile.resize(120, 36).keys("3");
    drop(forms.keys("e").shows("U+202E").keys("<esc>S").buffer());
}

#[test]
fn hostile_reason_strings_are_made_visible() {
    use mqttscope::event::Outcome;
    let reason = format!("{HOSTILE}quota");
    let mut lab = screen()
        .connected_with(crate::screen::profile("lab"), |facts| {
            facts.client_id = HOSTILE.into();
            facts
                .properties
                .0
                .push(Property::UserProperty((HOSTILE.into(), HOSTILE.into())));
        })
        .receive("a", "1")
        .keys("p<c-s>")
        .ended(
            Outcome::Failed {
                code: Some(mqttscope::mqtt::ReasonCode::NOT_AUTHORIZED),
                reason: reason.clone(),
            },
            3,
        )
        .shows("quota");
    drop(lab.buffer());
    lab.keys("<esc>1i").shows("␛").snapshot("messages-hostile-facts");
    screen()
        .opened("lab")
        .refused(&reason, HOSTILE)
        .shows("quota")
        .keys("<esc>1")
        .shows("quota")
        .keys("i")
        .shows("quota");
}

#[test]
fn ascii_stays_ascii_under_fire() {
    let hostile = HOSTILE.replace('\u{301}', "");
    let mut screen = crate::screen::screen_with(|setup| setup.glyphs = mqttscope::text::Glyphs::Ascii)
        .connected("lab")
        .house()
        .receive(&format!("evil/{hostile}/end"), &hostile)
        .keys("3");
    for (width, height) in crate::screen::SIZES {
        screen = screen.resize(width, height);
        for keys in [
            "4]", "]", "]", "]", "]", "3<space>", "<space>p", "<esc>S", "<esc>u", "<esc>1i", "<esc>a",
            "<esc>?", "<esc>:", "<esc>/[",
        ] {
            screen = screen.keys(keys);
            drop(screen.buffer());
        }
        screen = screen.keys("<esc>2g");
    }
}

#[test]
fn another_message_is_shown_from_its_top() {
    let long: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let mut screen = screen()
        .connected("lab")
        .receive("long", format!("[{}]", long.join(",")))
        .receive("short", r#"{"first": 1, "last": 2}"#)
        .keys("3k4G")
        .shows_in(Pane::Details, "99");
    screen = screen.keys("3j");
    screen.shows_in(Pane::Details, "\"first\"");
}
