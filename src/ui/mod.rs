//! The picture: the app's state drawn into a buffer of cells. Changes nothing, does no IO, formats visible rows only.
//!
//! ```text
//! ┌ title ────────────────────────────────────────────────┐
//! │ 1 Connections            │ 3 Messages                 │
//! │ 2 Topics                 │ 4 Details                  │
//! │ 5 Publish (when open)                                 │
//! ├ status ───────────────────────────────────────────────┤
//! └ hints ────────────────────────────────────────────────┘   overlays lie over all of it
//! ```

mod connection_test;
mod connections;
mod details;
mod facts;
mod forms;
mod hints;
mod input;
mod journal;
mod menu;
mod messages;
mod publish;
mod status;
pub mod styles;
mod subscriptions;
mod tabs;
mod title;
mod topics;
mod unknown;
mod widgets;

use std::borrow::Cow;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        App,
        layout::{Mode, Pane, overlay_body},
        overlay::Overlay,
    },
    text::{self, Glyphs},
};

use styles::Styles;

/// What everything is drawn with.
pub struct Look<'a> {
    /// Colours.
    pub styles: &'a Styles,
    /// Which characters may be used.
    pub glyphs: Glyphs,
}

impl Look<'_> {
    /// Whether only ASCII may be drawn.
    pub fn is_ascii(&self) -> bool {
        self.glyphs == Glyphs::Ascii
    }

    /// The first, or where only ASCII may be drawn the second.
    pub fn pick<'t>(&self, unicode: &'t str, ascii: &'t str) -> &'t str {
        if self.is_ascii() { ascii } else { unicode }
    }

    /// A text from outside, safe to draw.
    pub fn safe<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text::sanitize(text, self.glyphs)
    }

    /// A text of ours with arrows and dots, in ASCII where it must be.
    pub fn plain(&self, text: &str) -> String {
        text::plain(text, self.glyphs)
    }
}

/// Draws the whole screen.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App) {
    let styles = Styles::new(&app.look.theme, app.look.has_color);
    let look = Look {
        styles: &styles,
        glyphs: app.look.glyphs,
    };
    buffer.set_style(area, look.styles.base());
    let layout = app.layout();
    if layout.mode == Mode::Line {
        status::line(buffer, layout.status, app, &look);
        return;
    }
    title::render(buffer, layout.title, app, &look);
    tabs::render(buffer, layout.tabs, app, &look);
    for pane in Pane::ALL {
        let place = layout.pane(pane);
        if place.is_empty() {
            continue;
        }
        match pane {
            Pane::Connections => connections::render(buffer, place, app, &look),
            Pane::Topics => topics::render(buffer, place, app, &look),
            Pane::Messages => messages::render(buffer, place, app, &look),
            Pane::Details => details::render(buffer, place, app, &look),
            Pane::Publish => publish::render(buffer, place, app, &look),
        }
    }
    hints::render(buffer, layout.hints, app, &look);
    status::render(buffer, layout.status, layout.hints, app, &look);
    let body = overlay_body(area);
    for overlay in &app.overlays {
        match overlay {
            Overlay::Help(menu) | Overlay::Palette(menu) => menu::render(buffer, body, app, &look, menu),
            Overlay::Filter | Overlay::Find => {}
            Overlay::Subscriptions(list) => subscriptions::render(buffer, body, app, &look, list),
            Overlay::Unknown(list) => unknown::render(buffer, body, app, &look, *list),
            Overlay::Test(test) => connection_test::render(buffer, body, &look, test),
            Overlay::Subscribe(_)
            | Overlay::Connection(_)
            | Overlay::Password(_)
            | Overlay::Properties(_) => {
                if let Some(form) = overlay.form() {
                    forms::render(buffer, body, &look, form);
                }
            }
            Overlay::Journal(view) => journal::render(buffer, body, app, &look, *view),
            Overlay::Facts(view) => facts::render(buffer, body, app, &look, *view),
        }
    }
}

/// The upper `height` rows of `area`, and the rest.
fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (
        Rect { height, ..area },
        Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        },
    )
}

/// `area` without its lowest `height` rows, and those.
fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (
        Rect {
            height: area.height - height,
            ..area
        },
        Rect {
            y: area.bottom() - height,
            height,
            ..area
        },
    )
}

/// The first row to show of a list without a scroll position of its own, so that the selected row is in view.
fn first_visible(selected: usize, rows: usize, height: u16) -> usize {
    let height = usize::from(height);
    (selected + 1)
        .saturating_sub(height)
        .min(rows.saturating_sub(height))
}
