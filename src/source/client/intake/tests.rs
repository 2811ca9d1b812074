//! Frames out of reads of any size, and batches out of frames.

use super::*;
use crate::{
    mqtt::{Properties, QoS, ReasonCode},
    source::Limits,
    wire::{Packet, Publish, encode},
};

const V: ProtocolVersion = ProtocolVersion::V311;

fn intake(max_payload: usize) -> Intake {
    Intake::new(Limits {
        max_payload,
        max_packet: 1 << 20,
        ..Limits::default()
    })
}

/// A QoS 0 PUBLISH to `a`.
fn publish(payload: usize) -> Vec<u8> {
    let packet = Packet::Publish(Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "a".to_owned(),
        packet_id: None,
        properties: Properties::NONE,
        payload: (0..payload).map(|n| n as u8).collect(),
    });
    let mut frame = Vec::new();
    encode(&packet, V, &mut frame).unwrap();
    frame
}

fn all(intake: &mut Intake) -> Vec<(Vec<u8>, usize)> {
    let mut frames = Vec::new();
    while let Next::Frame(found) = intake.next_frame(V) {
        frames.push((intake.bytes(found).to_vec(), found.wire_len));
    }
    frames
}

#[test]
fn frames_are_the_same_whatever_the_reads() {
    let sent: Vec<Vec<u8>> = [0, 5, 300, 0, 70].map(publish).into();
    let stream = sent.concat();
    for step in [1, 2, 7, 100, stream.len()] {
        let mut intake = intake(1000);
        let (mut frames, mut data) = (Vec::new(), Vec::new());
        for bytes in stream.chunks(step) {
            intake.room().extend_from_slice(bytes);
            frames.extend(all(&mut intake).into_iter().map(|(frame, _)| frame));
            data.extend_from_slice(&intake.take_batch());
        }
        assert_eq!((&frames, &data), (&sent, &stream), "{step}");
    }
}

#[test]
fn a_long_payload_is_cut_and_its_tail_never_kept() {
    let long = publish(100_000);
    let mut stream = long.clone();
    stream.extend(publish(1));
    for step in [1, 999, 50_000, stream.len()] {
        let mut intake = intake(10);
        let mut frames = Vec::new();
        for bytes in stream.chunks(step) {
            intake.room().extend_from_slice(bytes);
            frames.extend(all(&mut intake));
            assert!(intake.buffer.len() <= step + 64);
        }
        assert_eq!(frames[0], (long[..7 + 10].to_vec(), long.len()), "{step}");
        assert_eq!(frames[1], (publish(1), publish(1).len()), "{step}");
    }
}

#[test]
fn the_buffer_of_a_large_frame_grows_with_it_and_not_beyond_its_end() {
    let large = publish(3_000_000);
    let mut intake = Intake::new(Limits {
        max_payload: 4 << 20,
        max_packet: 16 << 20,
        ..Limits::default()
    });
    let mut frames = Vec::new();
    for (read, bytes) in large.chunks(SPARE).enumerate() {
        intake.room().extend_from_slice(bytes);
        frames.extend(all(&mut intake));
        let capacity = intake.buffer.capacity();
        assert!(
            capacity <= (2 * (read + 1) * SPARE).min(large.len() + SPARE).max(ORDINARY),
            "{capacity} at {read}"
        );
    }
    assert_eq!(frames, [(large.clone(), large.len())]);
    assert_eq!(*intake.take_batch(), *large);
}

#[test]
fn batches_of_a_fast_stream_fill_their_buffers() {
    for payload in [600, 4_096, 15_000] {
        let stream = publish(payload).repeat(4_000_000 / payload);
        let mut intake = intake(100_000);
        let (mut batches, mut total) = (0, 0);
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let room = intake.room().room().len();
            let (read, later) = rest.split_at(room.min(SPARE).min(rest.len()));
            intake.room().extend_from_slice(read);
            rest = later;
            all(&mut intake);
            if intake.is_full() {
                let batch = intake.take_batch();
                total += batch.len();
                batches += 1;
                // The first one grew from nothing.
                assert!(
                    batches == 1 || batch.len() > ORDINARY / 16 * 15 && batch.capacity() == ORDINARY,
                    "{payload}: {} of {}",
                    batch.len(),
                    batch.capacity()
                );
            }
        }
        assert!(batches >= 14 && total + intake.batch_len() + intake.rest().len() == stream.len());
    }
}

#[test]
fn a_watched_topic_keeps_more() {
    let long = publish(5_000);
    let mut intake = Intake::new(Limits {
        max_payload: 10,
        max_watched: 4_000,
        ..Limits::default()
    });
    for (topics, kept) in [(&["b"][..], 10), (&["a", "b"], 4_000), (&[], 10)] {
        intake.watch(&Arc::new(topics.iter().map(ToString::to_string).collect()));
        intake.room().extend_from_slice(&long);
        assert_eq!(
            all(&mut intake),
            [(long[..6 + kept].to_vec(), long.len())],
            "{topics:?}"
        );
        intake.take_batch();
    }
}

#[test]
fn spans_point_into_the_batch() {
    let mut intake = intake(100_000);
    let (one, two) = (publish(20_000), publish(9_000));
    intake
        .room()
        .extend_from_slice(&[&one[..], &two[..], &two[..5]].concat());
    let Next::Frame(first) = intake.next_frame(V) else {
        panic!("whole")
    };
    assert_eq!(intake.span(first).start, 0);
    let batch = intake.take_batch();
    assert_eq!(*batch, *one);
    let Next::Frame(second) = intake.next_frame(V) else {
        panic!("whole")
    };
    assert_eq!(intake.span(second).start, 0);
    assert_eq!(*intake.take_batch(), *two);
    assert!(intake.is_midframe() && intake.batch_len() == 0);
    intake.room().extend_from_slice(&two[5..]);
    assert_eq!(all(&mut intake), [(two.clone(), two.len())]);
}

#[test]
fn a_stream_without_frame_boundaries_is_broken() {
    for (bytes, reason) in [
        (
            &[0x30, 0xff, 0xff, 0xff, 0xff, 1][..],
            ReasonCode::MALFORMED_PACKET,
        ),
        (&[0x30, 0xff, 0xff, 0xff, 0x7f], ReasonCode::PACKET_TOO_LARGE),
        (&[0x90, 0x80, 0x80, 0xff, 0x7f], ReasonCode::PACKET_TOO_LARGE),
    ] {
        let mut intake = intake(100);
        intake.room().extend_from_slice(bytes);
        let Next::Broken(anomaly) = intake.next_frame(V) else {
            panic!("{bytes:?}")
        };
        assert!(anomaly.is_violation && anomaly.reason == reason, "{bytes:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_hand_out_what_is_not_there(
        chunks in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..40), 0..20),
        starts_well in proptest::bool::ANY,
    ) {
        let mut intake = intake(8);
        if starts_well {
            intake.room().extend_from_slice(&publish(3));
        }
        for chunk in chunks {
            intake.room().extend_from_slice(&chunk);
            while let Next::Frame(found) = intake.next_frame(ProtocolVersion::V5) {
                let span = intake.span(found);
                let bytes = intake.bytes(found).to_vec();
                let _ = crate::source::client::record::loose_head(&bytes, ProtocolVersion::V5);
                let _ = crate::source::client::record::as_if_whole(&bytes);
                proptest::prop_assert!(bytes.len() <= found.wire_len);
                proptest::prop_assert_eq!(bytes.len(), span.len as usize);
            }
            intake.take_batch();
        }
    }
}
