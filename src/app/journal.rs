//! The log of mqttscope itself, behind `L`: everything it said, with the time, long after the line has gone.

use std::collections::VecDeque;

use super::{App, notices::Level};
use crate::event::Time;

/// Lines kept: some hours of a flapping connection.
const LINES: usize = 2_000;

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub time: Time,
    /// How much it matters.
    pub level: Level,
    /// In words; may hold a peer's text: not sanitised.
    pub text: String,
}

/// What was said, oldest first.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    forgotten: u64,
    /// Lines ever written.
    written: u64,
}

impl Journal {
    /// Adds a line; the oldest goes when there are too many, counted.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() == LINES {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
        self.written += 1;
    }

    /// The lines, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Lines ever written.
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// The lines written since there were `written` of them, as far as they are kept.
    pub fn since(&self, written: u64) -> impl Iterator<Item = &Entry> {
        let new = (self.written - written.min(self.written)) as usize;
        self.entries.iter().skip(self.entries.len().saturating_sub(new))
    }

    /// Lines that are no longer kept.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

/// Where one is in the journal: lines up from its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct JournalView {
    /// Lines below the last one in view.
    pub up: usize,
}

impl JournalView {
    /// Scrolls towards the newest (positive) or the oldest.
    pub fn scroll(&mut self, rows: isize, journal: &Journal) {
        let most = journal.entries.len().saturating_sub(1);
        self.up = self.up.saturating_add_signed(-rows).min(most);
    }
}

impl App {
    /// Keeps what was said since the last time.
    pub(super) fn write_journal(&mut self) {
        for (level, text) in self.notices.take_said() {
            self.journal.push(Entry {
                time: self.now,
                level,
                text,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_lines_go_and_are_counted() {
        let mut journal = Journal::default();
        for number in 0..LINES + 3 {
            journal.push(Entry {
                time: Time::default(),
                level: Level::Info,
                text: number.to_string(),
            });
        }
        assert_eq!(
            journal.entries().next().map(|entry| entry.text.as_str()),
            Some("3")
        );
        assert_eq!((journal.entries().len(), journal.forgotten()), (LINES, 3));
    }
}
