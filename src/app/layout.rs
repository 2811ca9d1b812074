//! Where everything is on a screen of any size.
//!
//! ```text
//! ≥ 120 columns                80–119                        40–79             under 40×10
//! ┌ title ───────────────┐    ┌ title ───────────────┐      ┌ title ─────┐     1 204 msg/s …
//! │ Connections│ Messages│    │ Topics or │ Messages │      │ tabs       │
//! │ Topics     │ Details │    │ Connect.  │ (Details)│      │ one pane   │
//! │ Publish, when open   │    │ Publish, when open   │      │            │
//! └ status, hints ───────┘    └ status, hints ───────┘      └ status ────┘
//! ```

use ratatui::layout::{Position, Rect, Size};

/// The five panes, numbered as on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are on the screen")]
pub enum Pane {
    Connections,
    Topics,
    Messages,
    Details,
    Publish,
}

impl Pane {
    /// In the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Connections,
        Self::Topics,
        Self::Messages,
        Self::Details,
        Self::Publish,
    ];

    /// 1 to 5.
    pub const fn number(self) -> usize {
        self as usize + 1
    }

    /// As in its title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connections => "Connections",
            Self::Topics => "Topics",
            Self::Messages => "Messages",
            Self::Details => "Details",
            Self::Publish => "Publish",
        }
    }
}

/// Columns of a list over the panes, at the most.
pub const WIDEST_OVERLAY: u16 = 90;

/// Where things over the panes may lie: between the title and the status line.
pub const fn overlay_body(screen: Rect) -> Rect {
    Rect {
        x: screen.x,
        y: screen.y + 1,
        width: screen.width,
        height: screen.height.saturating_sub(3),
    }
}

/// What the sizes of the panes depend on.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// The terminal.
    pub size: Size,
    /// The pane with the keys.
    pub focus: Pane,
    /// The focused pane alone.
    pub is_zoomed: bool,
    /// The publish form is open.
    pub is_publishing: bool,
    /// Columns the user moved the border between left and right by.
    pub shift: i16,
    /// Rows in the connections pane.
    pub connections: u16,
    /// Lines in the publish form's body.
    pub body_lines: u16,
}

/// How much fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All panes.
    Wide,
    /// Topics and messages, the others in their place when focused.
    Narrow,
    /// One pane and a line of tabs.
    Single,
    /// One line of figures.
    Line,
}

/// Where everything is; an empty rectangle is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How much fits.
    pub mode: Mode,
    /// The top line.
    pub title: Rect,
    /// The names of the panes, where one is shown at a time.
    pub tabs: Rect,
    /// The line of counters.
    pub status: Rect,
    /// The line of keys.
    pub hints: Rect,
    panes: [Rect; 5],
}

impl Layout {
    /// The layout for a wish.
    pub fn of(wish: &Wish) -> Self {
        let Size { width, height } = wish.size;
        let mode = match width {
            _ if width < 40 || height < 10 => Mode::Line,
            ..80 => Mode::Single,
            80..120 => Mode::Narrow,
            _ => Mode::Wide,
        };
        let line = |y: u16| Rect::new(0, y, width, 1);
        let mut layout = Self {
            mode,
            title: line(0),
            tabs: Rect::ZERO,
            status: line(height.saturating_sub(2)),
            hints: line(height.saturating_sub(1)),
            panes: [Rect::ZERO; 5],
        };
        if mode == Mode::Line {
            layout.title = Rect::ZERO;
            layout.hints = Rect::ZERO;
            layout.status = Rect::new(0, 0, width, height.min(1));
            return layout;
        }
        layout.place(wish, Rect::new(0, 1, width, height - 3));
        layout
    }

    fn place(&mut self, wish: &Wish, mut body: Rect) {
        if self.mode == Mode::Single {
            self.tabs = Rect { height: 1, ..body };
            let pane = if wish.is_publishing && wish.focus == Pane::Publish {
                Pane::Publish
            } else {
                wish.focus
            };
            self.set(
                pane,
                Rect {
                    y: body.y + 1,
                    height: body.height - 1,
                    ..body
                },
            );
            return;
        }
        if wish.is_zoomed {
            self.set(wish.focus, body);
            return;
        }
        if wish.is_publishing {
            let height = (wish.body_lines.clamp(3, 12) + 4).min(body.height / 2);
            self.set(
                Pane::Publish,
                Rect {
                    y: body.bottom() - height,
                    height,
                    ..body
                },
            );
            body.height -= height;
        }
        let left = left_width(wish);
        let (left, right) = (
            Rect { width: left, ..body },
            Rect {
                x: left,
                width: body.width - left,
                ..body
            },
        );
        match self.mode {
            Mode::Wide => {
                let connections = (wish.connections.max(1) + 2).min(left.height / 3).max(3);
                self.stack(left, connections, Pane::Connections, Pane::Topics);
                self.log_and_details(right, right.height >= 16 || wish.focus == Pane::Details);
            }
            _ => {
                let shown = if wish.focus == Pane::Connections {
                    Pane::Connections
                } else {
                    Pane::Topics
                };
                self.set(shown, left);
                self.log_and_details(right, wish.focus == Pane::Details);
            }
        }
    }

