//! The details pane: one message in several views.

use mqttscope::{
    app::{effect::Effect, layout::Pane},
    event::Command,
    mqtt::{Property, ProtocolVersion},
};

use crate::{
    message::Sample,
    screen::{Screen, profile, screen},
};

/// A message in the details, which have the keys.
fn detailed(sample: &Sample) -> Screen {
    screen().connected("lab").message(sample).keys("34")
}

#[test]
fn json_keeps_order_number_text_and_duplicate_keys() {
    let json =
        r#"{"z":1.50,"a":1e3,"z":12345678901234567890123,"list":[true,null,{"deep":"x\u0041"}],"empty":{}}"#;
    let mut screen = detailed(&Sample::new("a/b", json.as_bytes())).snapshot("details-json");
    let shown = screen.pane(Pane::Details).join("\n");
    let at = |part: &str| {
        shown
            .find(part)
            .unwrap_or_else(|| panic!("{part} is not in\n{shown}"))
    };
    assert!(at("\"z\": 1.50") < at("\"a\": 1e3"));
    assert!(at("\"a\": 1e3") < at("\"z\": 12345678901234567890123"));
    assert!(shown.contains(r#""deep": "x\u0041""#), "{shown}");
}

#[test]
fn broken_json_is_shown_as_it_is_with_what_is_wrong() {
    detailed(&Sample::new("a/b", br#"{"a": 1, "b": }"#))
        .shows_in(Pane::Details, "\"b\":")
        .snapshot("details-json-broken");
}

#[test]
fn json_cut_by_the_size_limit_says_so() {
    let json = format!(r#"{{"a": 1, "long": "{}"}}"#, "x".repeat(3000));
    detailed(&Sample::new("a/b", json.as_bytes()).kept(40))
        .shows_in(Pane::Details, "(40 B kept; W keeps the next whole)")
        .shows_in(Pane::Details, "\"a\": 1");
}

#[test]
fn every_kind_of_payload_is_named_and_readable() {
    let kinds: [(&[u8], &str, &str); 7] = [
        (b"", "empty", "(empty payload)"),
        (b"21.5", "number", "21.5"),
        (b"hello", "text", "hello"),
        (b"[1,2]", "json", "[1, 2]"),
        (&[0xa1, 0x61, b'n', 0x07], "cbor", "\"n\": 7"),
        (&[0x81, 0xa1, b'n', 0x07], "msgpack", "\"n\": 7"),
        (&[0xff, 0x00, 0x9b], "binary", "ff 00 9b"),
    ];
    for (payload, kind, part) in kinds {
        let mut screen = detailed(&Sample::new("kind", payload));
        let shown = screen.pane(Pane::Details);
        assert!(shown[0].contains(kind), "{kind}: {shown:?}");
        let body = shown[1..]
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let part = part.replace("[1, 2]", "[ 1, 2 ]");
        assert!(body.contains(&part), "{part}: {body}");
    }
}

#[test]
fn lines_of_text_stay_lines() {
    detailed(&Sample::new("a", b"one\n\ttwo\r\nthree\n")).snapshot("details-text");
}

#[test]
fn tabs_turn_round_in_both_directions() {
    let mut screen = detailed(&Sample::new("a/b", br#"{"a":1}"#));
    for tab in ["[Raw]", "[Hex]", "[Props]", "[Packet]", "[Tree]"] {
        screen = screen.keys("]").shows(tab);
    }
    for tab in ["[Packet]", "[Props]"] {
        screen = screen.keys("[").shows(tab);
    }
}

#[test]
fn raw_is_the_text_untouched() {
    detailed(&Sample::new("a", br#"{"a":1,   "b":2}"#))
        .keys("]")
        .shows_in(Pane::Details, r#"{"a":1,   "b":2}"#);
}

#[test]
fn hex_shows_offset_bytes_and_characters() {
    let bytes: Vec<u8> = (0..=255).collect();
    detailed(&Sample::new("a", &bytes))
        .keys("]]")
        .shows_in(Pane::Details, "00000000  00 01 02 03 04 05 06 07")
        .snapshot_at_each_size("details-hex");
}

#[test]
fn properties_are_listed_with_their_names() {
    let sample = Sample::new("ask", b"1+1")
        .qos(2)
        .retain()
        .with(Property::ContentType("text/plain".into()))
        .with(Property::ResponseTopic("answers/me".into()))
        .with(Property::CorrelationData(vec![0xca, 0xfe]))
        .with(Property::MessageExpiryInterval(90))
        .with(Property::PayloadFormatIndicator(1))
        .with(Property::UserProperty(("room".into(), "kitchen".into())))
        .with(Property::UserProperty(("room".into(), "hall".into())));
    detailed(&sample)
        .keys("]]]")
        .snapshot_at_each_size("details-props");
}

#[test]
fn properties_before_mqtt_5_are_said_not_to_be_there() {
    screen()
        .connected_with(profile("old"), |facts| facts.version = ProtocolVersion::V311)
        .receive("a", "1")
        .keys("34]]]")
        .shows_in(Pane::Details, "none before MQTT 5");
}

#[test]
fn packet_is_shown_field_by_field_with_its_bytes() {
    let sample = Sample::new("home/lamp", b"ON")
        .qos(1)
        .retain()
        .with(Property::UserProperty(("from".into(), "wall".into())));
    detailed(&sample)
        .keys("]]]]")
        .snapshot_at_each_size("details-packet");
}

#[test]
fn long_value_scrolls_and_says_how_much_is_below() {
    let json = format!(
        "[{}]",
        (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
    );
    let screen = detailed(&Sample::new("list", json.as_bytes())).shows("191 more ▾");
    screen
        .keys("jjj")
        .hides_in(Pane::Details, " 0,")
        .keys("G")
        .shows_in(Pane::Details, " 199")
        .hides("more ▾")
        .keys("g")
        .shows_in(Pane::Details, " 0,");
}

#[test]
fn details_follow_the_list_that_had_the_keys() {
    let both = screen()
        .connected("lab")
        .receive("one", "first")
        .receive("two", "second");
    both.keys("2jk")
        .shows_in(Pane::Details, "first")
        .keys("3")
        .shows_in(Pane::Details, "second")
        .keys("2")
        .shows_in(Pane::Details, "first");
}

#[test]
fn topic_in_view_shows_its_newest_value() {
    screen()
        .connected("lab")
        .receive("door", "open")
        .shows_in(Pane::Details, "open")
        .receive("door", "closed")
        .shows_in(Pane::Details, "closed")
        .hides_in(Pane::Details, "open");
}

#[test]
fn time_since_the_message_before_is_told() {
    screen()
        .connected("lab")
        .receive("door", "open")
        .pass(2.02)
        .receive("door", "closed")
        .keys("3")
        .shows_in(Pane::Details, "2.0 s after the one before");
}

#[test]
fn zoom_gives_the_whole_screen_and_back() {
    detailed(&Sample::new("a/b", br#"{"a":1}"#))
        .keys("z")
        .hides("3 Messages")
        .shows("4 Details")
        .keys("<esc>")
        .shows("3 Messages");
}

#[test]
fn topic_of_a_cut_payload_can_be_watched() {
    let mut screen = detailed(&Sample::new("a/b", &[b'x'; 5000]).kept(40)).keys("W");
    let watch = |screen: &Screen, topics: &[&str]| {
        let topics = topics.iter().map(ToString::to_string).collect();
        Effect::Send(screen.source(), Command::Watch(topics))
    };
    assert!(screen.take_effects().contains(&watch(&screen, &["a/b"])));
    screen = screen
        .shows_in(Pane::Details, "(40 B kept; the next is kept whole)")
        .shows("a/b is watched")
        .keys("W");
    assert!(screen.take_effects().contains(&watch(&screen, &[])));
    screen.shows_in(Pane::Details, "(40 B kept; W keeps the next whole)");
}

#[test]
fn depth_of_a_hostile_document_is_cut_not_followed() {
    let deep = "[".repeat(20_000);
    drop(
        detailed(&Sample::new("deep", deep.as_bytes()))
            .keys("G<pgup>")
            .buffer(),
    );
}

#[test]
fn another_message_is_shown_from_its_top() {
    let long = format!(
        "[{}]",
        (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
    );
    screen()
        .connected("lab")
        .receive("small", r#"{"first":1,"second":2}"#)
        .receive("list", &long)
        .keys("34<pgdn><pgdn><pgdn>")
        .keys("3k")
        .shows_in(Pane::Details, "\"first\": 1")
        .shows_in(Pane::Details, "\"second\": 2");
}

#[test]
fn scrolled_value_stays_where_it_is_when_the_topic_is_heard_again() {
    let list = |last: u32| {
        format!(
            "[{},{last}]",
            (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
        )
    };
    let mut screen = screen()
        .connected("lab")
        .receive("list", list(1))
        .keys("24jjjjjjjjjj");
    let before = screen.pane(Pane::Details)[2].clone();
    let mut screen = screen.receive("list", list(2));
    assert_eq!(screen.pane(Pane::Details)[2], before);
}
