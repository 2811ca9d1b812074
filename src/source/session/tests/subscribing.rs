//! Subscriptions.

use super::*;
use crate::wire::Suback;

fn suback(packet_id: u16, codes: &[u8]) -> Packet {
    Packet::Suback(answer(packet_id, codes))
}

fn answer(packet_id: u16, codes: &[u8]) -> Suback {
    Suback {
        packet_id,
        codes: codes.iter().map(|&code| ReasonCode(code)).collect(),
        ..Default::default()
    }
}

fn with(filters: &'static [&str]) -> impl FnOnce(&mut Settings) {
    |settings| {
        settings.clean_start = false;
        settings.subscriptions = filters.iter().map(|filter| subscription(filter)).collect();
    }
}

fn granted(rig: &Rig) -> Vec<(String, Option<u8>)> {
    let list = rig.session.subscriptions();
    list.iter()
        .map(|(one, code)| (one.filter.to_string(), code.map(|code| code.0)))
        .collect()
}

#[test]
fn the_profiles_filters_are_asked_for_and_their_codes_kept() {
    let mut rig = Rig::new(with(&["#", "$SYS/#"]));
    assert_eq!(short(&rig.connect(V311, false, &[])), ["SUBSCRIBE 1 # $SYS/#"]);
    rig.peer(&suback(1, &[0, 0x80]));
    assert_eq!(
        granted(&rig),
        [("#".into(), Some(0)), ("$SYS/#".into(), Some(0x80))]
    );
    assert!(!rig.session.ids.is_used(1));
}

#[test]
fn a_resumed_session_is_asked_only_for_what_it_does_not_have() {
    let mut rig = Rig::new(with(&["a", "b"]));
    rig.connect(V5, false, &[]);
    rig.peer(&suback(1, &[0, 0x87]));
    rig.session.disconnected(true, 0);
    assert_eq!(short(&rig.connect(V5, true, &[])), ["SUBSCRIBE 2 b"]);
    rig.session.disconnected(true, 0);
    assert_eq!(short(&rig.connect(V5, false, &[])), ["SUBSCRIBE 3 a b"]);
}

#[test]
fn a_long_list_goes_out_in_packets_of_eight() {
    const MANY: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut rig = Rig::new(with(MANY));
    let sent = rig.connect(V5, false, &[]);
    assert_eq!(short(&sent), ["SUBSCRIBE 1 a b c d e f g h", "SUBSCRIBE 2 i j"]);
}

#[test]
fn requests_end_with_the_servers_codes() {
    let mut rig = Rig::up(V5, |_| {});
    rig.session.subscribe(OperationId(1), &[subscription("a")], 0);
    rig.session
        .subscribe(OperationId(2), &[subscription("b"), subscription("c")], 0);
    rig.session.subscribe(OperationId(3), &[subscription("d")], 0);
    rig.sent();
    for (packet_id, codes) in [(2, &[0, 0x87][..]), (1, &[1]), (3, &[0x87])] {
        assert_eq!(rig.peer(&suback(packet_id, codes)).anomalies, []);
    }
    rig.sent();
    assert_eq!(rig.outcome(1), Some(&Outcome::Acked(vec![ReasonCode(1)])));
    assert_eq!(
        rig.outcome(2),
        Some(&Outcome::Acked(vec![ReasonCode(0), ReasonCode(0x87)]))
    );
    assert_eq!(rig.failure(3), "not authorized (0x87)");
}

#[test]
fn a_suback_with_the_wrong_count_is_a_violation() {
    for is_lenient in [false, true] {
        let mut rig = Rig::up(V311, |settings| settings.is_lenient = is_lenient);
        rig.session
            .subscribe(OperationId(1), &[subscription("a"), subscription("b")], 0);
        rig.sent();
        let reading = rig.peer(&suback(1, &[0]));
        assert!(
            reading.anomalies[0]
                .what
                .contains("1 codes for 2 filters (MQTT-3.8.4-"),
            "{reading:?}"
        );
        assert_eq!(reading.close.is_none(), is_lenient);
        rig.sent();
        assert!(rig.failure(1).contains("1 codes for 2 filters"));
    }
}

