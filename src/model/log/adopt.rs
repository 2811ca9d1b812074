//! Read buffers that become part of the log as they are, where copying what is in them would cost more than all the rest.
//!
//! ```text
//! batch ┌ frame ┐┌ frame ┐┌ frame ┐ buffer          copied: small payloads, cut ones, sent ones, those of topics that
//!          │ payload  │ payload                      are not in the tree
//!          └──────────┴──────── headers ▶ segment
//! ```

use super::{
    Log, PublishRecord,
    segment::{Parts, Segment},
};
use crate::{
    event::{Batch, Data, Frame, Record},
    model::tree::Topics,
};

/// Buffers of fewer bytes are not kept for the messages in them: they have no pages of their own.
const ADOPT_FROM: usize = 64 * 1024;
/// Nor are those of smaller messages, on average.
const ADOPT_MESSAGE: usize = 512;
/// One part in so many of the log may be room in blocks that buffers stand behind.
const MOST_UNFILLED: usize = 16;

impl Log {
    /// Keeps the buffer of a batch that is about to be added, if it is mostly stored bytes of large messages: copying
    /// payloads of 4 KiB took more than all the rest. `budget` tells what the log may hold with it.
    pub(in crate::model) fn adopt(&mut self, batch: &mut Batch, topics: &Topics, budget: usize) {
        if !self.is_worth_adopting(batch) {
            return;
        }
        let segment = Segment::of_batch(batch.data.share(), batch.records.len(), self.next_id);
        self.make_room(segment.len(), topics, budget, |_| {});
        self.unfilled += self.segments.back_mut().map_or(0, Segment::seal);
        self.push_segment(segment);
    }

    /// Whether nearly all of a buffer would be held for what is read in it, no more goes at a time than of a block, and
    /// little room is left unused in blocks: nothing is added to one that another segment stands behind.
    fn is_worth_adopting(&self, batch: &Batch) -> bool {
        let capacity = batch.data.capacity();
        let enough = capacity / 8 * 7;
        let unfilled = self.unfilled + self.segments.back().map_or(0, Segment::free);
        unfilled <= self.segment_bytes / MOST_UNFILLED
            && (ADOPT_FROM..=self.block_len).contains(&capacity)
            && batch.data.len() >= enough.max(batch.records.len() * ADOPT_MESSAGE)
            && stored_in_place(batch).is_some_and(|stored| stored >= enough)
    }

    /// Where the bytes of a message lie already, if the newest segment keeps the buffer they were read into.
    pub(super) fn place_in_buffer(
        &mut self,
        batch: &Batch,
        record: &PublishRecord,
        parts: Parts<'_>,
    ) -> Option<(&mut Segment, u32)> {
        let (Data::Shared(buffer), Frame::InBatch(span)) = (&batch.data, &record.frame) else {
            return None;
        };
        let newest = self.segments.back_mut()?;
        // These two do not stand before the properties on the wire.
        let is_apart = !parts.true_len.is_empty() || !parts.topic.is_empty();
        (!is_apart && newest.takes_from(buffer)).then_some((newest, span.start + record.properties_start))
    }
}

/// Bytes of a batch's buffer that are stored; `None` if a message is not stored as it lies there.
fn stored_in_place(batch: &Batch) -> Option<usize> {
    let stored = |record: &Record| match record {
        Record::Publish(publish) => match publish.frame {
            Frame::InBatch(span) if span.len == publish.wire_len => {
                Some(span.len.saturating_sub(publish.properties_start) as usize)
            }
            _ => None,
        },
        _ => Some(0),
    };
    batch.records.iter().map(stored).sum()
}
