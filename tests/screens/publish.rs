//! The publish pane: writing a message and what became of it.

use mqttscope::{
    app::{
        effect::{Done, Effect},
        layout::Pane,
    },
    event::{Command, Outcome},
    mqtt::{Message, Property, QoS, ReasonCode},
};

use crate::{
    message::Sample,
    screen::{Screen, profile, screen},
};

fn lab() -> Screen {
    screen()
        .connected("lab")
        .receive("home/lamp/state", "OFF")
        .message(&Sample::new("home/lamp/set", br#"{"state":"ON"}"#).qos(1).retain())
        .keys("3")
}

/// The only message that was asked to be published.
fn published(screen: &mut Screen) -> Message {
    let mut messages = screen
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Send(_, Command::Publish(_, message)) => Some(*message),
            _ => None,
        });
    match (messages.next(), messages.next()) {
        (Some(message), None) => message,
        other => panic!("not one message: {other:?}"),
    }
}

fn topic(screen: &Screen) -> String {
    screen.app.composer.topic.text()
}

fn body(screen: &Screen) -> String {
    screen.app.composer.body.text()
}

#[test]
fn form_opens_with_the_selected_topic() {
    let screen = lab().keys("p").snapshot_at_each_size("publish-open");
    assert_eq!(
        (topic(&screen).as_str(), body(&screen).as_str()),
        ("home/lamp/set", "")
    );
    let screen = lab().keys("2gjj").keys("p");
    assert_eq!(topic(&screen), "home/lamp/state");
}

#[test]
fn message_is_sent_as_written() {
    let mut screen = lab()
        .keys("p")
        .paste(r#"{"state":"ON"}"#)
        .keys("<s-tab><space><s-tab>2<c-s>");
    let message = published(&mut screen);
    assert_eq!(message.topic.as_str(), "home/lamp/set");
    assert_eq!(message.payload.as_ref(), br#"{"state":"ON"}"#);
    assert_eq!((message.qos, message.retain), (QoS::ExactlyOnce, true));
}

#[test]
fn acknowledgement_is_told_with_its_time() {
    lab()
        .keys("pON<c-s>")
        .shows_in(Pane::Publish, "waiting for the broker")
        .ended(Outcome::Acked(vec![ReasonCode::SUCCESS]), 12)
        .shows_in(Pane::Publish, "✓ acked in 12 ms")
        .snapshot_at_each_size("publish-acked");
}

#[test]
fn unacknowledged_sending_says_what_it_is_worth() {
    lab()
        .keys("pON<c-s>")
        .ended(Outcome::Sent, 0)
        .shows_in(Pane::Publish, "sent (QoS 0 is never acknowledged)");
}

#[test]
fn refusal_by_the_broker_is_told_with_its_reason() {
    lab()
        .keys("pON<c-s>")
        .ended(
            Outcome::Failed {
                code: Some(ReasonCode::NOT_AUTHORIZED),
                reason: "not authorized (0x87): the hall is closed".into(),
            },
            3,
        )
        .shows_in(
            Pane::Publish,
            "✗ failed: not authorized (0x87): the hall is closed",
        )
        .snapshot("publish-refused");
}

#[test]
fn acknowledgement_nobody_waits_for_any_more_is_a_notice() {
    lab()
        .keys("pON<c-s><esc>")
        .ended(
            Outcome::Failed {
                code: None,
                reason: "quota exceeded (0x97)".into(),
            },
            3,
        )
        .shows("quota exceeded (0x97)");
}

#[test]
fn lost_connection_leaves_the_end_unknown() {
    lab().keys("pON<c-s>").ended(Outcome::Unknown, 900).shows_in(
        Pane::Publish,
        "the connection was lost before the ack; it may have arrived",
    );
}

#[test]
fn offline_it_refuses_and_keeps_the_draft() {
    let mut screen = lab()
        .keys("pON")
        .waiting(2, 4.0, "connection refused")
        .keys("<c-s>")
        .shows_in(Pane::Publish, "not sent: lab is not connected; the draft is kept")
        .snapshot("publish-offline");
    assert_eq!(
        screen
            .take_effects()
            .iter()
            .filter(|effect| matches!(effect, Effect::Send(..)))
            .count(),
        0
    );
    assert_eq!(body(&screen), "ON");
    let screen = screen.keys("<esc>p");
    assert_eq!(
        (topic(&screen).as_str(), body(&screen).as_str()),
        ("home/lamp/set", "ON")
    );
}

#[test]
fn read_only_connection_never_publishes() {
    let mut prod = profile("prod");
    prod.read_only = true;
    let mut screen = screen()
        .connected_with(prod, |_| {})
        .receive("a", "1")
        .keys("pON<c-s>")
        .shows_in(Pane::Publish, "prod is read only");
    assert!(
        !screen
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Send(..)))
    );
}

