//! The one-line inputs: the filter bar behind `/` and the find bar behind Ctrl-f.

use std::collections::HashSet;

use super::{App, action::Action, find, overlay::Overlay, text_field::TextField};
use crate::{
    filter::{Filter, FilterError},
    model::Matching,
};

/// Entries kept for ↑.
const HISTORY: usize = 50;

/// A line being typed, with what was typed before.
#[derive(Debug)]
pub struct InputLine {
    /// What is typed.
    pub text: TextField,
    /// What is wrong with it.
    pub error: Option<FilterError>,
    history: Vec<String>,
    shown: Option<usize>,
}

impl Default for InputLine {
    fn default() -> Self {
        Self {
            text: TextField::single(),
            error: None,
            history: Vec::new(),
            shown: None,
        }
    }
}

impl InputLine {
    /// Parses what is typed; the last good filter is the caller's to keep.
    pub fn parse(&mut self) -> Option<Filter> {
        match Filter::parse(&self.text.text()) {
            Ok(filter) => {
                self.error = None;
                Some(filter)
            }
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    /// Keeps what is typed for ↑.
    pub fn remember(&mut self) {
        let text = self.text.text();
        self.shown = None;
        if text.trim().is_empty() {
            return;
        }
        self.history.retain(|other| *other != text);
        self.history.push(text);
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
    }

    /// Shows an older (positive) or newer entry.
    pub fn browse(&mut self, by: isize) {
        let next = match self.shown {
            None if by > 0 => 0,
            Some(0) if by < 0 => {
                self.shown = None;
                self.text.set("");
                return;
            }
            Some(at) => at.saturating_add_signed(by),
            None => return,
        };
        if let Some(entry) = self.history.iter().rev().nth(next).cloned() {
            self.text.set(&entry);
            self.shown = Some(next);
        }
    }
}

/// What is typed holds as soon as it is valid; the last good one stays until then.
pub fn preview_filter(app: &mut App) {
    if let Some(filter) = app.filter.line.parse() {
        app.filter.applied = Some(filter).filter(|filter| !filter.is_empty());
        app.refilter();
    }
}

/// `/`: opens the filter bar with the filter that holds.
pub fn open_filter(app: &mut App) {
    app.filter.before = app.filter.applied.clone();
    let text = app
        .filter
        .applied
        .as_ref()
        .map(|filter| filter.text().to_owned())
        .unwrap_or_default();
    app.filter.line.text.set(&text);
    app.filter.line.error = None;
    app.open(Overlay::Filter);
}

/// The keys of the one-line inputs.
pub fn run(app: &mut App, action: Action) {
    let is_filter = matches!(app.overlays.last(), Some(Overlay::Filter));
    let by = match action {
        Action::InputOlder => 1,
        Action::InputNewer => -1,
        Action::InputApply if is_filter => return apply_filter(app),
        Action::InputApply => return apply_find(app),
        _ => {
            app.overlays.pop();
            if is_filter {
                app.filter.applied = app.filter.before.take();
                app.refilter();
            }
            return;
        }
    };
    if is_filter {
        app.filter.line.browse(by);
        preview_filter(app);
    } else {
        app.find.line.browse(by);
        app.find.line.parse();
    }
}

/// Enter in the filter bar: a faulty line stays open, its last good filter holds.
fn apply_filter(app: &mut App) {
    if app.filter.line.error.is_none() {
        app.filter.line.remember();
        app.overlays.pop();
    }
}

fn apply_find(app: &mut App) {
    let Some(filter) = app.find.line.parse() else {
        return;
    };
    app.find.line.remember();
    app.overlays.pop();
    app.find.wanted = (!filter.is_empty()).then(|| Matching::new(Some(filter), HashSet::new()));
    // From the newest backwards: that is where people look first.
    if app.find.wanted.is_some() {
        find::next(app, false);
    }
}
