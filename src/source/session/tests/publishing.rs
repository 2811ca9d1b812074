//! Ours: acks, window, resending, outcomes, limits.

use super::*;

const UNKNOWN: Option<&Outcome> = Some(&Outcome::Unknown);

fn acked() -> Outcome {
    Outcome::Acked(vec![ReasonCode::SUCCESS])
}

#[test]
fn qos_1_and_2_end_with_their_last_ack() {
    for version in [ProtocolVersion::V31, V311, V5] {
        let mut rig = Rig::up(version, |_| {});
        assert_eq!(short(&rig.publish(1, QoS::AtLeastOnce)), ["PUBLISH 1 t/1"]);
        assert_eq!(short(&rig.publish(2, QoS::ExactlyOnce)), ["PUBLISH 2 t/2"]);
        rig.now = 5;
        rig.peer(&Packet::Puback(ack(1)));
        rig.peer(&Packet::Pubrec(ack(2)));
        assert_eq!(short(&rig.sent()), ["PUBREL 2"]);
        assert_eq!((rig.outcome(1), rig.outcome(2)), (Some(&acked()), None));
        rig.peer(&Packet::Pubcomp(ack(2)));
        rig.sent();
        assert_eq!(rig.outcome(2), Some(&acked()));
        assert_eq!(rig.ended[0].took.as_micros(), 5);
    }
}

#[test]
fn acks_are_awaited_from_the_publish_to_its_last_ack() {
    let mut rig = Rig::up(V5, |_| {});
    rig.publish(1, QoS::AtMostOnce);
    assert!(!rig.session.awaits_acks(), "QoS 0 has no ack");
    rig.publish(2, QoS::ExactlyOnce);
    assert!(rig.session.awaits_acks());
    rig.peer(&Packet::Pubrec(ack(1)));
    assert!(rig.session.awaits_acks());
    rig.peer(&Packet::Pubcomp(ack(1)));
    assert!(!rig.session.awaits_acks());
}

#[test]
fn a_failing_code_ends_the_publish_and_frees_its_id() {
    for (qos, packet) in [
        (QoS::AtLeastOnce, Packet::Puback(ack_with(1, 0x87))),
        (QoS::ExactlyOnce, Packet::Pubrec(ack_with(1, 0x87))),
    ] {
        let mut rig = Rig::up(V5, |_| {});
        rig.publish(1, qos);
        rig.peer(&packet);
        assert_eq!(short(&rig.sent()), [""; 0], "no PUBREL for a refusal");
        let expected = Outcome::Failed {
            code: Some(ReasonCode(0x87)),
            reason: "not authorized (0x87)".into(),
        };
        assert_eq!(rig.outcome(1), Some(&expected));
        assert!(!rig.session.ids.is_used(1));
    }
}

#[test]
fn no_matching_subscribers_is_no_failure() {
    let mut rig = Rig::up(V5, |_| {});
    rig.publish(1, QoS::AtLeastOnce);
    rig.peer(&Packet::Puback(ack_with(1, 0x10)));
    rig.sent();
    assert_eq!(rig.outcome(1), Some(&Outcome::Acked(vec![ReasonCode(0x10)])));
}

#[test]
fn the_wrong_ack_is_odd_and_changes_nothing() {
    for (qos, wrong, right) in [
        (QoS::AtLeastOnce, Packet::Pubrec(ack(1)), Packet::Puback(ack(1))),
        (QoS::AtLeastOnce, Packet::Pubcomp(ack(1)), Packet::Puback(ack(1))),
        (QoS::ExactlyOnce, Packet::Puback(ack(1)), Packet::Pubrec(ack(1))),
        (QoS::ExactlyOnce, Packet::Pubcomp(ack(1)), Packet::Pubrec(ack(1))),
    ] {
        let mut rig = Rig::up(V311, |_| {});
        rig.publish(1, qos);
        let reading = rig.peer(&wrong);
        assert_eq!(reading.close, None);
        assert!(reading.anomalies[0].what.contains("awaits"), "{reading:?}");
        assert_eq!(rig.sent(), [], "{wrong:?}");
        assert_eq!(rig.peer(&right).anomalies, []);
    }
}

