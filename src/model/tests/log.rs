use proptest::prelude::*;

use super::*;

#[test]
fn a_frame_is_made_again_byte_for_byte() {
    let mut model = model(1 << 20);
    let plain = shape("a/b", b"{}");
    let long = shape("t", &[7; 200]);
    let mut five = shape("t/\u{fc}", b"x");
    five.properties = Some(vec![1, 1]);
    five.qos = QoS::ExactlyOnce;
    five.is_retained = true;
    let mut bare_five = shape("t", b"");
    bare_five.properties = Some(Vec::new());
    let mut alias = shape("whole/topic", b"y");
    alias.properties = Some(vec![35, 0, 1]);
    alias.alias = Some("whole/topic".into());
    let shapes = [plain, long, five, bare_five, alias];
    model.apply(batch(HOME, 0, &shapes), 0);
    for (id, shape) in (1..).zip(&shapes) {
        let message = model.message(id).unwrap();
        let frame = message.frame();
        assert_eq!(frame.bytes, shape.frame().0);
        assert!(frame.is_exact);
        assert_eq!(message.topic(), shape.topic);
        assert_eq!(message.payload(), shape.payload);
        assert_eq!(
            message.properties(),
            shape.properties.as_deref().unwrap_or_default()
        );
        assert_eq!((message.qos(), message.retain()), (shape.qos, shape.is_retained));
        assert_eq!(message.packet_id(), (shape.qos != QoS::AtMostOnce).then_some(77));
        assert_eq!(message.has_alias(), shape.alias.is_some());
    }
}

#[test]
fn a_length_written_too_long_is_flagged() {
    let mut model = model(1 << 20);
    let mut batch = batch(HOME, 0, &[]);
    batch.data = vec![0x30, 0x84, 0x00, 0, 1, b'a', b'!'].into();
    let (_, mut record) = shape("a", b"!").frame();
    record.frame = Frame::InBatch(Span { start: 0, len: 7 });
    (record.wire_len, record.topic_start) = (7, 5);
    (record.properties_start, record.payload_start) = (6, 6);
    batch.records.push(Record::Publish(record));
    model.apply(batch, 0);
    let message = model.message(1).unwrap();
    assert_eq!((&*message.topic(), message.payload()), ("a", &b"!"[..]));
    assert!(!message.frame().is_exact);
}

#[test]
fn a_cut_payload_says_its_true_length() {
    let mut model = model(1 << 20);
    let mut cut = shape("big", &[1; 100]);
    cut.cut = 5_000;
    model.apply(batch(HOME, 0, &[cut, shape("huge", &vec![2; 600_000])]), 0);
    let message = model.message(1).unwrap();
    assert!(message.is_truncated() && !message.frame().is_exact);
    assert_eq!((message.payload().len(), message.payload_len()), (100, 5_100));
    // Above an eighth of the memory the model itself keeps the head only.
    let message = model.message(2).unwrap();
    assert_eq!(
        (message.payload().len(), message.payload_len()),
        (131_072, 600_000)
    );
    assert!(model.memory().used <= model.memory().budget);
}

#[test]
fn history_of_a_topic_is_linked() {
    let mut model = model(1 << 20);
    receive(&mut model, &["a", "b", "a", "b", "a"]);
    let node = model.topics().find(HOME, "a").unwrap();
    let ids: Vec<_> = model.history(node).map(|message| message.id()).collect();
    assert_eq!(ids, [5, 3, 1]);
    assert_eq!(model.previous_on_topic(4).unwrap().id(), 2);
    assert!(model.previous_on_topic(1).is_none());
}