#[test]
fn what_connack_excludes_is_not_asked_for() {
    let mut rig = Rig::new(with(&["#", "a"]));
    let limits = [
        Property::WildcardSubscriptionAvailable(0),
        Property::SharedSubscriptionAvailable(0),
    ];
    assert_eq!(short(&rig.connect(V5, false, &limits)), ["SUBSCRIBE 1 a"]);
    assert_eq!(granted(&rig)[0], ("#".into(), Some(0xA2)));
    rig.session
        .subscribe(OperationId(1), &[subscription("$share/g/a")], 0);
    rig.sent();
    assert!(
        rig.failure(1).contains("shared subscriptions not supported"),
        "{}",
        rig.failure(1)
    );
}

#[test]
fn every_limit_of_connack_on_subscribing_is_named_and_not_a_byte_is_sent() {
    for (limit, filter, words) in [
        (
            Property::WildcardSubscriptionAvailable(0),
            "a/+",
            "wildcard subscriptions not supported (0xA2), says CONNACK",
        ),
        (
            Property::SharedSubscriptionAvailable(0),
            "$share/g/a",
            "shared subscriptions not supported (0x9E), says CONNACK",
        ),
        (
            Property::SubscriptionIdentifierAvailable(0),
            "a",
            "subscription identifiers not supported (0xA1), says CONNACK",
        ),
        (
            Property::MaximumPacketSize(10),
            "a/long/filter",
            "this broker takes 10 (maximum packet size in CONNACK)",
        ),
    ] {
        let mut rig = Rig::new(|settings| {
            let id = Property::SubscriptionIdentifier(7);
            settings.properties.subscribe.push(id);
        });
        rig.connect(V5, false, &[limit]);
        rig.session.subscribe(OperationId(1), &[subscription(filter)], 0);
        assert_eq!(rig.sent(), []);
        assert!(rig.failure(1).contains(words), "{}", rig.failure(1));
    }
}

#[test]
fn options_of_5_are_not_sent_before_5() {
    let options = SubscriptionOptions {
        no_local: true,
        retain_as_published: true,
        ..Default::default()
    };
    for (version, expected) in [(V5, options), (V311, SubscriptionOptions::default())] {
        let mut rig = Rig::up(version, |_| {});
        let wanted = Subscription {
            options,
            ..subscription("a")
        };
        rig.session.subscribe(OperationId(1), &[wanted], 0);
        let sent = rig.sent();
        let Packet::Subscribe(subscribe) = &sent[0] else {
            panic!("{sent:?}")
        };
        assert_eq!(subscribe.filters[0].options, expected);
    }
}

#[test]
fn subscriptions_with_properties_of_their_own_go_in_packets_of_their_own() {
    let with_id = |filter: &str, id: u32| {
        let mut one = subscription(filter);
        one.properties.push(Property::SubscriptionIdentifier(id));
        one
    };
    let mut rig = Rig::new(|settings| {
        settings.subscriptions = vec![
            subscription("a"),
            with_id("b", 7),
            with_id("c", 7),
            with_id("d", 8),
        ];
        let of_all = Property::UserProperty(("site".into(), "lab".into()));
        settings.properties.subscribe.push(of_all);
        settings
            .properties
            .subscribe
            .push(Property::SubscriptionIdentifier(1));
    });
    let sent = rig.connect(V5, false, &[]);
    assert_eq!(
        short(&sent),
        ["SUBSCRIBE 1 a", "SUBSCRIBE 2 b c", "SUBSCRIBE 3 d"]
    );
    let ids = sent.iter().map(|packet| match packet {
        Packet::Subscribe(subscribe) => {
            assert_eq!(subscribe.properties.user_properties().count(), 1);
            subscribe.properties.subscription_identifiers().collect()
        }
        other => panic!("{other:?}"),
    });
    let ids: Vec<Vec<u32>> = ids.collect();
    assert_eq!(ids, [[1], [7], [8]]);
    rig.session
        .subscribe(OperationId(1), &[subscription("x"), with_id("y", 1)], 0);
    assert!(
        rig.sent().is_empty(),
        "one request cannot have two sets of properties"
    );
}

