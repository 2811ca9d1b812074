//! A list that filters as one types and runs the selected row: the help, the palette.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{
    App,
    action::{Action, Layer},
    effect::Effect,
    keys::KeyMap,
    overlay::Overlay,
    subscribe,
    text_field::TextField,
    unknown, update,
};

/// The actions on offer, those that match first.
#[derive(Debug, Clone)]
pub struct Menu {
    /// In its title.
    pub title: &'static str,
    /// What is typed.
    pub query: TextField,
    offered: Vec<Action>,
    matching: Vec<Action>,
    selected: usize,
}

impl Menu {
    /// Offers `actions` in this order.
    pub fn new(title: &'static str, actions: Vec<Action>) -> Self {
        Self {
            title,
            query: TextField::single(),
            matching: actions.clone(),
            offered: actions,
            selected: 0,
        }
    }

    /// The rows.
    pub fn rows(&self) -> &[Action] {
        &self.matching
    }

    /// The index of the selected row.
    pub const fn selected(&self) -> usize {
        self.selected
    }

    /// The selected action; `None` where nothing matches.
    pub fn action(&self) -> Option<Action> {
        self.matching.get(self.selected).copied()
    }

    /// Moves the selection, stopping at the ends.
    pub fn step(&mut self, rows: isize) {
        let last = self.matching.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
    }

    /// Selects a row.
    pub fn select(&mut self, row: usize) {
        self.selected = row.min(self.matching.len().saturating_sub(1));
    }

    /// Filters again by what is typed.
    pub fn refilter(&mut self, keys: &KeyMap) {
        let query = self.query.text();
        self.selected = 0;
        if query.trim().is_empty() {
            self.matching.clone_from(&self.offered);
            return;
        }
        let pattern = Pattern::parse(&query, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<_> = self
            .offered
            .iter()
            .filter_map(|&action| {
                let key = keys
                    .keys(action)
                    .next()
                    .map(|key| key.to_string())
                    .unwrap_or_default();
                let text = format!("{key} {} {}", action.name().replace('_', " "), action.about());
                Some((
                    pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher)?,
                    action,
                ))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.matching = scored.into_iter().map(|(_, action)| action).collect();
    }
}

/// The keys of the lists over the panes: help, palette, subscriptions, unknown publishes, facts.
pub fn run_in(app: &mut App, action: Action) -> Vec<Effect> {
    let rows = match action {
        Action::MenuUp | Action::MoveUp => -1,
        Action::MenuDown | Action::MoveDown => 1,
        Action::MenuPageUp | Action::PageUp => -10,
        Action::MenuPageDown | Action::PageDown => 10,
        Action::HalfPageUp => -5,
        Action::HalfPageDown => 5,
        Action::GoTop => isize::MIN / 2,
        Action::GoBottom => isize::MAX / 2,
        _ => 0,
    };
    let source_rows = match app.overlays.last() {
        Some(Overlay::Subscriptions(list)) => app.subscriptions(list.source).len(),
        _ => 0,
    };
    match (app.overlays.last_mut(), action) {
        (_, Action::MenuClose) => drop(app.overlays.pop()),
        (Some(Overlay::Help(menu) | Overlay::Palette(menu)), Action::MenuRun) => {
            let chosen = menu.action();
            app.overlays.pop();
            return chosen.map(|action| update::run(app, action)).unwrap_or_default();
        }
        (Some(Overlay::Help(menu) | Overlay::Palette(menu)), _) => menu.step(rows),
        (Some(Overlay::Unknown(_)), Action::MenuRun) => return unknown::send_again(app),
        (Some(Overlay::Unknown(_)), Action::MenuDelete) => unknown::let_go(app),
        (Some(Overlay::Unknown(_)), _) => unknown::step(app, rows),
        (Some(Overlay::Subscriptions(_)), Action::MenuDelete) => return subscribe::unsubscribe(app),
        (Some(Overlay::Subscriptions(list)), _) => {
            list.selected = list
                .selected
                .saturating_add_signed(rows)
                .min(source_rows.saturating_sub(1));
        }
        (Some(Overlay::Journal(view)), _) => view.scroll(rows, &app.journal),
        (Some(Overlay::Facts(_) | Overlay::Test(_)), Action::MenuRun) => drop(app.overlays.pop()),
        (Some(Overlay::Facts(_)), _) => scroll_facts(app, rows),
        _ => {}
    }
    Vec::new()
}

/// Moves what is in view of the facts on top.
pub fn scroll_facts(app: &mut App, rows: isize) {
    if let Some(&Overlay::Facts(view)) = app.overlays.last() {
        let scrolled = view.scrolled(app, rows);
        app.overlays.pop();
        app.overlays.push(Overlay::Facts(scrolled));
    }
}

/// Actions the palette offers wherever the keys are: those that do not need a pane's selection to make sense.
pub fn is_offered_anywhere(action: Action) -> bool {
    matches!(action.layer(), Layer::Global)
        || matches!(
            action,
            Action::ConnectionAdd | Action::TopicSort | Action::TopicFresh
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_narrows_to_what_matches() {
        let mut menu = Menu::new("Help", Action::ALL.to_vec());
        menu.query.set("resend");
        menu.refilter(&KeyMap::default());
        assert_eq!(menu.action(), Some(Action::MessageResend));
        menu.query.set("zzzzqq");
        menu.refilter(&KeyMap::default());
        assert_eq!(menu.action(), None);
    }
}
