//! The topics pane: which levels are open, in which order, which one is selected. The selection is a topic,
//! never a row number: what the user looks at stays where it is while topics come.

use super::{App, effect::Effect, messages::SLICE, sieve::Sieve};
use crate::{
    event::{Command, Time},
    model::{Model, NodeId, Row, Scope, SortBy, TreeView, effort_of},
    text,
};

/// How long a topic counts as fresh, microseconds.
pub const FRESH_US: u64 = 60_000_000;
/// How often an order that changes by itself, or what matches by its values, is made anew, microseconds.
const RESORT_US: u64 = 2_000_000;
/// Longer by this for each row: a million in one level are in order for ten seconds.
const RESORT_US_A_ROW: u64 = 10;
/// Topics looked at before it is asked whether that is enough for one go.
const STEP: u32 = 100;

/// The pane's state.
#[derive(Debug, Default)]
pub struct TopicsPane {
    /// What is open, and in which order.
    pub view: TreeView,
    /// Only topics heard within [`FRESH_US`].
    pub is_fresh_only: bool,
    /// The first row in view.
    pub first: usize,
    selected: Option<NodeId>,
    /// The row the selection had when last looked at.
    selected_row: usize,
    /// The user has moved or folded: from then on nothing opens by itself.
    is_touched: bool,
    /// The user has pressed a key: from then on the selection is a topic, before it is the first row.
    is_pinned: bool,
    height: usize,
    /// Those in view, as drawn last.
    rows: Vec<Row>,
    resorted_us: u64,
    rechecked_us: u64,
}

impl TopicsPane {
    /// The selected level.
    pub const fn selected(&self) -> Option<NodeId> {
        self.selected
    }

    /// Its row.
    pub const fn selected_row(&self) -> usize {
        self.selected_row
    }

    /// The rows in view.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes in new topics and a new height (a line of it tells of topics not kept, if there are); keeps the selected topic on its line of the screen.
    pub fn settle(&mut self, model: &Model, height: u16, now: Time, sieve: &mut Sieve) {
        let topics = model.topics();
        self.height = usize::from(height).saturating_sub(usize::from(topics.topics_not_kept() > 0));
        self.filter_on(model, now, sieve);
        self.view.set_now(now.mono_us);
        if self.view.sort() != SortBy::Name && now.mono_us >= self.resort_at_us() {
            self.resorted_us = now.mono_us;
            self.view.resort();
        }
        if !self.is_touched {
            self.open_what_fits(model);
        }
        if self.is_pinned {
            self.follow_selected(model);
        } else {
            self.selected = self.view.node_at(topics, 0);
            (self.first, self.selected_row) = (0, 0);
        }
        let in_view = self.first..self.first + self.height;
        self.rows = self.view.rows(topics, in_view);
    }

    /// Scrolls so that the selected topic stays on its line.
    fn follow_selected(&mut self, model: &Model) {
        match self.selected.and_then(|node| self.row_in_sight(model, node)) {
            Some(row) => {
                self.first = self
                    .first
                    .saturating_add_signed(row as isize - self.selected_row as isize);
                self.selected_row = row;
            }
            None => self.select_row(model, self.selected_row),
        }
        self.keep_in_view();
    }

    fn resort_at_us(&self) -> u64 {
        self.resorted_us + RESORT_US.max(RESORT_US_A_ROW * self.view.row_count() as u64)
    }

    /// Takes in new topics and looks at more of those that a filter was not asked about yet.
    fn filter_on(&mut self, model: &Model, now: Time, sieve: &mut Sieve) {
        sieve.learn(model.topics(), SLICE as usize);
        let may_change = sieve.may_change();
        let mut lets = |node| sieve.lets_topic(model, node);
        self.view.sync(model.topics(), &mut lets);
        if may_change && now.mono_us >= self.rechecked_us + RESORT_US {
            self.rechecked_us = now.mono_us;
            self.view.recheck();
        }
        // Where payloads decide, it takes as long as there is to read: some levels at a time, until it is enough.
        // What the log has read since the last time is not the tree's.
        sieve.take_read();
        let mut left = SLICE;
        while left > 0 {
            let mut lets = |node| sieve.lets_topic(model, node);
            if self.view.check(model.topics(), STEP, &mut lets) {
                break;
            }
            left = left.saturating_sub(u64::from(STEP) + effort_of(sieve.take_read()));
        }
    }

