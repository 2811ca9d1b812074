//! The connections pane: every profile and every connection opened in this run; the selected row is
//! what tree, log and publish form speak of.

use super::{App, effect::Effect, facts::FactsView, overlay::Overlay, password_form};
use crate::{
    config::{BrokerUrl, Profile},
    event::{Command, ConnectionState, SourceId},
};

/// A row of the pane.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Names it in this run, opened or not.
    pub source: SourceId,
    /// What it connects with.
    pub profile: Profile,
    /// There is a file for it.
    pub is_saved: bool,
    /// A worker exists.
    pub is_open: bool,
}

/// A line of the pane.
#[derive(Debug, Clone, Copy)]
pub enum Line<'a> {
    /// All connections.
    All,
    /// The name of the group that follows; not to be selected.
    Group(&'a str),
    /// A connection.
    One(&'a Connection),
}

/// A deleted connection, for undo.
#[derive(Debug, Clone)]
pub struct Deleted {
    connection: Connection,
    /// The text of its file; `None`: it had none, or it has not come back yet.
    pub text: Option<String>,
}

impl App {
    /// The connection of that id.
    pub fn connection(&self, source: SourceId) -> Option<&Connection> {
        self.connections
            .iter()
            .find(|connection| connection.source == source)
    }

    /// Its name; empty if it is gone.
    pub fn connection_name(&self, source: SourceId) -> &str {
        self.connection(source)
            .map_or("", |connection| &connection.profile.name)
    }

    /// Whether the pane's first row stands for all connections: from two opened ones on.
    pub fn has_all_row(&self) -> bool {
        self.connections
            .iter()
            .filter(|connection| connection.is_open)
            .count()
            > 1
    }

    /// The connection that tree and log show; `None`: all.
    pub fn scope(&self) -> Option<SourceId> {
        match self.selected_connection {
            Some(source) if self.connection(source).is_some() => Some(source),
            _ if self.has_all_row() => None,
            _ => self.connections.first().map(|connection| connection.source),
        }
    }

    /// The pane's selected row.
    pub fn connection_row(&self) -> usize {
        let Some(source) = self.scope() else { return 0 };
        let index = self
            .connections
            .iter()
            .position(|connection| connection.source == source)
            .unwrap_or(0);
        index + usize::from(self.has_all_row())
    }

    /// Where the publish form publishes: the selected connection, or the only open one.
    pub fn publishing_source(&self) -> Option<SourceId> {
        let mut open = self
            .connections
            .iter()
            .filter(|connection| connection.is_open)
            .map(|connection| connection.source);
        self.scope()
            .or_else(|| open.next().filter(|_| open.next().is_none()))
    }

    /// What the pane shows, from top to bottom.
    pub fn connection_lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<_> = self.has_all_row().then_some(Line::All).into_iter().collect();
        let mut group = None;
        for connection in &self.connections {
            let of_this = connection.profile.group();
            if of_this != group {
                lines.extend(of_this.map(Line::Group));
                group = of_this;
            }
            lines.push(Line::One(connection));
        }
        lines
    }

    /// The first line in view where the pane has `height` of them, and the selected one.
    pub fn connection_view(&self, height: u16) -> (usize, usize) {
        let lines = self.connection_lines();
        let scope = self.scope();
        let is_selected = |line: &Line<'_>| match line {
            Line::All => scope.is_none(),
            Line::Group(_) => false,
            Line::One(connection) => scope == Some(connection.source),
        };
        let selected = lines.iter().position(is_selected).unwrap_or(0);
        let height = usize::from(height);
        let last = lines.len().saturating_sub(height);
        ((selected + 1).saturating_sub(height).min(last), selected)
    }

    /// Selects what stands in a line of the pane, if it can be selected.
    pub fn select_connection_line(&mut self, line: usize) {
        let source = match self.connection_lines().get(line) {
            Some(Line::All) => None,
            Some(Line::One(connection)) => Some(connection.source),
            Some(Line::Group(_)) | None => return,
        };
        self.select_connection(source);
    }

    /// Groups stay together, those in none first; within a group the order is that of listing.
    fn sort_connections(&mut self) {
        self.connections
            .sort_by(|one, other| one.profile.group().cmp(&other.profile.group()));
    }

    /// Rows that can be selected.
    pub fn connection_rows(&self) -> usize {
        self.connections.len() + usize::from(self.has_all_row())
    }

    /// Selects a connection, `None` for all; tree and log follow.
    pub fn select_connection(&mut self, source: Option<SourceId>) {
        self.selected_connection = source;
        self.rescope();
    }

    /// Selects a row; tree and log follow.
    pub fn select_connection_row(&mut self, row: usize) {
        let row = row.min(self.connection_rows().saturating_sub(1));
        let index = row.checked_sub(usize::from(self.has_all_row()));
        self.select_connection(
            index
                .and_then(|index| self.connections.get(index))
                .map(|connection| connection.source),
        );
    }

    /// Lists a profile and connects it if `opens`; returns its id.
    pub fn list(&mut self, profile: Profile, is_saved: bool) -> SourceId {
        let source = self.next_source();
        self.connections.push(Connection {
            source,
            profile,
            is_saved,
            is_open: false,
        });
        self.sort_connections();
        source
    }

    /// Takes the form's profile: a new row, or a changed one that is connected anew.
    pub fn put_connection(
        &mut self,
        editing: Option<SourceId>,
        profile: Profile,
        is_saved: bool,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let source = match editing {
            Some(source) => {
                if let Some(connection) = self
                    .connections
                    .iter_mut()
                    .find(|connection| connection.source == source)
                {
                    if connection.is_open {
                        self.watched.remove(&source);
                        effects.push(Effect::Close(source));
                        connection.is_open = false;
                    }
                    connection.profile = profile;
                    connection.is_saved = is_saved;
                }
                source
            }
            None => self.list(profile, is_saved),
        };
        self.sort_connections();
        effects.extend(self.open_connection(source));
        self.select_connection(Some(source));
        effects
    }

    /// Starts a worker for a listed connection.
    pub fn open_connection(&mut self, source: SourceId) -> Vec<Effect> {
        let Some(connection) = self
            .connections
            .iter_mut()
            .find(|connection| connection.source == source)
        else {
            return Vec::new();
        };
        connection.is_open = true;
        let profile = Box::new(connection.profile.clone());
        self.model.add_connection(source, &profile.name);
        if !profile.mute.is_empty() {
            self.muted
                .extend(profile.mute.iter().map(|filter| filter.as_str().to_owned()));
            self.refilter();
        }
        vec![Effect::Open(source, profile, None)]
    }
}

