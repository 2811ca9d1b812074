//! The read buffer: whole frames out of a stream of bytes, and the bytes of a batch out of the buffer.
//!
//! ```text
//! 0 ......... base ┌frame┐┌frame┐ next ┌half a frame… len ~~~~ ≥ 64 KiB spare
//!   sent already        a batch        stays for the next
//! ```

use std::{collections::HashSet, sync::Arc};

use super::keeping::{Keeping, broken_length};
use crate::{
    event::{Buffer, Span, Spares},
    mqtt::ProtocolVersion,
    wire::{Anomaly, Scan, scan},
};

/// Room for one read.
const SPARE: usize = super::socket::READ;
/// A buffer grows to this by doubling, and beyond it no further than to the end of the frame in sight; one that
/// did is not kept for small messages.
const ORDINARY: usize = 512 * 1024;
/// Fewer bytes are copied out rather than moved with their 64 KiB of room.
const SMALL: usize = 8 * 1024;

/// A frame in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// First byte in the buffer.
    start: usize,
    /// Bytes in the buffer.
    len: usize,
    /// Bytes on the wire: more where a long payload was not kept.
    pub wire_len: usize,
}

/// What the buffer holds next.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// A whole frame, or as much of it as is kept.
    Frame(Found),
    /// Not yet whole.
    Incomplete,
    /// Nothing more can be found in this stream.
    Broken(Anomaly),
}

/// A PUBLISH of which not all is kept.
#[derive(Debug, Clone, Copy)]
struct Cut {
    kept: usize,
    wire_len: usize,
    /// Bytes of the tail still to come.
    to_skip: usize,
}

/// The buffer.
pub struct Intake {
    buffer: Buffer,
    spares: Spares,
    base: usize,
    next: usize,
    /// Bytes of the frame behind `next` as far as it is kept, once they are known.
    in_sight: usize,
    cut: Option<Cut>,
    keeping: Keeping,
}

impl Intake {
    /// Empty.
    pub fn new(limits: super::Limits) -> Self {
        Self {
            buffer: Buffer::default(),
            spares: Spares::default(),
            base: 0,
            next: 0,
            in_sight: 0,
            cut: None,
            keeping: Keeping::new(limits),
        }
    }

    /// Watches these topics and no others.
    pub fn watch(&mut self, topics: &Arc<HashSet<String>>) {
        self.keeping.watch(topics);
    }

    /// The buffer with room for one read behind its end.
    pub fn room(&mut self) -> &mut Buffer {
        if self.base == self.buffer.len() {
            self.buffer.truncate(0);
            self.next -= self.base;
            self.base = 0;
            if self.buffer.capacity() > ORDINARY {
                self.buffer = self.spares.buffer(SPARE);
            }
        }
        if self.buffer.capacity() - self.buffer.len() < SPARE {
            self.buffer.remove(0, self.base);
            self.next -= self.base;
            self.base = 0;
            let ends = self.next + self.in_sight;
            self.buffer.reserve(SPARE, (ends + SPARE).max(ORDINARY));
        }
        &mut self.buffer
    }

    /// The buffer, to look at.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What is not yet a frame.
    pub fn rest(&self) -> &[u8] {
        self.buffer.get(self.next..).unwrap_or_default()
    }

    /// Whether a frame is half read.
    pub fn is_midframe(&self) -> bool {
        self.next < self.buffer.len()
    }

    /// Bytes of the frames found since the last batch.
    pub fn batch_len(&self) -> usize {
        self.next - self.base
    }

    /// The bytes of a frame found.
    pub fn bytes(&self, found: Found) -> &[u8] {
        self.buffer
            .get(found.start..found.start + found.len)
            .unwrap_or_default()
    }

    /// The same, to overwrite secrets.
    pub fn bytes_mut(&mut self, found: Found) -> &mut [u8] {
        self.buffer
            .get_mut(found.start..found.start + found.len)
            .unwrap_or_default()
    }

    /// Leaves the frames found since the last batch out of it.
    pub const fn discard(&mut self) {
        self.base = self.next;
    }

    /// Where the frame will lie in the batch.
    pub fn span(&self, found: Found) -> Span {
        Span {
            start: (found.start - self.base) as u32,
            len: found.len as u32,
        }
    }

    /// The next frame; its bytes belong to the batch from now on.
    pub fn next_frame(&mut self, version: ProtocolVersion) -> Next {
        if let Some(cut) = self.cut {
            return self.skip(cut);
        }
        let rest = self.buffer.get(self.next..).unwrap_or_default();
        let head = match scan(rest) {
            Scan::Head(head) => head,
            Scan::Incomplete => return Next::Incomplete,
            Scan::Malformed => return Next::Broken(broken_length(version)),
        };
        let frame_len = head.frame_len();
        if frame_len <= rest.len() && self.keeping.keeps_whole(frame_len) {
            return self.found(frame_len, frame_len);
        }
        let kept = match self.keeping.kept(rest, head, version) {
            Ok(Some(kept)) => kept,
            Ok(None) => return Next::Incomplete,
            Err(anomaly) => return Next::Broken(anomaly),
        };
        if rest.len() < kept {
            self.in_sight = kept;
            Next::Incomplete
        } else if kept < frame_len {
            self.skip(Cut {
                kept,
                wire_len: frame_len,
                to_skip: frame_len - kept,
            })
        } else {
            self.found(kept, kept)
        }
    }

    /// Drops what is here of the tail of a long PUBLISH.
    fn skip(&mut self, cut: Cut) -> Next {
        let tail = self.next + cut.kept;
        let here = self.buffer.len() - tail;
        let dropped = here.min(cut.to_skip);
        if dropped == here {
            self.buffer.truncate(tail);
        } else {
            self.buffer.remove(tail, tail + dropped);
        }
        let to_skip = cut.to_skip - dropped;
        self.cut = (to_skip > 0).then_some(Cut { to_skip, ..cut });
        match self.cut {
            Some(_) => Next::Incomplete,
            None => self.found(cut.kept, cut.wire_len),
        }
    }

    fn found(&mut self, len: usize, wire_len: usize) -> Next {
        let found = Found {
            start: self.next,
            len,
            wire_len,
        };
        self.next += len;
        self.in_sight = 0;
        Next::Frame(found)
    }

    /// The bytes of the frames found since the last time. The buffer itself where it holds little else,
    /// a copy where most of it is still to be read or most of it is empty.
    pub fn take_batch(&mut self) -> Buffer {
        let (taken, left) = (self.next - self.base, self.buffer.len() - self.next);
        if self.base > 0 || taken <= SMALL || left > taken {
            if taken <= SMALL {
                self.spares.free_one();
            }
            let mut copy = Buffer::with_capacity(taken);
            copy.extend_from_slice(self.buffer.get(self.base..self.next).unwrap_or_default());
            self.base = self.next;
            return copy;
        }
        let mut fresh = self.spares.buffer(left + SPARE);
        fresh.extend_from_slice(self.buffer.get(self.next..).unwrap_or_default());
        self.buffer.truncate(self.next);
        self.next = 0;
        std::mem::replace(&mut self.buffer, fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mqtt::ReasonCode, source::Limits};

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
        let mut frame = vec![0x30];
        let mut remaining = payload + 3;
        loop {
            let byte = (remaining % 128) as u8;
            remaining /= 128;
            frame.push(if remaining > 0 { byte | 0x80 } else { byte });
            if remaining == 0 {
                break;
            }
        }
        frame.extend_from_slice(b"\0\x01a");
        frame.extend((0..payload).map(|n| n as u8));
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
}