#[test]
fn a_repeated_or_unknown_pubrec_is_answered() {
    let mut rig = Rig::up(V5, |_| {});
    rig.publish(1, QoS::ExactlyOnce);
    rig.peer(&Packet::Pubrec(ack(1)));
    rig.peer(&Packet::Pubrec(ack(1)));
    rig.peer(&Packet::Pubrec(ack(9)));
    assert_eq!(short(&rig.sent()), ["PUBREL 1", "PUBREL 1", "PUBREL 9 0x92"]);
}

#[test]
fn the_window_is_twenty_or_the_servers_smaller_one() {
    for (limits, window) in [
        (vec![], 20),
        (vec![Property::ReceiveMaximum(3)], 3),
        (vec![Property::ReceiveMaximum(1000)], 20),
    ] {
        let mut rig = Rig::new(|_| {});
        rig.connect(V5, false, &limits);
        let sent: usize = (1..=50).map(|id| rig.publish(id, QoS::AtLeastOnce).len()).sum();
        assert_eq!(sent, window);
        rig.peer(&Packet::Puback(ack(1)));
        assert_eq!(short(&rig.sent()).len(), 1, "an ack makes room for one");
        assert_eq!(rig.ended.len(), 1);
    }
}

#[test]
fn ids_come_back_only_with_the_final_ack() {
    let mut rig = Rig::up(V5, |_| {});
    rig.publish(1, QoS::ExactlyOnce);
    rig.peer(&Packet::Pubrec(ack(1)));
    rig.sent();
    for id in 2..=65_536u64 {
        let packets = rig.publish(id, QoS::AtLeastOnce);
        let Packet::Publish(publish) = &packets[0] else {
            panic!("{packets:?}")
        };
        let packet_id = publish.packet_id.unwrap();
        assert_ne!(packet_id, 1, "still in use");
        rig.peer(&Packet::Puback(ack(packet_id)));
        rig.sent();
    }
    rig.peer(&Packet::Pubcomp(ack(1)));
    rig.sent();
    assert_eq!(rig.ended.len(), 65_536);
}

#[test]
fn a_resumed_session_gets_everything_again_in_order() {
    for version in [V311, V5] {
        let mut rig = Rig::up(version, |settings| settings.clean_start = false);
        for (id, qos) in [
            (1, QoS::ExactlyOnce),
            (2, QoS::AtLeastOnce),
            (3, QoS::ExactlyOnce),
            (4, QoS::AtLeastOnce),
        ] {
            rig.publish(id, qos);
        }
        rig.peer(&Packet::Pubrec(ack(3)));
        rig.peer(&Packet::Puback(ack(2)));
        rig.sent();
        rig.session.disconnected(true, 9);
        rig.sent();
        assert_eq!(rig.ended.len(), 1, "open until CONNACK decides");
        assert_eq!(
            short(&rig.connect(version, true, &[])),
            ["PUBREL 3", "PUBLISH 1 t/1 DUP", "PUBLISH 4 t/4 DUP"]
        );
        rig.peer(&Packet::Pubcomp(ack(3)));
        rig.peer(&Packet::Puback(ack(4)));
        rig.peer(&Packet::Pubrec(ack(1)));
        rig.peer(&Packet::Pubcomp(ack(1)));
        assert_eq!(short(&rig.sent()), ["PUBREL 1"]);
        assert!((1..=4).all(|id| rig.outcome(id) == Some(&acked())));
    }
}

#[test]
fn a_smaller_window_holds_for_resending_too() {
    let mut rig = Rig::up(V5, |settings| settings.clean_start = false);
    for id in 1..=5 {
        rig.publish(id, QoS::AtLeastOnce);
    }
    rig.session.disconnected(true, 0);
    let resent = rig.connect(V5, true, &[Property::ReceiveMaximum(2)]);
    assert_eq!(short(&resent), ["PUBLISH 1 t/1 DUP", "PUBLISH 2 t/2 DUP"]);
    rig.peer(&Packet::Puback(ack(1)));
    assert_eq!(short(&rig.sent()), ["PUBLISH 3 t/3 DUP"]);
}

#[test]
fn a_lost_session_leaves_the_outcome_unknown_and_resends_nothing() {
    let mut rig = Rig::up(V5, |settings| settings.clean_start = false);
    rig.publish(1, QoS::AtLeastOnce);
    rig.publish(2, QoS::ExactlyOnce);
    rig.session.disconnected(true, 0);
    assert_eq!(rig.connect(V5, false, &[]), []);
    assert_eq!((rig.outcome(1), rig.outcome(2)), (UNKNOWN, UNKNOWN));
    assert_eq!(short(&rig.publish(3, QoS::AtLeastOnce)), ["PUBLISH 3 t/3"]);
}