#[test]
fn last_and_last_retained_values_outlive_the_history() {
    let mut model = model(1 << 20);
    let mut retained = shape("quiet", b"kept");
    retained.is_retained = true;
    model.apply(
        batch(HOME, 5, &[retained, shape("quiet", b"last"), shape("once", b"!")]),
        5,
    );
    for _ in 0..100 {
        let flood: Vec<_> = (0..20)
            .map(|n| shape(&format!("flood/{n}"), &[9; 2_000]))
            .collect();
        model.apply(batch(HOME, 9, &flood), 9);
    }
    assert!(model.log().first_id() > 3 && model.log().evicted() > 0);
    assert_eq!(model.log().len() + model.log().evicted(), 2_003);
    let quiet = model.topics().find(HOME, "quiet").unwrap();
    let last = model.last_message(quiet).unwrap();
    assert_eq!(
        (last.payload(), last.id(), &*last.topic()),
        (&b"last"[..], 2, "quiet")
    );
    assert_eq!(last.time().mono_us, 5);
    assert_eq!(last.time().wall_us, 1_700_000_000_000_005);
    assert_eq!(model.last_retained(quiet).unwrap().payload(), b"kept");
    // The next value replaces the last one, but not the retained one; clearing it lets that go too.
    receive(&mut model, &["quiet"]);
    assert!(model.message(2).is_none() && model.message(1).is_some());
    let mut clear = shape("quiet", b"");
    clear.is_retained = true;
    model.apply(batch(HOME, 9, &[clear]), 9);
    assert!(model.message(1).is_none() && model.last_retained(quiet).is_none());
}

#[test]
fn when_last_values_alone_exceed_the_budget_the_largest_go_first() {
    let mut model = model(1 << 20);
    model.apply(batch(HOME, 0, &[shape("small", b"tiny")]), 0);
    for n in 0..200 {
        model.apply(
            batch(HOME, 0, &[shape(&format!("big/{n}"), &[n as u8; 10_000])]),
            0,
        );
        assert!(model.memory().used <= model.memory().budget);
    }
    assert!(model.log().values_given_up() > 0);
    let find = |topic| {
        model
            .last_message(model.topics().find(HOME, topic).unwrap())
            .unwrap()
    };
    assert_eq!(find("small").payload(), b"tiny");
    let gone = find("big/0");
    assert!(gone.is_given_up() && gone.payload().is_empty());
    assert_eq!(gone.payload_len(), 10_000);
    assert_eq!(find("big/199").payload().len(), 10_000);
}

#[test]
fn a_wall_clock_that_steps_is_followed() {
    let mut model = model(1 << 20);
    let mut later = batch(HOME, 2_000, &[shape("a", b"")]);
    later.time.wall_us = 5;
    model.apply(batch(HOME, 1_000, &[shape("a", b"")]), 0);
    model.apply(later, 0);
    let walls: Vec<_> = (1..=2)
        .map(|id| model.message(id).unwrap().time().wall_us)
        .collect();
    assert_eq!(walls, [1_700_000_000_001_000, 5]);
    assert_eq!(
        (
            model.message_at(0),
            model.message_at(1_500),
            model.message_at(9_999)
        ),
        (1, 2, 3)
    );
}

#[test]
fn a_pause_pins_and_counts_what_is_held_and_evicted() {
    let mut model = model(1 << 20);
    receive(&mut model, &["a", "b", "a"]);
    let mut is_a = |message: &MessageRef| message.topic() == "a";
    let mut all = LogView::all();
    let mut only_a = LogView::matching(&model);
    assert!(!only_a.is_complete() && only_a.backfill(&model, 100, &mut is_a));
    all.sync(&model, &mut |_| true);
    assert_eq!(only_a.ids(0..9).collect::<Vec<_>>(), [1, 3]);
    all.pause();
    only_a.pause();
    receive(&mut model, &["a", "b", "b", "a"]);
    all.sync(&model, &mut |_| true);
    only_a.sync(&model, &mut is_a);
    assert_eq!((all.len(), all.held(), all.last()), (3, 4, Some(3)));
    assert_eq!((only_a.len(), only_a.held(), only_a.last()), (2, 2, Some(3)));
    assert_eq!((all.place_of(2), only_a.place_of(2)), (Ok(1), Err(1)));
    for _ in 0..1_000 {
        model.apply(batch(HOME, 9, &[shape("flood", &[9; 2_000])]), 9);
    }
    all.sync(&model, &mut |_| true);
    only_a.sync(&model, &mut is_a);
    assert_eq!(
        (all.evicted_while_paused(), only_a.evicted_while_paused()),
        (3, 2)
    );
    assert_eq!((all.len(), only_a.len()), (0, 0));
    all.resume();
    assert_eq!(all.len() as u64, model.log().len());
    assert_eq!(all.last(), Some(model.log().last_id()));
}

/// How large the messages of a run are, and the budget.
fn loads() -> impl Strategy<Value = (usize, Vec<(u32, usize, bool)>)> {
    let messages = |sizes| prop::collection::vec((0u32..400, sizes, any::<bool>()), 50..400);
    prop_oneof![
        messages(0usize..40_000).prop_map(|messages| (1 << 20, messages)),
        // Batches of eleven are between half and all of a block: their buffers are kept.
        messages(4_000usize..12_000)
            .prop_map(|messages| (8 << 20, [messages.clone(), messages.clone(), messages].concat())),
    ]
}

