//! The mouse: a click selects what it points at, the wheel scrolls what it is over, the border can be dragged.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{
    App,
    effect::Effect,
    layout::{Layout, Mode, Pane},
    menu,
    overlay::Overlay,
    publish, topics,
    update::run,
};

/// Rows a notch of the wheel scrolls.
const WHEEL: isize = 3;

/// Takes a use of the mouse in.
pub fn on_mouse(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    let at = Position::new(event.column, event.row);
    let layout = app.layout();
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => return click(app, &layout, at),
        MouseEventKind::Drag(MouseButton::Left) if app.is_dragging => {
            if let Some(divider) = layout.divider() {
                app.divider_shift = (app.divider_shift + at.x as i16 - divider as i16).clamp(-60, 60);
            }
        }
        MouseEventKind::Up(_) => app.is_dragging = false,
        MouseEventKind::ScrollUp => wheel(app, &layout, at, -WHEEL),
        MouseEventKind::ScrollDown => wheel(app, &layout, at, WHEEL),
        _ => {}
    }
    Vec::new()
}

fn click(app: &mut App, layout: &Layout, at: Position) -> Vec<Effect> {
    if !app.overlays.is_empty() {
        return Vec::new();
    }
    if layout.hints.contains(at) {
        return click_hint(app, at);
    }
    if layout.tabs.contains(at) {
        let labels = layout.tab_labels(app.focus);
        if let Some((pane, ..)) = labels.iter().find(|(.., place)| place.contains(at)) {
            app.focus(*pane);
        }
        return Vec::new();
    }
    if layout.mode != Mode::Single
        && layout
            .divider()
            .is_some_and(|divider| at.x.abs_diff(divider) <= 1)
    {
        app.is_dragging = true;
        return Vec::new();
    }
    let Some(pane) = layout.pane_at(at) else {
        return Vec::new();
    };
    if pane == Pane::Publish {
        publish::open(app);
        return Vec::new();
    }
    app.focus(pane);
    let inner = layout.inner(pane);
    if inner.contains(at) {
        let row = usize::from(at.y - inner.y);
        match pane {
            Pane::Connections => {
                let (first, _) = app.connection_view(inner.height);
                app.select_connection_line(first + row);
            }
            Pane::Topics => click_topic(app, row, at.x - inner.x, inner.width),
            Pane::Messages => click_message(app, row),
            Pane::Details | Pane::Publish => {}
        }
    }
    Vec::new()
}

/// A click selects; one on the fold mark folds.
fn click_topic(app: &mut App, row: usize, column: u16, width: u16) {
    let Some(clicked) = app.topics.rows().get(row) else {
        return;
    };
    let mark = topics::indent(clicked.depth, width);
    let is_on_mark = clicked.has_children && (mark..mark + 2).contains(&column);
    let node = clicked.node;
    app.topics.select_row(&app.model, app.topics.first + row);
    if is_on_mark {
        app.topics.view.toggle(app.model.topics(), node);
    }
}

fn click_message(app: &mut App, row: usize) {
    let place = (app.messages.first + row).saturating_sub(super::MESSAGES_HEADER as usize);
    if row >= super::MESSAGES_HEADER as usize && place < app.messages.view.len() {
        app.messages.is_following = false;
        app.messages.select_place(place);
    }
}

/// The hint line's words are buttons: found by walking it as it is drawn.
fn click_hint(app: &mut App, at: Position) -> Vec<Effect> {
    let mut x = 1;
    for (index, action) in app.hints().into_iter().enumerate() {
        let Some(key) = app.keys.keys(action).next() else {
            continue;
        };
        let start = if index == 0 { x } else { x + 3 };
        let end = start
            + crate::text::width(&key.to_string()) as u16
            + 1
            + crate::text::width(app.hint(action)) as u16;
        if (start..end).contains(&at.x) {
            return run(app, action);
        }
        x = end;
    }
    Vec::new()
}

fn wheel(app: &mut App, layout: &Layout, at: Position, rows: isize) {
    match app.overlays.last_mut() {
        Some(Overlay::Help(menu) | Overlay::Palette(menu)) => return menu.step(rows),
        Some(Overlay::Journal(view)) => return view.scroll(rows, &app.journal),
        Some(Overlay::Facts(_)) => return menu::scroll_facts(app, rows),
        Some(_) => return,
        None => {}
    }
    match layout.pane_at(at) {
        Some(Pane::Topics) => app.topics.scroll(&app.model, rows),
        Some(Pane::Messages) => app.messages.scroll(rows),
        Some(Pane::Details) => app.details.scroll(rows),
        Some(Pane::Connections) => {
            app.select_connection_row(app.connection_row().saturating_add_signed(rows.signum()));
        }
        Some(Pane::Publish) | None => {}
    }
}
