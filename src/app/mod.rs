//! The synchronous core: all state, changed by [`update::update`] alone, read by `ui`. What a key does is here,
//! one file a pane; what it looks like is not. No IO, no clock: time comes in with every message.

pub mod action;
mod changes;
pub mod composer;
mod connection_fields;
pub mod connection_form;
pub mod connection_test;
pub mod connections;
pub mod details;
mod done;
pub mod effect;
pub mod facts;
pub mod find;
pub mod form;
pub mod freshness;
mod hints;
pub mod input;
pub mod journal;
pub mod keys;
pub mod layout;
pub mod menu;
pub mod messages;
mod mouse;
mod moves;
pub mod msg;
pub mod notices;
pub mod overlay;
pub mod password_form;
mod property_fields;
mod publish;
mod received;
mod settle;
pub mod sieve;
pub mod subscribe;
mod subscription_line;
pub mod text_field;
pub mod topics;
pub mod unknown;
pub mod update;

use std::collections::{BTreeSet, HashMap};

use ratatui::layout::Size;

use crate::{
    config::{BrokerUrl, Profile, Theme},
    event::{OperationId, SourceId, Time},
    filter::Filter,
    model::{Limits, MessageRef, Model, SubscriptionStats},
    mqtt::TopicFilter,
    text::{Glyphs, WallClock},
};

use composer::Composer;
use connections::{Connection, Deleted};
use details::{DetailsPane, Subject};
use effect::Effect;
use find::Finder;
use input::InputLine;
use journal::Journal;
use keys::KeyMap;
use layout::{Layout, Pane, Wish};
use messages::MessagesPane;
use notices::Notices;
use overlay::Overlay;
use sieve::Sieve;
use topics::TopicsPane;
use unknown::Unknowns;

/// Rows above the messages: the filter bar and the columns' names.
pub const MESSAGES_HEADER: u16 = 2;

/// A lag below it says nothing and would only flicker: it is not shown.
pub const LAG_SHOWN_US: u64 = 10_000;

/// Whether the picture is up to date, and if not, how soon it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirty {
    /// Up to date.
    Clean,
    /// Traffic or time changed something: with the next frame.
    Traffic,
    /// A user waits for it: at once.
    Key,
}

/// What the app starts with.
#[derive(Debug)]
pub struct Setup {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Now.
    pub now: Time,
    /// Profiles that have a file.
    pub profiles: Vec<Profile>,
    /// Connected at once.
    pub targets: Vec<Profile>,
    /// Files of other programs whose connections can be imported.
    pub importable: Vec<std::path::PathBuf>,
    /// Said at the start.
    pub notes: Vec<String>,
    /// Themes there are, by file stem.
    pub themes: Vec<String>,
    /// The theme's file stem.
    pub theme_name: String,
    /// The theme.
    pub theme: Theme,
    /// What keys do.
    pub keys: KeyMap,
    /// Bytes the model may hold.
    pub max_memory: u64,
    /// The mouse is captured.
    pub has_mouse: bool,
    /// Which characters may be drawn.
    pub glyphs: Glyphs,
    /// Colours may be used.
    pub has_color: bool,
}

/// What the picture is drawn with, besides what it shows.
#[derive(Debug)]
pub struct Appearance {
    /// Themes there are, by file stem.
    pub themes: Vec<String>,
    /// The theme in use, by file stem.
    pub theme_name: String,
    /// The theme in use.
    pub theme: Theme,
    /// Which characters may be drawn.
    pub glyphs: Glyphs,
    /// Colours may be used.
    pub has_color: bool,
    /// The mouse is captured.
    pub has_mouse: bool,
    /// Turns wall times into local ones.
    pub clock: WallClock,
}

/// The filter bar: what is typed and what holds.
#[derive(Debug, Default)]
pub struct FilterBar {
    /// The line.
    pub line: InputLine,
    /// What holds; the last good one while a bad one is typed.
    pub applied: Option<Filter>,
    /// What held when the bar was opened, for Esc.
    before: Option<Filter>,
}

