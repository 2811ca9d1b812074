//! Meanings → styles: the only place that turns a theme's colours into ratatui's.

use ratatui::style::{Color, Modifier, Style};

use crate::config::{Color as ThemeColor, Meaning, Theme};

/// Every style a widget uses, made once a theme.
#[derive(Debug, Clone)]
pub struct Styles {
    colors: [Color; Meaning::ALL.len()],
    has_color: bool,
}

impl Styles {
    /// From a theme; without colour only bold, dim, underline and reverse remain (`NO_COLOR`).
    pub fn new(theme: &Theme, has_color: bool) -> Self {
        let mut colors = [Color::Reset; Meaning::ALL.len()];
        if has_color {
            for (slot, meaning) in colors.iter_mut().zip(Meaning::ALL) {
                *slot = convert(theme.color(*meaning));
            }
        }
        Self { colors, has_color }
    }

    fn color(&self, meaning: Meaning) -> Color {
        self.colors.get(meaning as usize).copied().unwrap_or_default()
    }

    /// The foreground that says `meaning`, on whatever is behind.
    pub fn fg(&self, meaning: Meaning) -> Style {
        let style = Style::new().fg(self.color(meaning));
        match meaning {
            Meaning::Dim | Meaning::Stale if !self.has_color => style.add_modifier(Modifier::DIM),
            Meaning::Title | Meaning::KeyHint | Meaning::Error | Meaning::Accent => {
                style.add_modifier(Modifier::BOLD)
            }
            _ => style,
        }
    }

    /// Ordinary text on the ordinary background.
    pub fn base(&self) -> Style {
        Style::new()
            .fg(self.color(Meaning::Text))
            .bg(self.color(Meaning::Background))
    }

    /// Ordinary text on an overlay.
    pub fn overlay(&self) -> Style {
        Style::new()
            .fg(self.color(Meaning::Text))
            .bg(self.color(Meaning::Overlay))
    }

    /// Put over the selected row: what it says stays, what is behind it changes.
    pub fn selection(&self, has_focus: bool) -> Style {
        let background = self.color(Meaning::Selection);
        match (has_focus, background) {
            (true, Color::Reset) => Style::new().add_modifier(Modifier::REVERSED),
            (true, color) => Style::new()
                .bg(color)
                .fg(self.color(Meaning::SelectionText))
                .add_modifier(Modifier::BOLD),
            (false, _) => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// A pane's border.
    pub fn border(&self, has_focus: bool) -> Style {
        self.fg(if has_focus {
            Meaning::BorderFocus
        } else {
            Meaning::Border
        })
    }
}

fn convert(color: ThemeColor) -> Color {
    match color {
        ThemeColor::Reset => Color::Reset,
        ThemeColor::Indexed(index) => Color::Indexed(index),
        ThemeColor::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
