//! Frames on their way to the socket, whole and in order.

use std::{collections::VecDeque, io::IoSlice, sync::Arc};

use crate::{
    event::OperationId,
    source::session::{MAX_WAITING_ANSWERS, Outgoing},
    wire::PacketType,
};

/// Requests are taken while less than this waits to be written, bytes.
const ROOM: usize = 1024 * 1024;
/// Frames given to the kernel at once.
const SLICES: usize = 32;

/// A frame in the queue.
pub struct Queued {
    /// Its type.
    pub packet_type: PacketType,
    /// What to show of it: the frame itself, but for secrets.
    pub shown: Arc<[u8]>,
    /// The QoS 0 publish that ends with it.
    pub ends: Option<(OperationId, u64)>,
    frame: Arc<[u8]>,
    is_answer: bool,
}

/// The queue of one connection.
#[derive(Default)]
pub struct Writer {
    queue: VecDeque<Queued>,
    /// Bytes of the first frame already written.
    written: usize,
    waiting: usize,
    answers: usize,
}

impl Writer {
    /// Adds a frame.
    pub fn push(&mut self, outgoing: Outgoing) {
        let frame: Arc<[u8]> = outgoing.frame.into();
        let is_answer = matches!(
            outgoing.packet_type,
            PacketType::Puback | PacketType::Pubrec | PacketType::Pubcomp | PacketType::Pubrel
        );
        self.waiting += frame.len();
        self.answers += if is_answer { frame.len() } else { 0 };
        self.queue.push_back(Queued {
            packet_type: outgoing.packet_type,
            shown: match outgoing.shown {
                Some(shown) => shown.into(),
                None => Arc::clone(&frame),
            },
            ends: outgoing.ends,
            frame,
            is_answer,
        });
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether requests may be taken.
    pub fn has_room(&self) -> bool {
        self.waiting < ROOM
    }

    /// Whether the peer takes no answers to what it sends.
    pub fn is_stuffed(&self) -> bool {
        self.answers > MAX_WAITING_ANSWERS
    }

    /// What to write next.
    pub fn slices(&self) -> ([IoSlice<'_>; SLICES], usize) {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slice, queued) in slices.iter_mut().zip(&self.queue) {
            let skip = if count == 0 { self.written } else { 0 };
            *slice = IoSlice::new(queued.frame.get(skip..).unwrap_or_default());
            count += 1;
        }
        (slices, count)
    }

    /// So many bytes more were written.
    pub fn advance(&mut self, bytes: usize) {
        self.written += bytes;
        self.waiting = self.waiting.saturating_sub(bytes);
    }

    /// The next frame that is wholly written.
    pub fn pop_written(&mut self) -> Option<Queued> {
        let len = self.queue.front()?.frame.len();
        if self.written < len {
            return None;
        }
        self.written -= len;
        let done = self.queue.pop_front()?;
        self.answers -= if done.is_answer { len } else { 0 };
        Some(done)
    }

    /// The publishes that end with frames not wholly written, and whether some of the frame went out.
    pub fn abandon(self) -> impl Iterator<Item = (OperationId, u64, bool)> {
        let mut is_begun = self.written > 0;
        self.queue.into_iter().filter_map(move |queued| {
            let begun = std::mem::take(&mut is_begun);
            queued.ends.map(|(id, asked)| (id, asked, begun))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(bytes: &[u8], ends: u64) -> Outgoing {
        Outgoing {
            packet_type: PacketType::Publish,
            frame: bytes.to_vec(),
            shown: None,
            ends: Some((OperationId(ends), 0)),
        }
    }

    fn text(writer: &Writer) -> Vec<u8> {
        let (slices, count) = writer.slices();
        slices[..count].iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn frames_come_out_whole_whatever_the_socket_takes() {
        let mut writer = Writer::default();
        writer.push(outgoing(b"abc", 1));
        writer.push(outgoing(b"de", 2));
        let mut out = Vec::new();
        let mut ended = Vec::new();
        while !writer.is_empty() {
            out.push(text(&writer)[0]);
            writer.advance(1);
            while let Some(done) = writer.pop_written() {
                ended.push((out.len(), done.ends.unwrap().0.0));
            }
        }
        assert_eq!((out.as_slice(), ended), (&b"abcde"[..], vec![(3, 1), (5, 2)]));
    }

    #[test]
    fn what_is_abandoned_tells_whether_it_had_begun() {
        let mut writer = Writer::default();
        writer.push(outgoing(b"abc", 1));
        writer.push(outgoing(b"de", 2));
        writer.advance(1);
        let abandoned: Vec<_> = writer.abandon().map(|(id, _, begun)| (id.0, begun)).collect();
        assert_eq!(abandoned, [(1, true), (2, false)]);
    }
}