/// All state.
#[derive(Debug)]
pub struct App {
    /// What is remembered of the traffic.
    pub model: Model,
    /// Profiles and opened connections, in the order of the pane.
    pub connections: Vec<Connection>,
    selected_connection: Option<SourceId>,
    next_source: u32,
    /// The connection made for a test that has not ended.
    testing: Option<SourceId>,
    /// Files of other programs whose connections can be imported; for the first screen.
    pub importable: Vec<std::path::PathBuf>,
    /// The connection deleted last.
    pub deleted: Option<Deleted>,
    /// The pane with the keys.
    pub focus: Pane,
    /// The focused pane alone.
    pub is_zoomed: bool,
    divider_shift: i16,
    is_dragging: bool,
    /// The terminal.
    pub size: Size,
    /// The topics pane.
    pub topics: TopicsPane,
    /// The messages pane.
    pub messages: MessagesPane,
    /// The details pane.
    pub details: DetailsPane,
    /// Whose message the details show.
    pub subject: Subject,
    /// The publish pane.
    pub composer: Composer,
    /// Publishes under way, and those whose end nobody knows.
    pub unknowns: Unknowns,
    /// What lies over the panes; the last has the keys.
    pub overlays: Vec<Overlay>,
    /// The filter bar.
    pub filter: FilterBar,
    /// The find bar, and what is looked for.
    pub find: Finder,
    /// What is shown of it all.
    pub sieve: Sieve,
    /// What is kept out of the log: topic filters, `a/#` for a level muted by hand.
    pub muted: std::collections::HashSet<String>,
    /// Topics whose payloads are kept whole, of connections that are open.
    pub watched: HashMap<SourceId, BTreeSet<String>>,
    /// What the program has to say.
    pub notices: Notices,
    /// What it has said.
    pub journal: Journal,
    /// What keys do.
    pub keys: KeyMap,
    /// What the picture is drawn with.
    pub look: Appearance,
    /// Filters of subscribes and unsubscribes on their way.
    pub pending_filters: HashMap<OperationId, Vec<TopicFilter>>,
    operations: u64,
    /// The moment of the last message to the app.
    pub now: Time,
    next_change: Option<u64>,
    /// Whether the picture is up to date.
    pub dirty: Dirty,
    /// The user wants to leave.
    pub quit: bool,
}

impl App {
    /// The app and what it wants done first.
    pub fn new(setup: Setup) -> (Self, Vec<Effect>) {
        let mut app = Self {
            model: Model::new(Limits {
                max_memory: setup.max_memory as usize,
            }),
            connections: Vec::new(),
            selected_connection: None,
            next_source: 1,
            testing: None,
            importable: setup.importable,
            deleted: None,
            focus: Pane::Topics,
            is_zoomed: false,
            divider_shift: 0,
            is_dragging: false,
            size: Size::new(setup.width, setup.height),
            topics: TopicsPane::default(),
            messages: MessagesPane::default(),
            details: DetailsPane::default(),
            subject: Subject::default(),
            composer: Composer::default(),
            unknowns: Unknowns::default(),
            overlays: Vec::new(),
            filter: FilterBar::default(),
            find: Finder::default(),
            sieve: Sieve::default(),
            muted: std::collections::HashSet::new(),
            watched: HashMap::new(),
            notices: Notices::default(),
            journal: Journal::default(),
            keys: setup.keys,
            look: Appearance {
                themes: setup.themes,
                theme_name: setup.theme_name,
                theme: setup.theme,
                glyphs: setup.glyphs,
                has_color: setup.has_color,
                has_mouse: setup.has_mouse,
                clock: WallClock::system(setup.now.wall_us),
            },
            pending_filters: HashMap::new(),
            operations: 0,
            now: setup.now,
            next_change: None,
            dirty: Dirty::Key,
            quit: false,
        };
        for profile in setup.profiles {
            app.list(profile, true);
        }
        let effects = app.open_targets(setup.targets);
        for note in setup.notes {
            app.notices.warn(note);
        }
        app.write_journal();
        app.rescope();
        app.settle();
        (app, effects)
    }

