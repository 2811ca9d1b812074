//! What a user sees, and asking for it.

use std::path::Path;

use mqttscope::{app::layout::Pane, text::Glyphs, ui};
use ratatui::{buffer::Buffer, layout::Rect};

use super::{SIZES, Screen, picture};

impl Screen {
    /// The picture. Whatever it shows, no cell of it may reach the terminal as anything but a visible character.
    pub fn buffer(&mut self) -> Buffer {
        self.app.before_draw(self.now);
        self.picture_of_now()
    }

    pub(super) fn picture_of_now(&self) -> Buffer {
        let area = Rect::new(0, 0, self.app.size.width, self.app.size.height);
        let mut buffer = Buffer::empty(area);
        ui::render(&mut buffer, area, &self.app);
        let is_ascii = self.app.look.glyphs == Glyphs::Ascii && !self.allows_foreign_letters;
        picture::check(&buffer, is_ascii);
        buffer
    }

    /// The lines as text, without spaces at their ends.
    pub fn lines(&mut self) -> Vec<String> {
        picture::lines(&self.buffer())
    }

    /// The whole screen as text.
    pub fn text(&mut self) -> String {
        self.lines().join("\n")
    }

    /// The inside of a pane as text; empty where it is not shown.
    pub fn pane(&mut self, pane: Pane) -> Vec<String> {
        let inner = self.app.layout().inner(pane);
        picture::lines_in(&self.buffer(), inner)
    }

    #[track_caller]
    pub fn shows_in(mut self, pane: Pane, part: &str) -> Self {
        let text = self.pane(pane).join("\n");
        assert!(text.contains(part), "{part:?} is not in {pane:?}:\n{text}");
        self
    }

    #[track_caller]
    pub fn hides_in(mut self, pane: Pane, part: &str) -> Self {
        let text = self.pane(pane).join("\n");
        assert!(!text.contains(part), "{part:?} is in {pane:?}:\n{text}");
        self
    }

    /// The only line that contains all of these; fails where there is none or more than one.
    pub fn line_with(&mut self, parts: &[&str]) -> String {
        let text = self.text();
        let mut found = text
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)));
        match (found.next(), found.next()) {
            (Some(line), None) => line.to_owned(),
            (first, _) => panic!(
                "{parts:?} stand in {} line:\n{text}",
                if first.is_some() { "more than one" } else { "no" }
            ),
        }
    }

    #[track_caller]
    pub fn shows(mut self, part: &str) -> Self {
        let text = self.text();
        assert!(text.contains(part), "{part:?} is not on the screen:\n{text}");
        self
    }

    #[track_caller]
    pub fn hides(mut self, part: &str) -> Self {
        let text = self.text();
        assert!(!text.contains(part), "{part:?} is on the screen:\n{text}");
        self
    }

    /// Compares text and styles with `tests/screens/snapshots/NAME.snap`.
    #[track_caller]
    pub fn snapshot(mut self, name: &str) -> Self {
        let mut settings = insta::Settings::new();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/snapshots"));
        let shown = picture::describe(&self.buffer());
        settings.bind(|| insta::assert_snapshot!(name, shown));
        self
    }

    /// A snapshot at each of [`SIZES`]: `NAME-120x36` and so on.
    #[track_caller]
    pub fn snapshot_at_each_size(mut self, name: &str) -> Self {
        for (width, height) in SIZES {
            self = self
                .resize(width, height)
                .snapshot(&format!("{name}-{width}x{height}"));
        }
        self
    }
}
