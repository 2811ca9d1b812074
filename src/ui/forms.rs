//! Forms over the panes: labels, fields, the fault or the help of the field with the keys.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{field, frame, row::Row},
};
use crate::{
    app::form::{Form, FormField, Value},
    config::Meaning,
};

const LABEL: u16 = 21;

/// Draws a form over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, look: &Look<'_>, form: &Form) {
    let height = form.fields.len() as u16 + 5;
    let note = look.pick("Enter ok · Esc cancel", "Enter ok, Esc cancel");
    let inner = frame::overlay(buffer, area, look, (84, height), &form.title, note);
    let (fields, words) = super::split_bottom(inner, 2);
    let first = super::first_visible(form.at, form.fields.len(), fields.height);
    for (y, (index, field)) in form
        .fields
        .iter()
        .enumerate()
        .skip(first)
        .take(usize::from(fields.height))
        .enumerate()
    {
        draw_field(
            buffer,
            Rect {
                y: fields.y + y as u16,
                height: 1,
                ..fields
            },
            look,
            field,
            index == form.at,
        );
    }
    let Some(current) = form.fields.get(form.at) else {
        return;
    };
    match &current.fault {
        Some(fault) => {
            let fault = look.safe(fault);
            Row::new(buffer, words, 1)
                .skip(1)
                .put(look.pick("✗ ", "! "), look.styles.fg(Meaning::Error))
                .put_whole_or_cut(&fault, look.glyphs, look.styles.fg(Meaning::Error))
        }
        None => Row::new(buffer, words, 1).skip(1).put_whole_or_cut(
            current.help,
            look.glyphs,
            look.styles.fg(Meaning::Dim),
        ),
    };
}

fn draw_field(buffer: &mut Buffer, area: Rect, look: &Look<'_>, field: &FormField, has_focus: bool) {
    let label = if has_focus {
        look.styles.fg(Meaning::Accent)
    } else {
        look.styles.fg(Meaning::Dim)
    };
    let mark = if field.fault.is_some() {
        look.pick("✗", "!")
    } else if has_focus {
        look.pick("▌", ">")
    } else {
        " "
    };
    let mark_style = if field.fault.is_some() {
        look.styles.fg(Meaning::Error)
    } else {
        label
    };
    Row::new(buffer, area, 0)
        .column(mark, 1, mark_style)
        .column(field.label, LABEL, label);
    let value = Rect {
        x: area.x + (LABEL + 1).min(area.width),
        width: area.width.saturating_sub(LABEL + 1),
        ..area
    };
    match &field.value {
        Value::Text(text) => field::draw(buffer, value, look, text, look.styles.overlay(), has_focus),
        Value::Flag(is_set) => {
            let shown = if *is_set { "[x]" } else { "[ ]" };
            let hint = if has_focus { "  Space changes it" } else { "" };
            Row::new(buffer, value, 0)
                .put(shown, look.styles.overlay())
                .put(hint, look.styles.fg(Meaning::Dim));
        }
        Value::Choice { options, at } => {
            let mut row = Row::new(buffer, value, 0);
            for (index, option) in options.iter().enumerate() {
                let (left, right) = if index == *at {
                    (look.pick("‹", "<"), look.pick("›", ">"))
                } else {
                    (" ", " ")
                };
                let style = if index == *at {
                    look.styles.fg(Meaning::Accent)
                } else {
                    look.styles.fg(Meaning::Dim)
                };
                row.put(left, style)
                    .put(option, style)
                    .put(right, style)
                    .put(" ", style);
            }
        }
    }
}