/// Enter: connect, try again, or show the facts.
pub fn open_selected(app: &mut App) -> Vec<Effect> {
    let Some(source) = app.scope() else {
        return Vec::new();
    };
    if app
        .connection(source)
        .is_some_and(|connection| !connection.is_open)
    {
        return app.open_connection(source);
    }
    match app.model.connection(source).map(|connection| &connection.state) {
        _ if password_form::is_wanted(app, source) => {
            password_form::open(app, source);
            Vec::new()
        }
        Some(ConnectionState::Connected(_)) => {
            app.open(Overlay::Facts(FactsView::new(source)));
            Vec::new()
        }
        _ => vec![Effect::Send(source, Command::Connect)],
    }
}

/// Shows what is known about the selected connection.
pub fn facts(app: &mut App) {
    match app.scope() {
        Some(source) => app.open(Overlay::Facts(FactsView::new(source))),
        None => app.notices.info("select one connection to see its facts"),
    }
}

/// Disconnects the selected connection and keeps it so.
pub fn disconnect(app: &mut App) -> Vec<Effect> {
    match app.scope() {
        Some(source)
            if app
                .connection(source)
                .is_some_and(|connection| connection.is_open) =>
        {
            vec![Effect::Send(source, Command::Disconnect)]
        }
        _ => Vec::new(),
    }
}

/// Deletes the selected connection and its file; what it received stays in the log.
pub fn delete(app: &mut App) -> Vec<Effect> {
    let Some(source) = app.scope() else {
        return Vec::new();
    };
    let Some(index) = app
        .connections
        .iter()
        .position(|connection| connection.source == source)
    else {
        return Vec::new();
    };
    let mut connection = app.connections.remove(index);
    let mut effects = Vec::new();
    if connection.is_open {
        app.watched.remove(&source);
        effects.push(Effect::Close(source));
        app.model.remove_connection(source);
        connection.is_open = false;
    }
    let name = connection.profile.name.clone();
    if connection.is_saved {
        effects.push(Effect::DeleteProfile(name.clone()));
    }
    app.deleted = Some(Deleted {
        connection,
        text: None,
    });
    app.rescope();
    app.notices.info(format!("{name} deleted; U brings it back"));
    effects
}

/// Brings the connection deleted last back, its file included.
pub fn undo(app: &mut App) -> Vec<Effect> {
    let Some(deleted) = app.deleted.take() else {
        app.notices.info("nothing to undo");
        return Vec::new();
    };
    let name = deleted.connection.profile.name.clone();
    let source = deleted.connection.source;
    app.connections.push(deleted.connection);
    app.sort_connections();
    app.select_connection(Some(source));
    app.notices.info(format!("{name} is back"));
    deleted
        .text
        .map(|text| Effect::RestoreProfile { name, text })
        .into_iter()
        .collect()
}

/// A deleted profile's file is gone; its text is kept for undo.
pub fn deleted(app: &mut App, name: &str, text: String) {
    if let Some(deleted) = &mut app.deleted
        && deleted.connection.profile.name == name
    {
        deleted.text = Some(text);
    }
}

/// A broker answers on this machine: it gets a row that Enter connects.
pub fn discovered(app: &mut App, url: BrokerUrl) {
    let words = format!(
        "a broker answers on {}:{}; Enter connects to it",
        url.host, url.port
    );
    let source = app.list(Profile::new(url.host.clone(), url), false);
    if app.connections.len() == 1 {
        app.select_connection(Some(source));
    }
    app.notices.info(words);
}