#[test]
fn topic_a_broker_would_refuse_is_marked_while_typing() {
    lab()
        .keys("p<tab><tab>/+")
        .shows_in(Pane::Publish, "`+` is only for subscribing")
        .snapshot("publish-bad-topic");
}

#[test]
fn json_is_checked_as_it_is_typed() {
    lab()
        .keys("p")
        .paste(r#"{"a": 1}"#)
        .shows_in(Pane::Publish, "✓ JSON")
        .keys("<bs>")
        .shows_in(Pane::Publish, "✗ JSON")
        .snapshot("publish-broken-json");
}

#[test]
fn empty_retained_message_warns_that_it_clears() {
    lab()
        .keys("p<s-tab><space>")
        .shows_in(Pane::Publish, "empty and retained: clears the topic");
}

#[test]
fn paste_is_text_never_keys_and_one_undo_step() {
    let screen = lab().keys("px").paste("q\n\u{1b}[2J\ty?\n:wq");
    assert!(screen.app.composer.is_open && !screen.app.quit);
    assert_eq!(body(&screen), "xq\n\u{1b}[2J\ty?\n:wq");
    let screen = screen.shows_in(Pane::Publish, "␛[2J").keys("<c-u>");
    assert_eq!(body(&screen), "x");
    let screen = screen.keys("<s-tab><s-tab><s-tab>").paste("/one\ntwo");
    assert!(topic(&screen).ends_with("/one two"), "{:?}", topic(&screen));
}

#[test]
fn keys_in_the_form_are_text() {
    let screen = lab().keys("pq?/:zjk1");
    assert_eq!(body(&screen), "q?/:zjk1");
    assert!(!screen.app.quit);
}

#[test]
fn history_brings_sent_messages_back() {
    let mut screen = lab().keys("pone<c-s>");
    published(&mut screen);
    let mut screen = screen.keys("<bs><bs><bs>two<c-s>");
    published(&mut screen);
    let screen = screen.keys("<up><up>");
    assert_eq!(body(&screen), "one");
    let screen = screen.keys("<down>");
    assert_eq!(body(&screen), "two");
}

#[test]
fn last_message_is_repeated_without_the_form() {
    let mut screen = lab().keys("pON<c-s><esc>");
    published(&mut screen);
    let mut screen = screen.keys("P").shows("sent again: home/lamp/set");
    assert_eq!(published(&mut screen).payload.as_ref(), b"ON");
}

#[test]
fn selected_message_can_be_edited_and_sent_again() {
    let screen = lab().keys("e");
    assert_eq!(
        (topic(&screen).as_str(), body(&screen).as_str()),
        ("home/lamp/set", r#"{"state":"ON"}"#)
    );
    assert_eq!(
        (screen.app.composer.qos, screen.app.composer.retain),
        (QoS::AtLeastOnce, true)
    );
}

#[test]
fn request_is_answered_to_its_response_topic_with_its_correlation_data() {
    let request = Sample::new("sum/request", b"1+1")
        .with(Property::ResponseTopic("answers/me".into()))
        .with(Property::CorrelationData(vec![0xca, 0xfe]));
    let mut screen = screen()
        .connected("lab")
        .message(&request)
        .keys("3r")
        .shows_in(Pane::Publish, "answers/me")
        .keys("2<c-s>");
    let message = published(&mut screen);
    assert_eq!(message.topic.as_str(), "answers/me");
    assert_eq!(message.properties.correlation_data(), Some(&[0xca, 0xfe][..]));
}

#[test]
fn binary_payload_is_kept_as_it_is() {
    let mut screen = screen()
        .connected("lab")
        .receive("raw", [0xff, 0x00, 0x1b])
        .keys("3e")
        .shows_in(Pane::Publish, "binary payload")
        .keys("<c-s>");
    assert_eq!(published(&mut screen).payload.as_ref(), &[0xff, 0x00, 0x1b]);
}

#[test]
fn editor_and_file_bring_the_body() {
    let mut screen = lab().keys("pdraft<c-e>");
    assert!(screen.take_effects().contains(&Effect::Edit("draft".into())));
    let screen = screen.done(Done::Edited(Some("from the editor".into())));
    assert_eq!(body(&screen), "from the editor");
    let mut screen = lab().keys("p./lamp.json<c-o>");
    assert!(
        screen
            .take_effects()
            .contains(&Effect::ReadFile("./lamp.json".into()))
    );
    let screen = screen.done(Done::FileRead("./lamp.json".into(), b"{}".to_vec()));
    assert_eq!(body(&screen), "{}");
}

#[test]
fn broker_statistics_are_no_topic_to_publish_to() {
    let screen = screen()
        .connected("lab")
        .receive("$SYS/broker/uptime", "12")
        .keys("3p");
    assert_eq!(topic(&screen), "");
}

#[test]
fn long_body_keeps_its_cursor_in_view() {
    let lines: Vec<String> = (0..60).map(|line| format!("line {line}")).collect();
    lab()
        .keys("p")
        .paste(&lines.join("\n"))
        .shows_in(Pane::Publish, "line 59")
        .snapshot("publish-long-body");
}

#[test]
fn publishing_names_its_connection_and_needs_one() {
    let both = screen().connected("home").receive("a", "1").connected("plant");
    let mut all = both
        .keys("1g")
        .keys("3pON<c-s>")
        .shows_in(Pane::Publish, "no connection is selected");
    assert!(
        !all.take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Send(..)))
    );
    let mut plant = all
        .keys("<esc>1G")
        .keys("p")
        .shows("5 Publish to plant")
        .keys("<c-s>");
    let source = plant.on("plant");
    let wanted = source.source();
    plant = source;
    let sent = plant.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Send(source, Command::Publish(..)) => Some(source),
        _ => None,
    });
    assert_eq!(sent, Some(wanted));
}

