//! Subscribing: the form and the list.

use mqttscope::{
    app::effect::Effect,
    event::{Command, Outcome},
    mqtt::{Property, ProtocolVersion, QoS, ReasonCode, RetainHandling, Subscription},
};

use crate::screen::{Screen, profile, screen};

fn lab() -> Screen {
    screen().connected("lab").receive("home/lamp", "ON")
}

fn subscribed(screen: &mut Screen) -> Vec<Subscription> {
    let wanted = screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Send(_, Command::Subscribe(_, subscriptions)) => Some(subscriptions),
        _ => None,
    });
    wanted.expect("a subscribe was asked for")
}

#[test]
fn form_opens_with_the_selected_topic_and_the_options_of_mqtt_5() {
    lab().keys("S").snapshot_at_each_size("subscribe-form");
}

#[test]
fn typing_replaces_the_prefilled_filter() {
    let mut screen = lab().keys("Splant/#<enter>");
    assert_eq!(subscribed(&mut screen)[0].filter.as_str(), "plant/#");
}

#[test]
fn before_mqtt_5_only_the_qos_is_asked() {
    screen()
        .connected_with(profile("old"), |facts| facts.version = ProtocolVersion::V311)
        .keys("S")
        .hides("No Local")
        .hides("Retain Handling")
        .shows("QoS");
}

#[test]
fn options_are_asked_of_the_broker_as_chosen() {
    let mut screen = lab().keys("S<end>/#<tab>2<tab><space><tab><space><tab><right><enter>");
    let wanted = subscribed(&mut screen);
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].filter.as_str(), "home/lamp/#");
    let options = wanted[0].options;
    assert_eq!(
        (options.qos, options.no_local, options.retain_as_published),
        (QoS::ExactlyOnce, true, false)
    );
    assert_eq!(options.retain_handling, RetainHandling::SendIfNew);
}

#[test]
fn faulty_filter_stays_in_the_form_with_its_rule() {
    let mut screen = lab()
        .keys("S<end>/#/x<enter>")
        .shows("`#` must be alone in the last level")
        .snapshot("subscribe-fault");
    assert!(
        !screen
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Send(..)))
    );
    let mut screen = screen.keys("<bs><bs><enter>").hides("Subscribe on lab");
    assert_eq!(subscribed(&mut screen)[0].filter.as_str(), "home/lamp/#");
}

#[test]
fn no_local_is_refused_for_shared_subscriptions() {
    screen()
        .connected("lab")
        .keys("S$share/g/a<tab><tab><space><enter>")
        .shows("not for shared subscriptions (MQTT-3.8.3-4)");
}

#[test]
fn shared_subscription_warns_whom_it_takes_messages_from() {
    screen()
        .connected("lab")
        .keys("S$share/g/a<enter>")
        .shows("takes messages away from its other members");
}

#[test]
fn granted_and_refused_filters_are_told() {
    lab()
        .keys("S<enter>")
        .ended(Outcome::Acked(vec![ReasonCode(1)]), 4)
        .shows("subscribed home/lamp: granted QoS 1");
    lab()
        .keys("S<enter>")
        .ended(Outcome::Acked(vec![ReasonCode::NOT_AUTHORIZED]), 4)
        .shows("home/lamp refused: not authorized (0x87)");
    lab()
        .keys("S<enter>")
        .ended(Outcome::Unknown, 4)
        .shows("the connection was lost before the answer");
}

#[test]
fn list_shows_what_was_granted_and_what_it_delivers() {
    let mut screen = screen().connected_with(profile("lab"), |facts| {
        facts.subscriptions[1].1 = Some(ReasonCode::NOT_AUTHORIZED);
        let mut pending = facts.subscriptions[0].0.clone();
        pending.filter = mqttscope::mqtt::TopicFilter::new("home/+/set").unwrap();
        pending.options.qos = QoS::ExactlyOnce;
        pending.options.no_local = true;
        facts.subscriptions.push((pending, None));
    });
    for _ in 0..20 {
        screen = screen.receive("home/lamp/set", "ON").pass(0.2);
    }
    screen.keys("u").snapshot_at_each_size("subscribe-list");
}

#[test]
fn unsubscribing_takes_the_selected_filter() {
    let mut screen = lab().keys("u<down><del>");
    let wanted = screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Send(_, Command::Unsubscribe(_, filters)) => Some(filters),
        _ => None,
    });
    assert_eq!(
        wanted.expect("an unsubscribe was asked for")[0].as_str(),
        "$SYS/#"
    );
    screen
        .ended(Outcome::Acked(vec![ReasonCode::SUCCESS]), 4)
        .shows("unsubscribed $SYS/#");
}

#[test]
fn nothing_can_be_subscribed_while_not_connected() {
    screen()
        .opened("lab")
        .waiting(2, 3.0, "connection refused")
        .keys("S")
        .hides("Subscribe on")
        .shows("subscriptions can be made once the connection stands");
}

#[test]
fn identifier_and_user_properties_are_sent_with_the_subscription() {
    let fields = "<tab><tab><tab><tab><tab>";
    let mut screen = lab()
        .keys("S")
        .keys(fields)
        .keys("7<tab>site = lab<enter>why = test<c-s>");
    let wanted = subscribed(&mut screen);
    let user = |name: &str, value: &str| Property::UserProperty((name.into(), value.into()));
    assert_eq!(
        wanted[0].properties.0,
        [
            Property::SubscriptionIdentifier(7),
            user("site", "lab"),
            user("why", "test")
        ]
    );
    lab()
        .keys("S")
        .keys(fields)
        .keys("0<enter>")
        .shows("\"0\" is no number from 1 to 268435455");
}