    /// The row of a level. One that a new neighbour has put behind a folded level is unfolded to stay in sight.
    fn row_in_sight(&mut self, model: &Model, node: NodeId) -> Option<usize> {
        let topics = model.topics();
        let row = self.view.index_of(topics, node);
        if row.is_some() || self.view.visible_ancestor(topics, node).is_none() {
            return row;
        }
        self.view.reveal(topics, node);
        self.view.index_of(topics, node)
    }

    /// A key was pressed: what is selected is looked at, and stays selected whatever comes.
    pub const fn pin(&mut self) {
        self.is_pinned |= self.selected.is_some();
    }

    /// While nobody has touched the tree, small levels open by themselves.
    fn open_what_fits(&mut self, model: &Model) {
        let topics = model.topics();
        let closed = self.view.rows(topics, 0..self.height).into_iter().find(|row| {
            let fits = self.view.row_count() + topics.stats(row.node).children as usize <= self.height;
            row.has_children && !row.is_expanded && fits && !topics.name(row.top).starts_with('$')
        });
        if let Some(row) = closed {
            self.view.set_expanded(topics, row.node, true);
        }
    }

    /// Selects a row, the last one if there are fewer.
    pub fn select_row(&mut self, model: &Model, row: usize) {
        let row = row.min(self.view.row_count().saturating_sub(1));
        (self.is_touched, self.is_pinned) = (true, true);
        self.selected = self.view.node_at(model.topics(), row);
        self.selected_row = row;
        self.keep_in_view();
    }

    /// Selects a topic, opening what is above it.
    pub fn select(&mut self, model: &Model, node: NodeId) {
        (self.is_touched, self.is_pinned) = (true, true);
        self.view.reveal(model.topics(), node);
        if let Some(row) = self.view.index_of(model.topics(), node) {
            self.selected = Some(node);
            self.selected_row = row;
            self.keep_in_view();
        }
    }

    /// Moves the selection by rows.
    pub fn step(&mut self, model: &Model, rows: isize) {
        self.select_row(model, self.selected_row.saturating_add_signed(rows));
    }

    /// Rows on the screen.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Scrolls without moving the selection further than needed.
    pub fn scroll(&mut self, model: &Model, rows: isize) {
        let last = self.view.row_count().saturating_sub(self.height);
        self.first = self.first.saturating_add_signed(rows).min(last);
        let end = self.first + self.height.max(1) - 1;
        self.select_row(model, self.selected_row.clamp(self.first, end));
    }

    fn keep_in_view(&mut self) {
        let last_first = self.view.row_count().saturating_sub(self.height);
        let lowest = (self.selected_row + 1).saturating_sub(self.height);
        self.first = self
            .first
            .clamp(lowest, self.selected_row.max(lowest))
            .min(last_first.max(lowest));
    }

    /// → or Enter: opens the level. Whether there was something to open.
    pub fn open(&mut self, model: &Model) -> bool {
        let Some(node) = self.selected else { return false };
        self.is_touched = true;
        let can = model.topics().stats(node).children > 0 && !self.view.is_expanded(model.topics(), node);
        if can {
            self.view.set_expanded(model.topics(), node, true);
        }
        can
    }

    /// ←: closes the level, or goes to the one above.
    pub fn fold(&mut self, model: &Model) {
        let topics = model.topics();
        let Some(node) = self.selected else { return };
        self.is_touched = true;
        if topics.stats(node).children > 0 && self.view.is_expanded(topics, node) {
            self.view.set_expanded(topics, node, false);
            return;
        }
        let own_row = self.view.index_of(topics, node);
        let mut above = topics.parent(node);
        while let Some(level) = above {
            match self.view.index_of(topics, level) {
                // Levels that share the row are not above it.
                row if row == own_row => above = topics.parent(level),
                Some(row) => return self.select_row(model, row),
                None => return,
            }
        }
    }