proptest! {
    #[test]
    fn the_budget_is_never_exceeded_and_nothing_is_lost_uncounted(
        (max_memory, messages) in loads(),
    ) {
        let mut model = model(max_memory);
        for chunk in messages.chunks(11) {
            let shapes: Vec<_> = chunk.iter().map(|&(topic, len, is_retained)| Shape {
                is_retained,
                ..shape(&format!("t/{topic}"), &vec![topic as u8; len])
            }).collect();
            model.apply(batch(HOME, 1, &shapes), 1);
            let memory = model.memory();
            prop_assert!(memory.used <= memory.budget, "{memory:?}");
        }
        let log = model.log();
        prop_assert_eq!(log.len() + log.evicted(), messages.len() as u64);
        for id in log.first_id()..=log.last_id() {
            let (topic, len, is_retained) = messages[id as usize - 1];
            let message = model.message(id).unwrap();
            prop_assert_eq!(message.topic(), format!("t/{topic}"));
            prop_assert_eq!(message.payload(), vec![topic as u8; len]);
            prop_assert_eq!(message.retain(), is_retained);
        }
        for node in model.topics().iter() {
            let name = model.topics().topic(node);
            let newest = messages.iter().rposition(|(topic, ..)| format!("t/{topic}") == name).unwrap();
            let last = model.last_message(node).unwrap();
            prop_assert_eq!(last.id(), newest as u64 + 1);
            prop_assert_eq!(last.payload_len() as usize, messages[newest].1);
            prop_assert!(last.is_given_up() || last.payload().len() == messages[newest].1);
        }
    }

    #[test]
    fn a_matching_view_equals_a_naive_filter(
        rounds in prop::collection::vec((prop::collection::vec(0u32..5, 1..40), 0u64..30), 1..20),
    ) {
        let mut model = model(1 << 20);
        let mut wanted = |message: &MessageRef| message.payload().first() == Some(&3);
        receive(&mut model, &["before", "before"]);
        let mut view = LogView::matching(&model);
        for (kinds, backfilled) in rounds {
            let shapes: Vec<_> = kinds.iter().map(|&kind| shape("t", &vec![kind as u8; 3_000])).collect();
            model.apply(batch(HOME, 0, &shapes), 0);
            view.sync(&model, &mut wanted);
            view.backfill(&model, backfilled, &mut wanted);
            let ids: Vec<_> = view.ids(0..view.len()).collect();
            let naive: Vec<_> = (model.log().first_id()..=model.log().last_id())
                .filter(|&id| wanted(&model.message(id).unwrap())).collect();
            prop_assert_eq!(ids, naive);
        }
    }
}

#[test]
fn a_display_filter_reads_topics_once_and_payloads_where_it_must() {
    let mut model = model(1 << 20);
    model.apply(
        batch(
            HOME,
            0,
            &[shape("a/temp", b"21"), shape("b", b"temp"), shape("c", b"x")],
        ),
        0,
    );
    let mut matching = Matching::new(
        Some(crate::filter::Filter::parse("temp").unwrap()),
        ["muted/#".to_owned()].into(),
    );
    assert!(matching.learn(model.topics(), usize::MAX));
    receive(&mut model, &["new/temp", "new/other", "muted/temp"]);
    let shown = |matching: &mut Matching, model: &Model| -> Vec<u64> {
        (1..=6)
            .filter(|&id| matching.message(&model.message(id).unwrap()))
            .collect()
    };
    assert_eq!(shown(&mut matching, &model), [1, 2, 4]);
    assert!(!matching.learn(model.topics(), 1));
    assert!(matching.learn(model.topics(), 100));
    assert_eq!(shown(&mut matching, &model), [1, 2, 4]);
    let topics = model.topics();
    let nodes: Vec<_> = topics
        .iter()
        .filter(|&node| matching.topic(&model, node))
        .collect();
    let names: Vec<_> = nodes.iter().map(|&node| topics.topic(node)).collect();
    assert_eq!(
        names,
        ["a/temp", "b", "new/temp", "muted/temp"],
        "muted topics stay in the tree"
    );
}
