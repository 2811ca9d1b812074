//! Publishes that ended unknown: listed behind a key, sent again only when the user says so.

use mqttscope::{
    app::effect::{Done, Effect},
    event::{Command, ConnectionState, OperationId, Outcome},
    mqtt::{Message, ReasonCode},
};

use crate::screen::{Screen, facts, profile, screen};

/// Two publishes whose acks never came.
fn two_unknown() -> Screen {
    screen()
        .connected("lab")
        .receive("home/lamp", "ON")
        .keys("3pone<c-s>")
        .ended(Outcome::Unknown, 3)
        .keys("<c-s>")
        .ended(Outcome::Unknown, 3)
        .keys("<esc>")
}

fn publishes(screen: &mut Screen) -> Vec<(OperationId, Message)> {
    let sent = |effect| match effect {
        Effect::Send(_, Command::Publish(id, message)) => Some((id, *message)),
        _ => None,
    };
    screen.take_effects().into_iter().filter_map(sent).collect()
}

#[test]
fn unknown_publishes_are_told_with_the_key_that_lists_them() {
    screen()
        .connected("lab")
        .receive("home/lamp", "ON")
        .keys("3pone<c-s>")
        .ended(Outcome::Unknown, 3)
        .shows("A lists 1 publish of lab that ended unknown");
}

#[test]
fn list_is_shown_at_each_size() {
    two_unknown().keys("A").snapshot_at_each_size("unknown");
}

#[test]
fn nothing_is_sent_again_before_the_user_says_so() {
    let mut screen = two_unknown();
    publishes(&mut screen);
    let mut screen = screen
        .waiting(2, 1.0, "connection refused")
        .state(ConnectionState::Connected(Box::new(facts(&profile("lab")))))
        .keys("A<esc>A");
    assert_eq!(publishes(&mut screen), []);
}

#[test]
fn exactly_the_chosen_ones_are_sent_again_and_stay_until_they_end() {
    for (keys, count, left) in [
        ("A<enter>", 2, 0),
        ("A<down><enter>", 1, 1),
        ("A<down><down><enter>", 1, 1),
    ] {
        let mut screen = two_unknown();
        publishes(&mut screen);
        let mut screen = screen.keys(keys).shows(&format!("sent again: {count}"));
        let sent = publishes(&mut screen);
        assert_eq!(sent.len(), count, "{keys}");
        assert!(sent.iter().all(|(_, message)| message.payload == "one"));
        let screen = screen.keys("<esc>");
        let mut screen = sent.iter().fold(screen, |screen, (id, _)| {
            screen.ended_as(*id, Outcome::Acked(vec![ReasonCode::SUCCESS]))
        });
        if left == 0 {
            screen = screen.keys("A").shows("no publish ended unknown");
        } else {
            screen = screen.keys("A").shows("all 1, in the order they were sent");
        }
        assert_eq!(publishes(&mut screen), []);
    }
}

#[test]
fn what_does_not_go_out_again_stays_in_the_list() {
    let away = two_unknown()
        .waiting(2, 9.0, "connection refused")
        .keys("A<enter>");
    away.shows("not sent: lab is not connected")
        .shows("all 2, in the order");
    for is_refused in [false, true] {
        let mut screen = two_unknown();
        publishes(&mut screen);
        let mut screen = screen.keys("A<enter>");
        let sent = publishes(&mut screen);
        let screen = sent.iter().fold(screen, |screen, (id, _)| {
            let reason = "not connected: nothing was sent".to_owned();
            if is_refused {
                screen.done(Done::Refused(Some(*id), reason))
            } else {
                screen.ended_as(*id, Outcome::Failed { code: None, reason })
            }
        });
        screen.keys("<esc>A").shows("all 2, in the order");
    }
}

#[test]
fn what_is_let_go_is_gone() {
    two_unknown()
        .keys("A<down><del>")
        .shows("let go: 1")
        .shows("all 1, in the order")
        .keys("<del>")
        .hides("Ended unknown")
        .keys("A")
        .shows("no publish ended unknown");
}
