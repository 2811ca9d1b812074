//! The messages pane: the log, followed or held where the user looks. The selection is a message, never a row.

use super::{App, effect::Effect, sieve::Sieve};
use crate::model::{LogView, MessageRef, Model};

/// What is looked at in one go after a filter changed or while finding, as [`MessageRef::effort`]: a few milliseconds.
pub const SLICE: u64 = 10_000;

/// The pane's state.
#[derive(Debug)]
pub struct MessagesPane {
    /// Which messages, and whether paused.
    pub view: LogView,
    /// The newest message is selected, whatever comes.
    pub is_following: bool,
    /// Place of the first row in view.
    pub first: usize,
    selected: Option<u64>,
    selected_place: usize,
    height: usize,
}

impl Default for MessagesPane {
    fn default() -> Self {
        Self {
            view: LogView::all(),
            is_following: true,
            first: 0,
            selected: None,
            selected_place: 0,
            height: 0,
        }
    }
}

impl MessagesPane {
    /// The selected message's id.
    pub const fn selected(&self) -> Option<u64> {
        self.selected
    }

    /// Its place in the list.
    pub const fn selected_place(&self) -> usize {
        self.selected_place
    }

    /// Rows on the screen.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The ids in view, from top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = u64> {
        self.view.ids(self.first..self.first + self.height)
    }

    /// Lists what the sieve lets through, from now on; older ones are looked at bit by bit.
    pub fn refilter(&mut self, model: &Model, sieve: &Sieve) {
        if sieve.lets_all_messages() {
            self.view.set_all();
        } else {
            self.view.set_matching(model);
        }
    }

    /// Takes in new messages and a new height; keeps the selected message on its line of the screen.
    pub fn settle(&mut self, model: &Model, sieve: &mut Sieve, height: u16) {
        let mut matches = |message: &MessageRef<'_>| sieve.lets_message(message);
        self.height = usize::from(height);
        self.view.sync(model, &mut matches);
        self.view.backfill(model, SLICE, &mut matches);
        if self.is_following {
            return self.select_place(self.view.len().saturating_sub(1));
        }
        let line = self.selected_place.saturating_sub(self.first);
        match self.selected.map(|id| self.view.place_of(id)) {
            Some(Ok(place)) => {
                self.selected_place = place;
                self.first = place.saturating_sub(line);
                self.keep_in_view();
            }
            Some(Err(place)) => self.select_place(place),
            None => self.select_place(self.view.len().saturating_sub(1)),
        }
    }

    /// Whether older messages are still to be looked at.
    pub fn is_searching(&self) -> bool {
        !self.view.is_complete()
    }

    /// Selects a place, the last one if there are fewer.
    pub fn select_place(&mut self, place: usize) {
        self.selected_place = place.min(self.view.len().saturating_sub(1));
        self.selected = self.view.id_at(self.selected_place);
        self.keep_in_view();
    }

    /// Selects a listed message.
    pub fn select(&mut self, id: u64) {
        if let Ok(place) = self.view.place_of(id) {
            self.is_following = false;
            self.select_place(place);
        }
    }

    /// Moves the selection by rows; from the last row further down follows.
    pub fn step(&mut self, rows: isize) {
        let place = self.selected_place.saturating_add_signed(rows);
        if rows > 0 && self.is_following {
            return;
        }
        self.is_following = false;
        self.select_place(place);
    }

    /// To the first row.
    pub fn to_top(&mut self) {
        self.is_following = false;
        self.select_place(0);
    }

    /// To the newest message, and stays with it.
    pub fn follow(&mut self) {
        self.is_following = true;
        self.select_place(self.view.len().saturating_sub(1));
    }

    /// Scrolls without moving the selection further than needed.
    pub fn scroll(&mut self, rows: isize) {
        let last = self.view.len().saturating_sub(self.height);
        self.first = self.first.saturating_add_signed(rows).min(last);
        self.is_following = rows > 0 && self.first == last && self.is_following;
        let end = (self.first + self.height.max(1) - 1).min(self.view.len().saturating_sub(1));
        self.selected_place = self.selected_place.clamp(self.first.min(end), end);
        self.selected = self.view.id_at(self.selected_place);
    }

    fn keep_in_view(&mut self) {
        let lowest = (self.selected_place + 1).saturating_sub(self.height);
        let last = self.view.len().saturating_sub(self.height);
        self.first = self
            .first
            .clamp(lowest, self.selected_place.max(lowest))
            .min(last.max(lowest));
    }
}

/// Copies the selected message's payload, as bytes.
pub fn copy(app: &mut App) -> Vec<Effect> {
    let Some(message) = app.selected_message() else {
        return Vec::new();
    };
    let (payload, is_cut) = (message.payload().to_vec(), message.is_truncated());
    if payload.is_empty() {
        app.notices.info("nothing to copy: the payload is empty");
        return Vec::new();
    }
    if is_cut {
        app.notices.warn("only the stored part of the payload is copied");
    }
    vec![Effect::Copy(payload)]
}

/// Space: holds the view still, or lets it go on.
pub fn pause(app: &mut App) {
    if app.messages.view.is_paused() {
        app.messages.view.resume();
        app.messages.follow();
    } else {
        app.messages.view.pause();
    }
}
