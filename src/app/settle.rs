//! After every message: the panes brought in line with the model and the layout, and when time alone
//! will change the picture.

use super::{
    App, Dirty, LAG_SHOWN_US, MESSAGES_HEADER,
    details::Subject,
    find,
    layout::Pane,
    messages::MessagesPane,
    topics::{self, TopicsPane},
};
use crate::{
    event::{ConnectionState, Time},
    model::{MessageRef, Model, Scope},
};

impl App {
    /// Shows what the selected connection and the filter let through.
    pub fn rescope(&mut self) {
        let scope = self.scope();
        let is_only_open = self
            .connections
            .iter()
            .filter(|connection| connection.is_open)
            .count()
            <= 1;
        self.topics
            .set_scope(&self.model, scope.map_or(Scope::All, Scope::Only));
        // One connection: its messages are all there are, and the log needs no list of them.
        self.sieve.scope =
            scope.filter(|source| !(is_only_open && self.connection(*source).is_some_and(|c| c.is_open)));
        self.refilter();
    }

    /// Makes the sieve anew and shows what it lets through.
    pub fn refilter(&mut self) {
        self.sieve.set(self.filter.applied.as_ref(), &self.muted);
        self.freshen();
        self.messages.refilter(&self.model, &self.sieve);
        self.topics.refilter(&self.model, &mut self.sieve);
    }

    /// What is fresh changes by time.
    fn freshen(&mut self) {
        let fresh = self.topics.is_fresh_only;
        self.sieve.fresh_since_us = fresh.then(|| self.now.mono_us.saturating_sub(topics::FRESH_US));
    }

    /// Whether there are messages or topics still to look at: for a filter, or to find one.
    pub fn is_searching(&self) -> bool {
        self.messages.is_searching() || self.topics.is_searching() || self.find.is_under_way()
    }

    /// Brings the panes in line with the model and the layout. After every message, before every frame.
    pub(super) fn settle(&mut self) {
        let layout = self.layout();
        self.freshen();
        self.topics.settle(
            &self.model,
            layout.inner(Pane::Topics).height,
            self.now,
            &mut self.sieve,
        );
        let taken = MESSAGES_HEADER + u16::from(self.messages.view.is_paused());
        let rows = layout.inner(Pane::Messages).height.saturating_sub(taken);
        self.messages.settle(&self.model, &mut self.sieve, rows);
        find::go_on(self);
        let watched = if self.watched.is_empty() {
            0
        } else {
            // One that is being read lies beside the one that is stored.
            self.watched_limit()
        };
        self.model.reserve(
            watched
                + self.topics.view.memory()
                + self.messages.view.memory()
                + self.sieve.memory()
                + self.find.memory(),
        );
        let is_shown = !layout.pane(Pane::Details).is_empty();
        let message = if is_shown {
            selected_of(&self.model, self.subject, &self.topics, &self.messages)
        } else {
            None
        };
        self.details.settle(
            &self.model,
            message.as_ref(),
            layout.inner(Pane::Details).height.saturating_sub(1),
        );
    }

    /// Makes everything ready that drawing only reads.
    pub fn before_draw(&mut self, now: Time) {
        self.now = now;
        self.notices.tick(now.mono_us);
        self.settle();
        self.next_change = self.next_visible_change();
    }

    /// When something visible changes by time alone, mono µs.
    pub fn next_change_us(&self) -> Option<u64> {
        if self.dirty != Dirty::Clean {
            return None;
        }
        self.next_change
    }

    fn next_visible_change(&self) -> Option<u64> {
        let now = self.now.mono_us;
        let second = now + 1_000_000;
        let is_waiting = |connection: &crate::model::Connection| {
            matches!(
                connection.state,
                ConnectionState::Waiting { .. } | ConnectionState::Connecting { .. }
            )
        };
        let counts_down = self.model.connections().any(is_waiting).then_some(second);
        let rate = (self.model.rate().per_second(now) > 0.0).then_some(second);
        let search = self.is_searching().then_some(now);
        let lag = (self.model.lag_us(now) >= LAG_SHOWN_US).then_some(second);
        [
            counts_down,
            rate,
            search,
            lag,
            self.notices.next_change_us(),
            // Without traffic no order changes by itself.
            rate.and(self.topics.next_change_us()),
            self.next_age_us(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When the age of a topic in view next reads differently.
    fn next_age_us(&self) -> Option<u64> {
        if self.layout().pane(Pane::Topics).is_empty() {
            return None;
        }
        let now = self.now.mono_us;
        let topics = self.model.topics();
        self.topics
            .rows()
            .iter()
            .filter_map(|row| topics.stats(row.node).subtree_last_us)
            .map(|last| {
                let age = now.saturating_sub(last);
                let step = match age {
                    0..60_000_000 => 1_000_000,
                    60_000_000..3_600_000_000 => 60_000_000,
                    _ => 3_600_000_000,
                };
                last + (age / step + 1) * step
            })
            .min()
    }
}

/// The message the details show; free-standing so that the pane can be changed meanwhile.
fn selected_of<'m>(
    model: &'m Model,
    subject: Subject,
    topics: &TopicsPane,
    messages: &MessagesPane,
) -> Option<MessageRef<'m>> {
    match subject {
        Subject::Topic => model.last_message(topics.selected()?),
        Subject::Message => model.message(messages.selected()?),
    }
}
