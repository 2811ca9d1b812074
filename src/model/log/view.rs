//! Which messages are listed: all of them (a range of ids, no memory), or those that match, four bytes each,
//! found as they come and, for older ones, some at a time. Pausing pins the newest that is listed.

use std::{collections::VecDeque, ops::Range};

use super::MessageRef;
use crate::model::Model;

/// Tells whether a message is listed.
pub type Matches<'a> = &'a mut dyn FnMut(&MessageRef) -> bool;

/// A list of messages. Call [`sync`](Self::sync) after the model changed, before anything else.
#[derive(Debug, Default)]
pub struct LogView {
    /// `None`: all.
    found: Option<Found>,
    /// Ids of the history as of the last `sync`.
    ids: Range<u64>,
    pause: Option<Pause>,
}

#[derive(Debug, Default)]
struct Found {
    /// The low halves of ids in order: they lie within 2^32 of the newest.
    low: VecDeque<u32>,
    /// Ids that were looked at.
    scanned: Range<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    /// The newest message listed.
    last: u64,
    evicted: u64,
}

impl LogView {
    /// All messages.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those that match what [`sync`](Self::sync) and [`backfill`](Self::backfill) are given: none at first.
    pub fn matching(model: &Model) -> Self {
        let mut view = Self::default();
        view.set_matching(model);
        view
    }

    /// Lists all messages; a pause stays.
    pub fn set_all(&mut self) {
        self.found = None;
    }

    /// Lists what matches from now on; older ones come by `backfill`, newest first. A pause stays.
    pub fn set_matching(&mut self, model: &Model) {
        let end = model.log().last_id() + 1;
        self.found = Some(Found {
            low: VecDeque::new(),
            scanned: end..end,
        });
        self.sync(model, &mut |_| false);
    }

    /// Takes in what is new and lets go what was evicted.
    pub fn sync(&mut self, model: &Model, matches: Matches) {
        let log = model.log();
        let evicted = self.listed_before(log.first_id());
        if let Some(pause) = &mut self.pause {
            pause.evicted += evicted;
        }
        self.ids = log.first_id()..log.last_id() + 1;
        let Some(found) = &mut self.found else { return };
        found.let_go(self.ids.start);
        for id in found.scanned.end.max(self.ids.start)..self.ids.end {
            if model.message(id).is_some_and(|message| matches(&message)) {
                found.low.push_back(id as u32);
            }
        }
        found.scanned.end = self.ids.end;
    }

    /// Looks at older messages until `effort` ([`MessageRef::effort`]) is used up; true once all were looked at.
    pub fn backfill(&mut self, model: &Model, mut effort: u64, matches: Matches) -> bool {
        let Some(found) = &mut self.found else { return true };
        while effort > 0 && found.scanned.start > self.ids.start {
            found.scanned.start -= 1;
            let id = found.scanned.start;
            let Some(message) = model.message(id) else {
                continue;
            };
            effort = effort.saturating_sub(message.effort());
            if matches(&message) {
                found.low.push_front(id as u32);
            }
        }
        found.scanned.start <= self.ids.start
    }

    /// Whether all of the history was looked at.
    pub fn is_complete(&self) -> bool {
        self.found
            .as_ref()
            .is_none_or(|found| found.scanned.start <= self.ids.start)
    }

    /// Messages listed: up to the pinned one while paused.
    pub fn len(&self) -> usize {
        match self.pause {
            Some(pause) => self.place_behind(pause.last),
            None => self.len_unpaused(),
        }
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len_unpaused(&self) -> usize {
        match &self.found {
            Some(found) => found.low.len(),
            None => (self.ids.end - self.ids.start) as usize,
        }
    }

    /// The message at a place; 0 is the oldest.
    pub fn id_at(&self, place: usize) -> Option<u64> {
        if place >= self.len() {
            return None;
        }
        match &self.found {
            Some(found) => found.id_at(place),
            None => Some(self.ids.start + place as u64),
        }
    }

    /// The place of a message; `Err`: where it would be, were it listed.
    pub fn place_of(&self, id: u64) -> Result<usize, usize> {
        let behind = self.place_behind(id);
        match behind.checked_sub(1) {
            Some(place) if self.id_at(place) == Some(id) => Ok(place),
            _ => Err(behind.min(self.len())),
        }
    }

    /// How many listed ids are at or below `id`, the held ones included.
    fn place_behind(&self, id: u64) -> usize {
        match &self.found {
            Some(found) => found.place_behind(id),
            None => {
                (id + 1).clamp(self.ids.start, self.ids.end.max(self.ids.start)) as usize
                    - self.ids.start as usize
            }
        }
    }

    /// The oldest message listed.
    pub fn first(&self) -> Option<u64> {
        self.id_at(0)
    }

    /// The newest message listed.
    pub fn last(&self) -> Option<u64> {
        self.id_at(self.len().checked_sub(1)?)
    }

    /// The ids at a range of places, fewer at the end.
    pub fn ids(&self, places: Range<usize>) -> impl Iterator<Item = u64> {
        places.map_while(|place| self.id_at(place))
    }

    /// Pins the newest message known: newer ones are held, not listed.
    pub fn pause(&mut self) {
        if self.pause.is_none() {
            self.pause = Some(Pause {
                last: self.ids.end.saturating_sub(1),
                evicted: 0,
            });
        }
    }

    /// Lists what was held.
    pub fn resume(&mut self) {
        self.pause = None;
    }

    /// Whether it is paused.
    pub const fn is_paused(&self) -> bool {
        self.pause.is_some()
    }

    /// Messages held by the pause (of those that match, if it lists matches).
    pub fn held(&self) -> usize {
        self.len_unpaused().saturating_sub(self.len())
    }

    /// Messages that were listed when the pause began, and were evicted since.
    pub fn evicted_while_paused(&self) -> u64 {
        self.pause.map_or(0, |pause| pause.evicted)
    }

    /// How many of the listed lie below `id`; 0 without a pause, where nobody asks.
    fn listed_before(&self, id: u64) -> u64 {
        let below = id.saturating_sub(1);
        self.pause
            .map_or(0, |pause| self.place_behind(below.min(pause.last)) as u64)
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.low.capacity() * 4)
    }
}

impl Found {
    fn full(&self, low: u32) -> u64 {
        let newest = self.scanned.end;
        newest - u64::from((newest as u32).wrapping_sub(low))
    }

    fn id_at(&self, place: usize) -> Option<u64> {
        self.low.get(place).map(|&low| self.full(low))
    }

    fn place_behind(&self, id: u64) -> usize {
        self.low.partition_point(|&low| self.full(low) <= id)
    }

    fn let_go(&mut self, first_id: u64) {
        let gone = self.low.partition_point(|&low| self.full(low) < first_id);
        self.low.drain(..gone);
        self.scanned.start = self.scanned.start.max(first_id);
        self.scanned.end = self.scanned.end.max(first_id);
        if self.low.capacity() > 4 * self.low.len() + 1_024 {
            self.low.shrink_to(2 * self.low.len());
        }
    }
}