#[test]
fn read_only_connection_can_still_be_looked_at_and_subscribed() {
    let mut prod = profile("prod");
    prod.read_only = true;
    screen()
        .connected_with(prod, |_| {})
        .receive("a", "1")
        .shows("read only")
        .keys("S")
        .shows("Subscribe on prod");
}

#[test]
fn properties_are_written_in_a_form_of_their_own() {
    let screen = lab()
        .keys("p")
        .keys("<c-g>")
        .snapshot_at_each_size("publish-properties");
    let mut screen = screen
        .resize(120, 36)
        .keys("text/plain<tab><right><tab>1h<tab><tab>0x00ff<tab><tab>site = lab<c-s>")
        .shows("props 5")
        .keys("<c-s>");
    let sent = published(&mut screen).properties;
    assert_eq!(sent.content_type(), Some("text/plain"));
    assert_eq!(sent.payload_format_indicator(), Some(1));
    assert_eq!(sent.message_expiry_interval(), Some(3600));
    assert_eq!(sent.correlation_data(), Some(&[0, 0xff][..]));
    assert_eq!(sent.user_properties().next(), Some(("site", "lab")));
}

#[test]
fn properties_field_opens_them_and_a_fault_stays_in_the_form() {
    let screen = lab().keys("p<tab>").shows("Enter opens").keys("<enter>");
    screen
        .shows("Properties of the message")
        .keys("<tab><tab>soon<enter>")
        .shows("\"soon\" is no interval")
        .keys("<esc>")
        .shows("props 0");
}

#[test]
fn properties_before_mqtt_5_are_said_not_to_be_sent() {
    screen()
        .connected_with(profile("old"), |facts| {
            facts.version = mqttscope::mqtt::ProtocolVersion::V311;
        })
        .keys("p<c-g>")
        .shows("not sent before MQTT 5, and this is 3.1.1");
}