    /// Opens or closes everything.
    pub fn set_all(&mut self, model: &Model, is_open: bool) {
        self.is_touched = true;
        if is_open {
            // What is selected keeps a row of its own.
            self.is_pinned |= self.selected.is_some();
            self.view.expand_all();
            return;
        }
        self.view.collapse_all();
        if let Some(node) = self.selected {
            let visible = self.view.visible_ancestor(model.topics(), node);
            let row = visible.and_then(|level| self.view.index_of(model.topics(), level));
            self.select_row(model, row.unwrap_or(0));
        }
    }

    /// The next order.
    pub fn next_sort(&mut self, now: Time) {
        self.resorted_us = now.mono_us;
        self.view.set_now(now.mono_us);
        self.view.set_sort(self.view.sort().next());
    }

    /// Shows what the sieve lets through: what is selected at once, the rest as it is looked at.
    pub fn refilter(&mut self, model: &Model, sieve: &mut Sieve) {
        let topics = model.topics();
        self.view.sync(topics, &mut |node| sieve.lets_topic(model, node));
        if sieve.lets_all_topics() {
            if self.view.is_filtered() {
                self.view.clear_filter();
            }
            return;
        }
        self.view.set_filter();
        if let Some(node) = self.selected
            && topics.has_value(node)
            && sieve.lets_topic(model, node)
        {
            self.view.mark_match(topics, node);
        }
    }

    /// Whether there are topics that a filter was not asked about yet.
    pub fn is_searching(&self) -> bool {
        !self.view.is_checked()
    }

    /// Shows another connection, or all.
    pub fn set_scope(&mut self, model: &Model, scope: Scope) {
        self.view.set_scope(model.topics(), scope);
    }

    /// When the pane changes by time alone.
    pub fn next_change_us(&self) -> Option<u64> {
        let order = (self.view.sort() != SortBy::Name).then(|| self.resort_at_us());
        let filter = self.view.is_filtered().then_some(self.rechecked_us + RESORT_US);
        [order, filter].into_iter().flatten().min()
    }
}

/// How far a row hangs in; deep ones leave half of the pane to their names.
pub const fn indent(depth: u16, width: u16) -> u16 {
    let (wanted, most) = (depth.saturating_mul(2), width / 2);
    if wanted < most { wanted } else { most }
}

/// Copies the selected topic.
pub fn copy(app: &App) -> Vec<Effect> {
    app.selected_topic()
        .map(|topic| Effect::Copy(topic.into_bytes()))
        .into_iter()
        .collect()
}

/// Keeps the payloads of the selected topic whole from the next on, or no longer.
pub fn watch(app: &mut App) -> Vec<Effect> {
    let (Some(topic), Some(source)) = (app.selected_topic(), app.selected_source()) else {
        return Vec::new();
    };
    let limit = text::size_long(app.watched_limit() as u64);
    let watched = app.watched.entry(source).or_default();
    let is_new = !watched.remove(&topic);
    if is_new {
        watched.insert(topic.clone());
    }
    let topics = watched.iter().cloned().collect();
    app.watched.retain(|_, topics| !topics.is_empty());
    app.notices.info(if is_new {
        format!("{topic} is watched: from the next message on up to {limit} of a payload are kept")
    } else {
        format!("{topic} is no longer watched")
    });
    vec![Effect::Send(source, Command::Watch(topics))]
}

/// Keeps the selected level and all below it out of the log, or lets them in again.
pub fn mute(app: &mut App) {
    let Some(topic) = app.selected_topic() else { return };
    if let Some(muted) = app.sieve.muted_by(&topic).map(str::to_owned) {
        app.muted.remove(&muted);
        let level = muted.strip_suffix("/#").unwrap_or(&muted);
        app.notices.info(format!("{level} is in the log again"));
    } else {
        let below = match app.topics.selected() {
            Some(node) if app.model.topics().stats(node).children > 0 => " and all below it",
            _ => "",
        };
        app.notices.info(format!(
            "{topic}{below} is kept out of the log; x lets it in again"
        ));
        // With the level itself: MQTT-4.7.1-2.
        app.muted.insert(format!("{topic}/#"));
    }
    app.refilter();
}