#[test]
fn with_a_clean_start_the_outcome_is_unknown_at_once() {
    let mut rig = Rig::up(V5, |_| {});
    for id in 1..=21 {
        rig.publish(id, QoS::AtLeastOnce);
    }
    rig.session.disconnected(true, 0);
    rig.sent();
    assert!((1..=20).all(|id| rig.outcome(id) == UNKNOWN));
    assert!(
        rig.failure(21).contains("before this was sent"),
        "{}",
        rig.failure(21)
    );
}

#[test]
fn an_outcome_told_as_unknown_is_not_told_again_after_a_resume() {
    let mut rig = Rig::up(V5, |settings| settings.clean_start = false);
    rig.publish(1, QoS::ExactlyOnce);
    rig.session.disconnected(false, 0);
    rig.sent();
    assert_eq!(rig.outcome(1), UNKNOWN);
    assert_eq!(short(&rig.connect(V5, true, &[])), ["PUBLISH 1 t/1 DUP"]);
    rig.peer(&Packet::Pubrec(ack(1)));
    rig.peer(&Packet::Pubcomp(ack(1)));
    rig.sent();
    assert_eq!(rig.ended.len(), 1);
    assert!(!rig.session.ids.is_used(1));
}

#[test]
fn what_the_server_does_not_take_is_refused_before_sending() {
    type Change = fn(&mut Message);
    let alias = |message: &mut Message| message.properties.push(Property::TopicAlias(5));
    for (limit, change, words) in [
        (
            Property::MaximumQoS(1),
            (|message| message.qos = QoS::ExactlyOnce) as Change,
            "QoS 1 at most",
        ),
        (
            Property::RetainAvailable(0),
            |message| message.retain = true,
            "keeps no retained messages",
        ),
        (
            Property::MaximumPacketSize(20),
            |message| message.payload = vec![0; 100].into(),
            "this broker takes 20",
        ),
        (
            Property::MaximumPacketSize(20),
            |message| {
                message.payload = vec![0; 100].into();
                message.qos = QoS::AtLeastOnce;
            },
            "this broker takes 20",
        ),
        (Property::TopicAliasMaximum(4), alias as Change, "1 to 4"),
        (Property::RetainAvailable(1), alias as Change, "takes none"),
    ] {
        let mut rig = Rig::new(|_| {});
        rig.connect(V5, false, &[limit]);
        let mut message = message(1, QoS::AtMostOnce);
        change(&mut message);
        rig.session.publish(OperationId(1), message, 0);
        assert_eq!(rig.sent(), []);
        assert!(rig.failure(1).contains(words), "{}", rig.failure(1));
    }
}

#[test]
fn offline_publishing_is_refused_at_once() {
    let mut rig = Rig::new(|_| {});
    assert_eq!(rig.publish(1, QoS::AtMostOnce), []);
    assert_eq!(rig.failure(1), "not connected: nothing was sent");
}

#[test]
fn waiting_publishes_are_bounded() {
    let mut rig = Rig::up(V5, |_| {});
    for id in 1..=2000 {
        rig.publish(id, QoS::AtLeastOnce);
    }
    assert_eq!(rig.ended.len(), 2000 - 20 - 1024);
    assert!(
        rig.failure(2000).contains("1024 publishes already wait"),
        "{}",
        rig.failure(2000)
    );
}

#[test]
fn no_pubrel_waits_for_the_window_and_they_go_out_in_the_order_of_the_pubrecs() {
    let mut rig = Rig::up(V5, |settings| settings.clean_start = false);
    for id in 1..=4 {
        rig.publish(id, QoS::ExactlyOnce);
    }
    for packet_id in [3, 1, 2] {
        rig.peer(&Packet::Pubrec(ack(packet_id)));
    }
    assert_eq!(short(&rig.sent()), ["PUBREL 3", "PUBREL 1", "PUBREL 2"]);
    rig.session.disconnected(true, 0);
    let resent = rig.connect(V5, true, &[Property::ReceiveMaximum(1)]);
    assert_eq!(short(&resent), ["PUBREL 3", "PUBREL 1", "PUBREL 2"]);
    for packet_id in [1, 2, 3] {
        rig.peer(&Packet::Pubcomp(ack(packet_id)));
    }
    assert_eq!(short(&rig.sent()), ["PUBLISH 4 t/4 DUP"]);
}

