//! The one-line inputs: the filter bar behind `/` and the find bar behind Ctrl-f.

use super::text_field::TextField;
use crate::filter::{Filter, FilterError};

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
