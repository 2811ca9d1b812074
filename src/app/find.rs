//! Finding (Ctrl-f, n, N): the next listed message that matches, looked for bit by bit, so that no key waits
//! for a long log. Any key ends it.

use std::{convert::identity, ops::Range};

use super::{App, input::InputLine, messages::SLICE};
use crate::model::{LogView, Matching};

/// The find bar, and what it looks for.
#[derive(Debug, Default)]
pub struct Finder {
    /// What is typed.
    pub line: InputLine,
    /// What `n` and `N` look for.
    pub wanted: Option<Matching>,
    search: Option<Search>,
}

/// One that is under way.
#[derive(Debug)]
struct Search {
    is_forward: bool,
    /// Ids that were not looked at yet.
    left: Range<u64>,
    /// Ids there were at its start.
    all: u64,
}

impl Finder {
    /// Ends what is under way; whether there was anything.
    pub fn stop(&mut self) -> bool {
        self.search.take().is_some()
    }

    /// Whether there is more to be looked at.
    pub const fn is_under_way(&self) -> bool {
        self.search.is_some()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.wanted.as_ref().map_or(0, Matching::memory)
    }

    /// How far it is, in percent; `None` while nothing is looked for.
    pub fn percent(&self) -> Option<u64> {
        let search = self.search.as_ref()?;
        let left = search.left.end.saturating_sub(search.left.start);
        Some(100 - (left * 100 / search.all.max(1)).min(100))
    }
}

impl Search {
    /// The next listed message, which then counts as looked at.
    fn next(&mut self, view: &LogView) -> Option<u64> {
        let listed_before = |id| view.place_of(id).unwrap_or_else(identity);
        if self.is_forward {
            let id = view.id_at(listed_before(self.left.start))?;
            let is_within = id < self.left.end;
            self.left.start = if is_within { id + 1 } else { self.left.end };
            is_within.then_some(id)
        } else {
            let id = view.id_at(listed_before(self.left.end).checked_sub(1)?)?;
            let is_within = id >= self.left.start;
            self.left.end = if is_within { id } else { self.left.start };
            is_within.then_some(id)
        }
    }
}

/// Looks for the next match below or above what is selected.
pub fn next(app: &mut App, is_forward: bool) {
    if app.find.wanted.is_none() {
        app.notices.info("nothing to find yet; Ctrl-f asks");
        return;
    }
    let view = &app.messages.view;
    let selected = app.messages.selected().unwrap_or_default();
    let left = if is_forward {
        selected + 1..view.last().map_or(0, |last| last + 1).max(selected + 1)
    } else {
        app.model.log().first_id().min(selected)..selected
    };
    app.find.search = Some(Search {
        is_forward,
        all: left.end - left.start,
        left,
    });
    app.show_messages();
}

/// Looks at some more messages; selects the one that matches, or says that there is none.
pub(super) fn go_on(app: &mut App) {
    let Finder {
        wanted: Some(wanted),
        search: Some(search),
        ..
    } = &mut app.find
    else {
        return;
    };
    wanted.learn(app.model.topics(), SLICE as usize);
    let view = &app.messages.view;
    let mut effort = SLICE;
    while effort > 0 {
        let Some(id) = search.next(view) else {
            // A filter may still be at the older ones.
            if search.is_forward || view.is_complete() {
                let way = if search.is_forward { "below" } else { "above" };
                app.find.stop();
                app.notices.info(format!("no further match {way}"));
            }
            return;
        };
        let Some(message) = app.model.message(id) else {
            continue;
        };
        effort = effort.saturating_sub(message.effort());
        if wanted.message(&message) {
            app.find.stop();
            app.messages.select(id);
            return;
        }
    }
}
