//! Forms over the panes: pages, labels, fields, the fault or the help of the field with the keys.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{field, frame, row::Row},
};
use crate::{
    app::form::{Form, FormField, Value},
    config::Meaning,
    text,
};

const LABEL: u16 = 21;

/// Draws a form over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, look: &Look<'_>, form: &Form) {
    let has_pages = form.pages.len() > 1;
    let pages = if has_pages { 2 } else { 0 };
    let height = form.height() as u16 + 5 + pages;
    let note = if has_pages {
        look.pick(
            "Ctrl-s ok · PgDn page · Esc cancel",
            "Ctrl-s ok, PgDn page, Esc cancel",
        )
    } else {
        look.pick("Enter ok · Esc cancel", "Enter ok, Esc cancel")
    };
    let inner = frame::overlay(buffer, area, look, (84, height), &form.title, note);
    // where rows are rare the line below the pages goes first
    let pages = if inner.height < height - 2 {
        pages.min(1)
    } else {
        pages
    };
    let (head, rest) = super::split_top(inner, pages);
    if has_pages {
        draw_pages(buffer, head, look, form);
    }
    let (fields, words) = super::split_bottom(rest, 2);
    let (above, below) = draw_fields(buffer, fields, look, form);
    frame::out_of_view(buffer, inner, look, above, below);
    draw_words(buffer, words, look, form);
}

/// The pages' names, the present one marked, a faulty one too.
fn draw_pages(buffer: &mut Buffer, area: Rect, look: &Look<'_>, form: &Form) {
    let mut row = Row::new(buffer, area, 0);
    for (page, name) in form.pages.iter().enumerate() {
        let is_current = page == form.current_page();
        let (left, right) = match (form.is_faulty(page), is_current) {
            (true, _) => (look.pick("✗", "!"), " "),
            (false, true) => (look.pick("‹", "<"), look.pick("›", ">")),
            (false, false) => (" ", " "),
        };
        let style = look.styles.fg(match (form.is_faulty(page), is_current) {
            (true, _) => Meaning::Error,
            (false, true) => Meaning::Accent,
            (false, false) => Meaning::Dim,
        });
        row.put(left, style).put(name, style).put(right, style).skip(1);
    }
}

/// Draws what is in view of the page; returns how many fields are above and below it.
fn draw_fields(buffer: &mut Buffer, area: Rect, look: &Look<'_>, form: &Form) -> (usize, usize) {
    let shown: Vec<(usize, &FormField)> = form.shown(form.current_page()).collect();
    let at = shown.iter().position(|(index, _)| *index == form.at).unwrap_or(0);
    let room = usize::from(area.height);
    // as far down as it takes to have the field with the keys in view, from its first row on
    let mut first = at;
    let mut used = shown.get(at).map_or(0, |(_, field)| field.height());
    while let Some((_, above)) = first.checked_sub(1).and_then(|above| shown.get(above)) {
        if used + above.height() > room {
            break;
        }
        used += above.height();
        first -= 1;
    }
    let mut y = 0;
    let mut below = 0;
    for (index, field) in shown.iter().skip(first) {
        let height = field.height().min(room.saturating_sub(y));
        if height == 0 {
            below += 1;
            continue;
        }
        let place = Rect {
            y: area.y + y as u16,
            height: height as u16,
            ..area
        };
        draw_field(buffer, place, look, field, *index == form.at);
        y += height;
    }
    (first, below)
}

/// The fault or the help of the field with the keys: in the last line, in two where it is long.
fn draw_words(buffer: &mut Buffer, area: Rect, look: &Look<'_>, form: &Form) {
    let Some(current) = form.fields.get(form.at) else {
        return;
    };
    let (words, meaning) = match &current.fault {
        Some(fault) => {
            let words = format!("{}{}", look.pick("✗ ", "! "), look.safe(fault));
            (words, Meaning::Error)
        }
        None => (look.plain(current.help), Meaning::Dim),
    };
    let style = look.styles.fg(meaning);
    let lines = text::wrap(&words, usize::from(area.width.saturating_sub(1)));
    let last = match lines.as_slice() {
        [only] => *only,
        [first, ..] => {
            Row::new(buffer, area, 0).skip(1).put(first, style);
            words.get(first.len()..).unwrap_or_default().trim_start()
        }
        [] => return,
    };
    Row::new(buffer, area, 1)
        .skip(1)
        .put_whole_or_cut(last, look.glyphs, style);
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
        Value::Text(text) | Value::Lines(text) => {
            field::draw(buffer, value, look, text, look.styles.overlay(), has_focus);
        }
        Value::Flag(is_set) => {
            let shown = if *is_set { "[x]" } else { "[ ]" };
            let hint = if has_focus { "  Space changes it" } else { "" };
            Row::new(buffer, value, 0)
                .put(shown, look.styles.overlay())
                .put(hint, look.styles.fg(Meaning::Dim));
        }
        Value::Choice { options, at } => draw_choice(buffer, value, look, options, *at),
    }
}

/// All of them where they fit, else the chosen one.
fn draw_choice(buffer: &mut Buffer, area: Rect, look: &Look<'_>, options: &[&str], at: usize) {
    let mut row = Row::new(buffer, area, 0);
    let width: usize = options.iter().map(|option| text::width(option) + 3).sum();
    if width > usize::from(area.width) {
        let (left, right) = (look.pick("‹", "<"), look.pick("›", ">"));
        let chosen = options.get(at).copied().unwrap_or_default();
        row.put(&format!("{left}{chosen}{right}"), look.styles.fg(Meaning::Accent))
            .put(
                &format!("  {} of {}", at + 1, options.len()),
                look.styles.fg(Meaning::Dim),
            );
        return;
    }
    for (index, option) in options.iter().enumerate() {
        let (left, right) = if index == at {
            (look.pick("‹", "<"), look.pick("›", ">"))
        } else {
            (" ", " ")
        };
        let style = if index == at {
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
