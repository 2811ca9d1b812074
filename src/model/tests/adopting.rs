//! Batches of large messages, whose buffers the log keeps.

use super::*;

/// 32 of 4 KiB, of all kinds that are stored as they were on the wire.
fn large() -> Vec<Shape> {
    let kind = |n: u8| Shape {
        properties: n.is_multiple_of(2).then(|| vec![1, 1]),
        qos: if n.is_multiple_of(3) {
            QoS::AtLeastOnce
        } else {
            QoS::AtMostOnce
        },
        ..shape(&format!("camera/{n}"), &[n; 4_096])
    };
    (0..32).map(kind).collect()
}

/// Adds them as one batch; gives where they were read, and where the buffer goes when nobody has it any more.
fn receive_in_buffer(model: &mut Model, shapes: &[Shape]) -> (std::ops::Range<*const u8>, Spares) {
    let spares = Spares::default();
    let mut batch = batch(HOME, 2_000_000, shapes);
    let mut buffer = spares.buffer_to_fill(batch.data.len());
    buffer.extend_from_slice(&batch.data);
    let read = buffer.as_ptr_range();
    batch.data = buffer.into();
    model.apply(batch, 2_000_000);
    (read, spares)
}

/// One message that leaves little room in its block.
fn fill_block(model: &mut Model, len: usize) {
    let before = shape("before", &vec![0; len]);
    model.apply(batch(HOME, 1_000_000, &[before]), 1_000_000);
}

/// How many of the messages from id 2 on lie where they were read; all are as they came.
fn count_in_place(model: &Model, shapes: &[Shape], read: &std::ops::Range<*const u8>) -> usize {
    let is_in_place = |(id, shape): (u64, &Shape)| {
        let message = model.message(id).unwrap();
        assert_eq!(message.topic(), shape.topic, "{id}");
        assert_eq!(message.payload(), shape.payload, "{id}");
        assert_eq!(
            message.properties(),
            shape.properties.as_deref().unwrap_or_default()
        );
        assert_eq!(message.frame().is_exact, shape.cut == 0, "{id}");
        read.contains(&message.payload().as_ptr())
    };
    (2..).zip(shapes).filter(|&pair| is_in_place(pair)).count()
}

#[test]
fn large_payloads_stay_where_they_were_read_until_they_are_evicted() {
    let mut model = model(32 << 20);
    fill_block(&mut model, 500_000);
    let before = model.memory().used;
    let shapes = large();
    let (read, spares) = receive_in_buffer(&mut model, &shapes);
    receive(&mut model, &["behind"]);
    assert_eq!(count_in_place(&model, &shapes, &read), 32);
    assert_eq!(model.message(34).unwrap().topic(), "behind");
    assert_eq!((model.message_at(1_500_000), model.message_at(2_000_000)), (2, 2));
    assert!(model.memory().used >= before + 32 * 4_096);
    assert_eq!(spares.buffer(1).capacity(), 1, "the log has it");
    for _ in 0..600 {
        model.apply(batch(HOME, 2_000_000, &[shape("flood", &vec![9; 60_000])]), 0);
    }
    assert!(model.log().first_id() > 34);
    assert!(
        spares.buffer(1).capacity() > 32 * 4_096,
        "it went with its messages"
    );
    assert_eq!(
        count_in_place(&model, &shapes, &read),
        0,
        "each is its topic's last"
    );
    assert!(model.memory().used <= model.memory().budget);
}

#[test]
fn what_is_not_stored_as_it_was_on_the_wire_is_copied() {
    let mut cut = large();
    cut[9].cut = 100;
    let mut deep = large();
    deep[9].topic = "/".repeat(2_000);
    let mut first_deep = large();
    first_deep[0].topic = "/".repeat(2_000);
    let small = (0..400)
        .map(|n| shape(&format!("t/{n}"), &[n as u8; 256]))
        .collect();
    let mut names = large();
    for shape in &mut names {
        shape.topic = shape.topic.repeat(100);
    }
    let few = large()[..8].to_vec();
    for (name, shapes, in_place) in [
        ("a payload that was cut", cut, 0),
        ("a topic that is not in the tree", deep, 9),
        ("a first topic that is not in the tree", first_deep, 0),
        ("many small ones", small, 0),
        ("long topics", names, 0),
        ("few", few, 0),
    ] {
        let mut model = model(32 << 20);
        fill_block(&mut model, 500_000);
        let (read, spares) = receive_in_buffer(&mut model, &shapes);
        receive(&mut model, &["behind"]);
        assert_eq!(count_in_place(&model, &shapes, &read), in_place, "{name}");
        assert_eq!(model.log().last_id(), shapes.len() as u64 + 2);
        let is_in_memory = read.end as usize - read.start as usize >= 64 * 1024;
        let is_kept = is_in_memory && spares.buffer(1).capacity() == 1;
        assert_eq!(is_kept, in_place > 0, "{name}");
    }
}

#[test]
fn a_small_budget_keeps_no_buffer_larger_than_a_block() {
    let mut model = model(4 << 20);
    fill_block(&mut model, 64_000);
    let shapes = large();
    let (read, _spares) = receive_in_buffer(&mut model, &shapes);
    assert_eq!(count_in_place(&model, &shapes, &read), 0);
}

#[test]
fn buffers_are_not_kept_behind_blocks_with_room() {
    let mut model = model(64 << 20);
    let mut stored = 0;
    for _ in 0..100 {
        receive_in_buffer(&mut model, &large());
        receive(&mut model, &["small"]);
        stored += 32 * (4_096 + 40) + 42;
    }
    assert_eq!(model.log().evicted(), 0);
    let held = model.log().memory();
    assert!(held < stored / 4 * 5, "{held} bytes hold {stored}");
}
