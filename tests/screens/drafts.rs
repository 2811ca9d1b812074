//! What becomes of a draft: kept, replaced, sent, sent again.

use mqttscope::{
    app::{effect::Effect, layout::Pane},
    event::{Command, Outcome},
};

use crate::screen::{Screen, screen};

fn published(screen: &mut Screen) -> Vec<(String, String)> {
    let effects = screen.take_effects().into_iter();
    effects
        .filter_map(|effect| match effect {
            Effect::Send(_, Command::Publish(_, message)) => Some((
                message.topic.to_string(),
                String::from_utf8_lossy(&message.payload).into_owned(),
            )),
            _ => None,
        })
        .collect()
}

#[test]
fn form_takes_the_topic_that_is_selected_now() {
    screen()
        .connected("lab")
        .receive("a", "1")
        .receive("b", "2")
        .keys("jkp")
        .shows_in(Pane::Publish, "Topic  a")
        .keys("<esc>jp")
        .shows_in(Pane::Publish, "Topic  b");
}

#[test]
fn draft_in_the_making_outlives_another_selection() {
    screen()
        .connected("lab")
        .receive("a", "1")
        .receive("b", "2")
        .keys("jkphello<esc>jp")
        .shows_in(Pane::Publish, "Topic  a")
        .shows_in(Pane::Publish, "hello");
}

#[test]
fn repeating_sends_what_was_sent_and_leaves_the_draft() {
    let mut screen = screen()
        .connected("lab")
        .receive("a", "1")
        .keys("jkpon<c-s>")
        .ended(Outcome::Sent, 0)
        .keys("ly<esc>");
    assert_eq!(published(&mut screen), [("a".into(), "on".into())]);
    screen = screen.keys("P");
    assert_eq!(published(&mut screen), [("a".into(), "on".into())]);
    screen.keys("p").shows_in(Pane::Publish, "only");
}
