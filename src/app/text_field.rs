//! Text a user types: one line or many, with undo; a paste is one step and never keys.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;

/// A text being edited. `Debug` shows nothing of one that shows dots.
#[derive(Clone)]
pub struct TextField {
    area: TextArea<'static>,
    is_single: bool,
}

impl fmt::Debug for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_masked() {
            return f.write_str("TextField(***)");
        }
        f.debug_tuple("TextField").field(&self.lines()).finish()
    }
}

impl TextField {
    /// An empty one-line field.
    pub fn single() -> Self {
        Self {
            area: plain(TextArea::default()),
            is_single: true,
        }
    }

    /// An empty field of many lines.
    pub fn multi() -> Self {
        Self {
            area: plain(TextArea::default()),
            is_single: false,
        }
    }

    /// A one-line field that shows dots.
    pub fn masked() -> Self {
        let mut field = Self::single();
        field.area.set_mask_char('•');
        field
    }

    /// With a text in it, the cursor behind it.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.set(text);
        self
    }

    /// With all of its text selected: the first character typed replaces it.
    #[must_use]
    pub fn selected(mut self) -> Self {
        if !self.is_empty() {
            self.area.select_all();
        }
        self
    }

    /// Whether what is typed next replaces text.
    pub fn is_selected(&self) -> bool {
        self.area.is_selecting()
    }

    /// Replaces the text; can be undone.
    pub fn set(&mut self, text: &str) {
        self.area.select_all();
        self.area.cut();
        self.area.cancel_selection();
        self.paste(text);
    }

    /// Takes a key as typing; whether the text changed.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let has_ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let is_line_end =
            event.code == KeyCode::Enter || has_ctrl && matches!(event.code, KeyCode::Char('m' | 'j'));
        if self.is_single && is_line_end {
            return false;
        }
        self.area.input(event)
    }

    /// Inserts a text at the cursor in one undo step; in a one-line field line ends become spaces.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if self.is_single {
            self.area
                .insert_str(text.trim_end_matches('\n').replace('\n', " "))
        } else {
            self.area.insert_str(text)
        }
    }

    /// The text, lines joined by `\n`.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Whether the cursor is in the first line.
    pub fn is_at_top(&self) -> bool {
        self.area.cursor().0 == 0
    }

    /// Whether the cursor is in the last line.
    pub fn is_at_bottom(&self) -> bool {
        self.area.cursor().0 + 1 >= self.area.lines().len()
    }

    /// The cursor as row and column in characters.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Whether dots are shown.
    pub fn is_masked(&self) -> bool {
        self.area.mask_char().is_some()
    }
}

fn plain(mut area: TextArea<'static>) -> TextArea<'static> {
    area.set_max_histories(200);
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paste_is_one_undo_step() {
        let mut field = TextField::multi().with("a");
        field.paste("b\nc\nd");
        assert_eq!(field.text(), "ab\nc\nd");
        field.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!(field.text(), "a");
    }

    #[test]
    fn what_shows_dots_is_not_in_debug() {
        let mut field = TextField::masked();
        field.paste("hunter2");
        assert_eq!(format!("{field:?}"), "TextField(***)");
    }

    #[test]
    fn a_single_line_stays_one_line() {
        let mut field = TextField::single();
        field.paste("a\r\nb\n");
        field.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
        assert_eq!(field.text(), "a b");
    }
}