#[test]
fn a_refused_publish_is_not_sent_again_after_a_resume() {
    let mut rig = Rig::up(V5, |settings| settings.clean_start = false);
    rig.publish(1, QoS::AtLeastOnce);
    rig.publish(2, QoS::ExactlyOnce);
    rig.peer(&Packet::Puback(ack_with(1, 0x97)));
    rig.peer(&Packet::Pubrec(ack_with(2, 0x97)));
    rig.session.disconnected(true, 0);
    rig.sent();
    assert_eq!(rig.connect(V5, true, &[]), []);
}

#[test]
fn what_no_packet_can_carry_is_refused_in_the_standards_words() {
    type Change = fn(&mut Message);
    for (change, words) in [
        (
            (|message| message.properties.push(Property::ResponseTopic("a/#".into()))) as Change,
            "(MQTT-3.3.2-14)",
        ),
        (
            |message| message.properties.push(Property::SubscriptionIdentifier(1)),
            "(MQTT-3.3.4-6)",
        ),
        (
            |message| message.properties.push(Property::ContentType("a\0".into())),
            "(MQTT-1.5.4-2)",
        ),
        (
            |message| message.properties.push(Property::MaximumQoS(1)),
            "must not carry the property maximum QoS",
        ),
    ] {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            let mut rig = Rig::up(V5, |_| {});
            let mut message = message(1, qos);
            change(&mut message);
            rig.session.publish(OperationId(1), message, 0);
            assert_eq!(rig.sent(), [], "{words}");
            assert!(rig.failure(1).contains(words), "{}", rig.failure(1));
        }
    }
}

fn found(rig: &Rig) -> Option<(usize, usize, usize, usize)> {
    let found = rig.session.link().resumption?;
    Some((found.resent, found.unknown, found.kept, found.renewed))
}

#[test]
fn what_became_of_the_session_before_is_told() {
    for (clean_start, session_present, expected) in [
        (false, true, (2, 0, 1, 0)),
        (false, false, (0, 2, 0, 1)),
        (true, false, (0, 2, 0, 1)),
    ] {
        let mut rig = Rig::new(|settings| {
            settings.clean_start = clean_start;
            settings.subscriptions = vec![Subscription::new(
                TopicFilter::new("a").unwrap(),
                SubscriptionOptions::default(),
            )];
        });
        rig.connect(V5, false, &[]);
        assert_eq!(found(&rig), None, "there was none");
        rig.peer(&Packet::Suback(crate::wire::Suback {
            packet_id: 1,
            codes: vec![ReasonCode::SUCCESS],
            ..Default::default()
        }));
        rig.publish(1, QoS::AtLeastOnce);
        rig.publish(2, QoS::ExactlyOnce);
        rig.publish(3, QoS::AtLeastOnce);
        rig.peer(&Packet::Puback(ack(4)));
        rig.session.disconnected(true, 0);
        rig.connect(V5, session_present, &[]);
        assert_eq!(found(&rig), Some(expected), "{clean_start} {session_present}");
        assert_eq!(rig.outcome(3), Some(&acked()));
        rig.session.disconnected(true, 0);
        rig.connect(V5, session_present, &[]);
        let (_, unknown, ..) = found(&rig).unwrap();
        assert_eq!(unknown, 0, "told once");
    }
}

#[test]
fn a_session_of_an_earlier_run_is_told_too() {
    let mut rig = Rig::new(|settings| settings.clean_start = false);
    rig.connect(V5, true, &[]);
    assert_eq!(found(&rig), Some((0, 0, 0, 0)));
}

#[test]
fn a_disconnect_too_large_for_the_broker_goes_without_its_properties() {
    let mut rig = Rig::new(|settings| {
        let long = Property::UserProperty(("a".into(), "b".repeat(100)));
        settings.properties.disconnect.push(long);
    });
    rig.connect(V5, false, &[Property::MaximumPacketSize(20)]);
    rig.session.say_goodbye(ReasonCode::SUCCESS);
    let sent = rig.sent();
    let [Packet::Disconnect(disconnect)] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert!(disconnect.properties.is_empty());
}