#[test]
fn an_unsubscribed_filter_stays_away_after_a_reconnect() {
    let mut rig = Rig::new(with(&["a", "b"]));
    rig.connect(V5, false, &[]);
    rig.peer(&suback(1, &[0, 0]));
    rig.session
        .unsubscribe(OperationId(1), vec![TopicFilter::new("a").unwrap()], 0);
    assert_eq!(short(&rig.sent()), ["UNSUBSCRIBE 2 a"]);
    rig.session.disconnected(true, 0);
    assert_eq!(short(&rig.connect(V5, false, &[])), ["SUBSCRIBE 3 b"]);
    assert_eq!(rig.outcome(1), Some(&Outcome::Unknown));
}

#[test]
fn a_refused_unsubscribe_leaves_the_subscription() {
    let mut rig = Rig::new(with(&["a"]));
    rig.connect(V5, false, &[]);
    rig.peer(&suback(1, &[0]));
    rig.session
        .unsubscribe(OperationId(1), vec![TopicFilter::new("a").unwrap()], 0);
    assert_eq!(granted(&rig), []);
    rig.peer(&Packet::Unsuback(answer(2, &[0x87])));
    rig.sent();
    assert_eq!(rig.failure(1), "not authorized (0x87)");
    assert_eq!(granted(&rig), [("a".into(), Some(0))]);
}

#[test]
fn offline_changes_count_at_the_next_connect_and_say_so() {
    let mut rig = Rig::new(with(&["a"]));
    rig.session.subscribe(OperationId(1), &[subscription("b")], 0);
    rig.session
        .unsubscribe(OperationId(2), vec![TopicFilter::new("a").unwrap()], 0);
    rig.sent();
    assert!(rig.failure(1).contains("not connected") && rig.failure(2).contains("not connected"));
    assert_eq!(short(&rig.connect(V5, false, &[])), ["SUBSCRIBE 1 b"]);
}

#[test]
fn what_breaks_a_rule_is_not_asked_for() {
    let shared = Subscription {
        options: SubscriptionOptions {
            no_local: true,
            ..Default::default()
        },
        ..subscription("$share/g/a")
    };
    let mut rig = Rig::up(V5, |_| {});
    rig.session.subscribe(OperationId(1), &[shared], 0);
    rig.session.subscribe(OperationId(2), &[], 0);
    rig.session.unsubscribe(OperationId(3), Vec::new(), 0);
    assert_eq!(rig.sent(), []);
    for (id, words) in [(1, "MQTT-3.8.3-4"), (2, "MQTT-3.8.3-2"), (3, "MQTT-3.10.3-2")] {
        assert!(rig.failure(id).contains(words), "{}", rig.failure(id));
    }
    let mut rig = Rig::new(|settings| {
        settings
            .properties
            .subscribe
            .push(Property::SubscriptionIdentifier(1));
    });
    rig.connect(V5, false, &[Property::SubscriptionIdentifierAvailable(0)]);
    rig.session.subscribe(OperationId(1), &[subscription("a")], 0);
    assert_eq!(rig.sent(), []);
    assert!(rig.failure(1).contains("(0xA1)"), "{}", rig.failure(1));
}

#[test]
fn the_statement_of_a_wrong_count_is_the_versions_own() {
    for (version, statement) in [(V311, "(MQTT-3.8.4-5)"), (V5, "(MQTT-3.8.4-6)")] {
        let mut rig = Rig::up(version, |_| {});
        rig.session
            .subscribe(OperationId(1), &[subscription("a"), subscription("b")], 0);
        rig.sent();
        let reading = rig.peer(&suback(1, &[0]));
        assert!(reading.anomalies[0].what.contains(statement), "{reading:?}");
    }
}
