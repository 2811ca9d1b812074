//! Publishes whose end nobody knows: kept until the user sends them again or lets them go, never sent by themselves.

use std::collections::HashMap;

use super::{App, effect::Effect, overlay::Overlay, publish};
use crate::{
    event::{Command, OperationId, Outcome, SourceId},
    mqtt::Message,
};

/// Kept at most; above that the oldest goes and is counted.
const MOST: usize = 256;

/// A publish, and over which connection it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The connection.
    pub source: SourceId,
    /// What was to be published.
    pub message: Message,
}

struct UnderWay {
    publish: Unknown,
    /// Sent again from the list: back to it, unless it arrives.
    is_again: bool,
}

/// The list, and what is under way.
#[derive(Default)]
pub struct Unknowns {
    under_way: HashMap<OperationId, UnderWay>,
    kept: Vec<Unknown>,
    given_up: u64,
}

impl std::fmt::Debug for Unknowns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} under way, {} unknown",
            self.under_way.len(),
            self.kept.len()
        )
    }
}

/// The open list.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnknownList {
    /// Selected row; row 0 stands for all.
    pub selected: usize,
}

impl Unknowns {
    /// The oldest first.
    pub fn kept(&self) -> &[Unknown] {
        &self.kept
    }

    /// How many were given up for want of room.
    pub const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// A publish goes out.
    pub fn sent(&mut self, id: OperationId, source: SourceId, message: Message) {
        self.start(id, Unknown { source, message }, false);
    }

    fn start(&mut self, id: OperationId, publish: Unknown, is_again: bool) {
        self.under_way.insert(id, UnderWay { publish, is_again });
    }

    /// A publish ended; what may have arrived is kept, and what was sent again and did not go out.
    pub fn ended(&mut self, id: OperationId, outcome: &Outcome) {
        let Some(ended) = self.under_way.remove(&id) else {
            return;
        };
        let was_not_sent = matches!(outcome, Outcome::Failed { code: None, .. });
        if *outcome == Outcome::Unknown || ended.is_again && was_not_sent {
            self.keep(ended.publish);
        }
    }

    /// A publish was not even taken.
    pub fn refused(&mut self, id: OperationId) {
        if let Some(refused) = self.under_way.remove(&id).filter(|one| one.is_again) {
            self.keep(refused.publish);
        }
    }

    fn keep(&mut self, publish: Unknown) {
        if self.kept.len() == MOST {
            self.kept.remove(0);
            self.given_up += 1;
        }
        self.kept.push(publish);
    }

    /// Which of the kept a row of the list stands for.
    fn chosen(&self, row: usize) -> std::ops::Range<usize> {
        match row {
            0 => 0..self.kept.len(),
            row => (row - 1).min(self.kept.len())..row.min(self.kept.len()),
        }
    }
}

/// Opens the list.
pub fn open(app: &mut App) {
    if app.unknowns.kept.is_empty() {
        app.notices.info("no publish ended unknown");
    } else {
        app.open(Overlay::Unknown(UnknownList::default()));
    }
}

/// Moves the selection.
pub fn step(app: &mut App, rows: isize) {
    let last = app.unknowns.kept.len();
    if let Some(Overlay::Unknown(list)) = app.overlays.last_mut() {
        list.selected = list.selected.saturating_add_signed(rows).min(last);
    }
}

fn selected(app: &App) -> std::ops::Range<usize> {
    match app.overlays.last() {
        Some(Overlay::Unknown(list)) => app.unknowns.chosen(list.selected),
        _ => 0..0,
    }
}

/// Sends the selected again, in their order; those whose connection is away stay.
pub fn send_again(app: &mut App) -> Vec<Effect> {
    let chosen = selected(app);
    let start = chosen.start;
    let publishes: Vec<Unknown> = app.unknowns.kept.drain(chosen).collect();
    let mut effects = Vec::new();
    let mut stays = Vec::new();
    let mut obstacle = None;
    for publish in publishes {
        if let Some(words) = publish::obstacle(app, publish.source) {
            obstacle = Some(words);
            stays.push(publish);
            continue;
        }
        let id = app.next_operation();
        let message = Box::new(publish.message.clone());
        effects.push(Effect::Send(publish.source, Command::Publish(id, message)));
        app.unknowns.start(id, publish, true);
    }
    app.unknowns.kept.splice(start..start, stays);
    after(app);
    match obstacle {
        Some(words) => app.notices.warn(words),
        None => app.notices.info(format!("sent again: {}", effects.len())),
    }
    effects
}

/// Lets the selected go.
pub fn let_go(app: &mut App) {
    let chosen = selected(app);
    let count = app.unknowns.kept.drain(chosen).count();
    after(app);
    app.notices.info(format!("let go: {count}"));
}

/// Closes the list when it is empty, and keeps the selection in it.
fn after(app: &mut App) {
    if app.unknowns.kept.is_empty() {
        app.overlays.pop();
    } else {
        step(app, 0);
    }
}
