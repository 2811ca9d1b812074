//! Moving: rows and pages in the focused pane, from pane to pane, one step back.

use super::{App, action::Action, layout::Pane, messages};

pub fn step(app: &mut App, action: Action) {
    let height = match app.focus {
        Pane::Topics => app.topics.height(),
        Pane::Messages => app.messages.height(),
        Pane::Details => app.details.height(),
        Pane::Connections | Pane::Publish => 5,
    };
    let page = height.saturating_sub(1).max(1) as isize;
    match action {
        Action::MoveUp => move_rows(app, -1),
        Action::MoveDown => move_rows(app, 1),
        Action::PageUp => move_rows(app, -page),
        Action::PageDown => move_rows(app, page),
        Action::HalfPageUp => move_rows(app, -(page / 2).max(1)),
        Action::HalfPageDown => move_rows(app, (page / 2).max(1)),
        Action::GoTop if app.focus == Pane::Messages => app.messages.to_top(),
        Action::GoBottom if app.focus == Pane::Messages => app.messages.follow(),
        Action::GoTop => move_rows(app, isize::MIN / 2),
        Action::GoBottom => move_rows(app, isize::MAX / 2),
        Action::MoveRight if app.focus == Pane::Topics && !app.topics.open(&app.model) => {
            app.topics.step(&app.model, 1);
        }
        Action::MoveLeft if app.focus == Pane::Topics => app.topics.fold(&app.model),
        _ => {}
    }
}

fn move_rows(app: &mut App, rows: isize) {
    match app.focus {
        Pane::Connections => app.select_connection_row(app.connection_row().saturating_add_signed(rows)),
        Pane::Topics => app.topics.step(&app.model, rows),
        Pane::Messages => app.messages.step(rows),
        Pane::Details => app.details.scroll(rows),
        Pane::Publish => {}
    }
}

/// The panes that are on the screen, or in a narrow one all of them.
pub fn focus_step(app: &mut App, by: isize) {
    let panes: Vec<Pane> = Pane::ALL
        .into_iter()
        .filter(|pane| *pane != Pane::Publish || app.composer.is_open)
        .collect();
    let at = panes.iter().position(|pane| *pane == app.focus).unwrap_or(0) as isize;
    let next = (at + by).rem_euclid(panes.len() as isize) as usize;
    if let Some(pane) = panes.get(next) {
        app.focus(*pane);
    }
}

/// Esc: one step back.
pub fn back(app: &mut App) {
    if app.overlays.pop().is_some() {
        return;
    }
    if app.is_zoomed {
        app.is_zoomed = false;
    } else if app.messages.view.is_paused() {
        messages::pause(app);
    } else if app.filter.applied.take().is_some() {
        app.refilter();
        app.notices
            .info("the filter is off; / brings it back with the up key");
    } else if matches!(app.focus, Pane::Details | Pane::Connections) {
        app.focus(Pane::Messages);
    }
}

/// q: closes what is open; at the root it quits.
pub fn close(app: &mut App) {
    if app.overlays.pop().is_none() {
        if app.is_zoomed {
            app.is_zoomed = false;
        } else {
            app.quit = true;
        }
    }
}
