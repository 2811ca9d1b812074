//! Borders with a title on the left and a note on the right; boxes over the panes.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    symbols::border,
    widgets::{Block, Clear, Widget},
};

use super::row::Row;
use crate::{config::Meaning, text, ui::Look};

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const ASCII_FOCUS: border::Set<'static> = border::Set {
    horizontal_top: "=",
    horizontal_bottom: "=",
    ..ASCII
};

/// Draws a border around `area`; returns what is inside. `title` and `note` are sanitised.
pub fn pane(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    has_focus: bool,
    title: &str,
    note: &str,
) -> Rect {
    let set = match (look.is_ascii(), has_focus) {
        (false, false) => border::PLAIN,
        (false, true) => border::THICK,
        (true, false) => ASCII,
        (true, true) => ASCII_FOCUS,
    };
    let block = Block::bordered()
        .border_set(set)
        .border_style(look.styles.border(has_focus));
    let inner = block.inner(area);
    block.render(area, buffer);
    if area.width > 4 && area.height > 0 {
        let edge = Rect {
            x: area.x + 1,
            y: area.y,
            width: area.width - 2,
            height: 1,
        };
        let title_style = look.styles.fg(if has_focus {
            Meaning::BorderFocus
        } else {
            Meaning::Title
        });
        let note_width = text::width(note) as u16;
        let room = edge
            .width
            .saturating_sub(if note.is_empty() { 2 } else { note_width + 4 });
        let fits_note = !note.is_empty() && text::width(title) as u16 <= room;
        let title = text::truncate_end(
            title,
            usize::from(if fits_note {
                room
            } else {
                edge.width.saturating_sub(2)
            }),
            look.glyphs,
        );
        Row::new(buffer, edge, 0)
            .put(" ", title_style)
            .put(&title, title_style)
            .put(" ", title_style);
        if fits_note {
            Row::new(
                buffer,
                Rect {
                    width: edge.width.saturating_sub(1),
                    ..edge
                },
                0,
            )
            .flush_right(" ", look.styles.fg(Meaning::Dim))
            .flush_right(note, look.styles.fg(Meaning::Dim))
            .flush_right(" ", look.styles.fg(Meaning::Dim));
        }
    }
    inner
}

/// How much lies above and below what is inside a border: in the border, where it covers nothing.
pub fn out_of_view(buffer: &mut Buffer, inner: Rect, look: &Look<'_>, above: usize, below: usize) {
    let border = Rect {
        y: inner.bottom(),
        height: 1,
        ..inner
    };
    let mut row = Row::new(buffer, border, 0);
    let style = look.styles.fg(Meaning::Info);
    for (count, word, mark) in [
        (below, "more", look.pick("▾", "v")),
        (above, "above", look.pick("▴", "^")),
    ] {
        if count > 0 {
            row.flush_right(&format!(" {} {word} {mark} ", text::grouped(count as u64)), style);
        }
    }
}

/// Draws a box of at most `width` × `height` in the middle of `area`, over what was there; returns what is inside.
pub fn overlay(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    size: (u16, u16),
    title: &str,
    note: &str,
) -> Rect {
    let (width, height) = (size.0.min(area.width), size.1.min(area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    };
    Clear.render(place, buffer);
    buffer.set_style(place, look.styles.overlay());
    pane(buffer, place, look, true, title, note)
}