    fn log_and_details(&mut self, area: Rect, has_details: bool) {
        if has_details && area.height >= 8 {
            // Where there is little room the one that is read gets more of it.
            let share = if self.mode == Mode::Narrow { 2 } else { 3 };
            self.stack(
                area,
                (area.height * share / 5).max(4),
                Pane::Messages,
                Pane::Details,
            );
        } else {
            self.set(
                if has_details {
                    Pane::Details
                } else {
                    Pane::Messages
                },
                area,
            );
        }
    }

    /// `upper` gets `height` rows, `lower` the rest.
    fn stack(&mut self, area: Rect, height: u16, upper: Pane, lower: Pane) {
        self.set(upper, Rect { height, ..area });
        self.set(
            lower,
            Rect {
                y: area.y + height,
                height: area.height - height,
                ..area
            },
        );
    }

    fn set(&mut self, pane: Pane, area: Rect) {
        if let Some(place) = self.panes.get_mut(pane as usize) {
            *place = area;
        }
    }

    /// A pane's rectangle with its border; empty where it is not shown.
    pub fn pane(&self, pane: Pane) -> Rect {
        self.panes.get(pane as usize).copied().unwrap_or(Rect::ZERO)
    }

    /// A pane's rectangle inside its border.
    pub fn inner(&self, pane: Pane) -> Rect {
        let area = self.pane(pane);
        Rect {
            x: area.x + area.width.min(1),
            y: area.y + area.height.min(1),
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// The pane at a cell.
    pub fn pane_at(&self, position: Position) -> Option<Pane> {
        // The form lies over the others where both claim a cell.
        Pane::ALL
            .into_iter()
            .rev()
            .find(|pane| self.pane(*pane).contains(position))
    }

    /// The panes' names on the line of tabs, with their places.
    pub fn tab_labels(&self, focus: Pane) -> Vec<(Pane, String, Rect)> {
        let is_tight = self.tabs.width < 62;
        let mut x = self.tabs.x;
        let label = |pane: Pane| {
            let name = if is_tight && pane != focus {
                pane.name().get(..4).unwrap_or_default()
            } else {
                pane.name()
            };
            format!(" {} {name} ", pane.number())
        };
        let placed = |pane: Pane| {
            let text = label(pane);
            let place = Rect {
                x,
                width: text.len() as u16,
                ..self.tabs
            }
            .intersection(self.tabs);
            x += text.len() as u16;
            (pane, text, place)
        };
        Pane::ALL.into_iter().map(placed).collect()
    }

    /// The column of the border between left and right, where there is one.
    pub fn divider(&self) -> Option<u16> {
        let messages = self.pane(Pane::Messages).union(self.pane(Pane::Details));
        (matches!(self.mode, Mode::Wide | Mode::Narrow) && messages.x > 0).then_some(messages.x)
    }
}

fn left_width(wish: &Wish) -> u16 {
    let width = i32::from(wish.size.width);
    let share = if width >= 120 {
        (width * 32 / 100).clamp(38, 60)
    } else {
        width * 2 / 5
    };
    (share + i32::from(wish.shift)).clamp(16, width - 24) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(width: u16, height: u16) -> Wish {
        Wish {
            size: Size { width, height },
            focus: Pane::Topics,
            is_zoomed: false,
            is_publishing: false,
            shift: 0,
            connections: 1,
            body_lines: 1,
        }
    }

    #[test]
    fn panes_tile_the_screen_at_every_size() {
        for width in 1..200 {
            for height in 1..60 {
                for focus in Pane::ALL {
                    for is_publishing in [false, true] {
                        let wish = Wish {
                            focus,
                            is_publishing,
                            ..wish(width, height)
                        };
                        check(&Layout::of(&wish), wish);
                    }
                }
            }
        }
    }

    fn check(layout: &Layout, wish: Wish) {
        let screen = Rect::new(0, 0, wish.size.width, wish.size.height);
        let shown: Vec<Rect> = Pane::ALL
            .iter()
            .map(|pane| layout.pane(*pane))
            .filter(|area| !area.is_empty())
            .collect();
        for (index, area) in shown.iter().enumerate() {
            assert_eq!(screen.intersection(*area), *area, "inside the screen: {wish:?}");
            assert!(
                shown
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.intersection(*area).is_empty()),
                "apart: {wish:?}"
            );
        }
        let covered: u32 = shown
            .iter()
            .chain([&layout.title, &layout.tabs, &layout.status, &layout.hints])
            .map(|r| r.area())
            .sum();
        if layout.mode != Mode::Line {
            assert_eq!(covered, screen.area(), "no gap: {wish:?} {layout:?}");
        }
    }

    #[test]
    fn modes_follow_the_width() {
        for (width, height, mode) in [
            (120, 36, Mode::Wide),
            (119, 36, Mode::Narrow),
            (80, 24, Mode::Narrow),
            (79, 24, Mode::Single),
            (60, 16, Mode::Single),
            (39, 9, Mode::Line),
            (200, 9, Mode::Line),
        ] {
            assert_eq!(Layout::of(&wish(width, height)).mode, mode, "{width}×{height}");
        }
    }
}