    fn open_targets(&mut self, targets: Vec<Profile>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut last = None;
        for profile in targets {
            let listed = self
                .connections
                .iter_mut()
                .find(|connection| connection.profile.name == profile.name);
            let source = match listed {
                Some(connection) => {
                    connection.profile = profile;
                    connection.source
                }
                None => self.list(profile, false),
            };
            effects.extend(self.open_connection(source));
            last = Some(source);
        }
        if last.is_none() {
            self.focus = Pane::Connections;
            let local = BrokerUrl::localhost();
            if self
                .connections
                .iter()
                .all(|connection| connection.profile.url != local)
            {
                effects.push(Effect::Discover(local));
            }
        }
        self.selected_connection = last.filter(|_| !self.has_all_row());
        effects
    }

    /// The layout for the present size and state.
    pub fn layout(&self) -> Layout {
        Layout::of(&Wish {
            size: self.size,
            focus: self.focus,
            is_zoomed: self.is_zoomed,
            is_publishing: self.composer.is_open,
            shift: self.divider_shift,
            connections: self.connection_lines().len() as u16,
            body_lines: self.composer.body.lines().len() as u16,
        })
    }

    /// Gives a pane the keys; the details follow the list that had them last.
    pub fn focus(&mut self, pane: Pane) {
        match pane {
            Pane::Topics => self.subject = Subject::Topic,
            Pane::Messages => self.subject = Subject::Message,
            Pane::Connections | Pane::Details | Pane::Publish => {}
        }
        self.focus = pane;
    }

    /// Shows the messages pane with the keys, for what happens in it.
    pub fn show_messages(&mut self) {
        self.focus(Pane::Messages);
    }

    /// Puts something over the panes.
    pub fn open(&mut self, overlay: Overlay) {
        self.overlays.push(overlay);
    }

    /// The whole topic that is selected, in the tree or by the selected message.
    pub fn selected_topic(&self) -> Option<String> {
        match self.subject {
            Subject::Topic => {
                let node = self.topics.selected()?;
                Some(self.model.topics().topic(node))
                    .filter(|topic| !topic.is_empty() || self.model.topics().has_value(node))
            }
            Subject::Message => self
                .selected_message()
                .map(|message| message.topic().into_owned()),
        }
    }

    /// The message that the details show.
    pub fn selected_message(&self) -> Option<MessageRef<'_>> {
        match self.subject {
            Subject::Topic => self.model.last_message(self.topics.selected()?),
            Subject::Message => self.model.message(self.messages.selected()?),
        }
    }

    /// The connection of what is selected.
    pub fn selected_source(&self) -> Option<SourceId> {
        match self.subject {
            Subject::Topic => self.model.topics().source(self.topics.selected()?),
            Subject::Message => self.selected_message().map(|message| message.source()),
        }
    }

    /// Bytes of a payload that are kept where its topic is watched: what the log takes of one message.
    pub fn watched_limit(&self) -> usize {
        self.model.memory().budget / 8
    }

    /// The subscriptions of a connection.
    pub fn subscriptions(&self, source: SourceId) -> &[SubscriptionStats] {
        self.model
            .connection(source)
            .map_or(&[], |connection| connection.subscriptions.as_slice())
    }

    /// A new id for a connection.
    fn next_source(&mut self) -> SourceId {
        self.next_source += 1;
        SourceId(self.next_source - 1)
    }

    /// A new id for a request.
    pub fn next_operation(&mut self) -> OperationId {
        self.operations += 1;
        OperationId(self.operations)
    }

    /// Messages received so far, over all connections.
    pub fn received(&self) -> u64 {
        self.model.totals().rx_messages
    }

    /// Messages held by a pause; `None` while not paused.
    pub fn held(&self) -> Option<u64> {
        self.messages
            .view
            .is_paused()
            .then(|| self.messages.view.held() as u64)
    }
}
