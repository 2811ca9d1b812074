//! The app as a user has it before them, without terminal, network or clock: keys and traffic in, a buffer of
//! cells out. Time stands still but for [`Screen::pass`].
//!
//! ```text
//! screen().connected("lab").receive("a/b", r#"{"t":1}"#).keys("jj<enter>").snapshot("topics-selected");
//! ```
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "each test binary uses a part; a test fails by panicking"
)]

mod seen;
mod user;

use std::{path::Path, time::Duration};

use mqttscope::{
    app::{App, Setup, effect::Effect, keys::KeyMap, layout::Pane, msg::Msg, update::update},
    config::{BrokerUrl, Profile, Theme},
    event::{
        Batch, Command, ConnectionState, ConnectionStatus, Facts, Failure, FailureKind, OperationEnded,
        OperationId, OperationKind, Outcome, Phase, Record, ServerLimits, SourceId, Time,
    },
    mqtt::{ProtocolVersion, QoS, ReasonCode},
    text::{Glyphs, WallClock},
};

use super::{message::Sample, picture};

/// 2026-11-21 14:03:20 UTC.
const START_WALL_US: i64 = 1_795_269_800_000_000;
/// The program has run a while: nothing is at its start by accident.
const START_MONO_US: u64 = 100_000_000;

/// The three sizes every main screen is looked at in.
pub const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (60, 16)];

pub struct Screen {
    pub app: App,
    pub now: Time,
    /// What the app wanted done, not yet looked at.
    pub effects: Vec<Effect>,
    /// The connection that messages come over.
    current: Option<SourceId>,
    last_request: Option<(SourceId, OperationId, OperationKind)>,
    /// In ASCII, letters of the network may be others.
    pub allows_foreign_letters: bool,
}

/// A terminal of 120×36 without any connection, in the default theme.
pub fn screen() -> Screen {
    screen_with(|_| {})
}

/// As [`screen`], started otherwise.
pub fn screen_with(change: impl FnOnce(&mut Setup)) -> Screen {
    let now = Time {
        mono_us: START_MONO_US,
        wall_us: START_WALL_US,
    };
    let mut setup = Setup {
        importable: Vec::new(),
        width: 120,
        height: 36,
        now,
        profiles: Vec::new(),
        targets: Vec::new(),
        notes: Vec::new(),
        themes: vec!["terminal".into(), "harbor".into()],
        theme_name: "terminal".into(),
        theme: theme("terminal"),
        keys: KeyMap::default(),
        max_memory: 256 << 20,
        has_mouse: true,
        glyphs: Glyphs::Unicode,
        has_color: true,
    };
    change(&mut setup);
    let (mut app, _) = App::new(setup);
    app.look.clock = WallClock::utc();
    let current = app.connections.last().map(|connection| connection.source);
    Screen {
        app,
        now,
        effects: Vec::new(),
        current,
        last_request: None,
        allows_foreign_letters: false,
    }
}

pub fn theme(name: &str) -> Theme {
    Theme::load(Path::new("/nowhere"), name).unwrap()
}

/// A profile with the defaults; `lab` is at `mqtt://lab.lan`.
pub fn profile(name: &str) -> Profile {
    let host = name.rsplit('/').next().unwrap();
    let url: BrokerUrl = format!("mqtt://{host}.lan").parse().unwrap();
    Profile::new(name, url)
}

/// What a connection over MQTT 5 to a friendly broker knows, its subscriptions granted.
pub fn facts(profile: &Profile) -> Facts {
    Facts {
        version: ProtocolVersion::V5,
        client_id: "mqttscope-desk-4f1c".into(),
        peer: Some(mqttscope::event::Peer::Address(
            "192.0.2.10:1883".parse().unwrap(),
        )),
        session_present: false,
        resumption: None,
        keep_alive: profile.keep_alive,
        phases: vec![
            (Phase::Dns, Duration::from_micros(1_200)),
            (Phase::Tcp, Duration::from_micros(3_400)),
            (Phase::Connect, Duration::from_micros(5_100)),
        ],
        tls: None,
        warnings: Vec::new(),
        limits: ServerLimits {
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            maximum_packet_size: None,
            receive_maximum: 20,
            topic_alias_maximum: 10,
        },
        properties: mqttscope::mqtt::Properties::NONE,
        subscriptions: profile
            .subscriptions
            .iter()
            .map(|subscription| (subscription.clone(), Some(ReasonCode::SUCCESS)))
            .collect(),
    }
}

/// A failure in these words.
pub fn failure(kind: FailureKind, what: &str, advice: &str) -> Failure {
    Failure {
        kind,
        phase: None,
        code: None,
        what: what.into(),
        advice: advice.into(),
    }
}

impl Screen {
    // ---- connections ----

    /// A profile that has a file: listed, not opened.
    pub fn saved(mut self, profile: Profile) -> Self {
        self.app.list(profile, true);
        self.app.rescope();
        self
    }

    /// Opens a connection of this name; it has not heard from its broker yet.
    pub fn opened(self, name: &str) -> Self {
        self.opened_with(profile(name))
    }

    /// As [`opened`](Self::opened), for this profile.
    pub fn opened_with(mut self, profile: Profile) -> Self {
        let listed = self
            .app
            .connections
            .iter()
            .find(|c| c.profile.name == profile.name);
        let source = match listed.map(|connection| connection.source) {
            Some(source) => source,
            None => self.app.list(profile, false),
        };
        let effects = self.app.open_connection(source);
        self.effects.extend(effects);
        self.app.rescope();
        self.current = Some(source);
        self
    }

    /// Opens a connection of this name and lets its broker accept it over MQTT 5; the topics have the keys.
    pub fn connected(self, name: &str) -> Self {
        self.connected_with(profile(name), |_| {})
    }

    /// As [`connected`](Self::connected), with other facts.
    pub fn connected_with(self, profile: Profile, change: impl FnOnce(&mut Facts)) -> Self {
        let mut facts = facts(&profile);
        change(&mut facts);
        let mut this = self
            .opened_with(profile)
            .state(ConnectionState::Connected(Box::new(facts)));
        this.app.focus(Pane::Topics);
        this.app.notices.seen();
        this
    }

    /// Speaks of this connection from now on.
    pub fn on(mut self, name: &str) -> Self {
        let found = self.app.connections.iter().find(|c| c.profile.name == name);
        self.current = Some(found.expect("a connection of this name").source);
        self
    }

    pub fn source(&self) -> SourceId {
        self.current.expect("a connection was opened")
    }

    /// The connection comes to stand there.
    pub fn state(self, state: ConnectionState) -> Self {
        self.states([state])
    }

    /// The connection goes through these states, told in one batch.
    pub fn states(self, states: impl IntoIterator<Item = ConnectionState>) -> Self {
        let record = |state| Record::Status(Box::new(ConnectionStatus { after_us: 0, state }));
        self.records(states.into_iter().map(record).collect())
    }

    /// The connection is refused for good.
    pub fn refused(self, what: &str, advice: &str) -> Self {
        self.state(ConnectionState::Refused(failure(
            FailureKind::Refused,
            what,
            advice,
        )))
    }

    /// The connection was lost or not reached; the next try comes in so many seconds.
    pub fn waiting(self, attempt: u32, seconds: f64, what: &str) -> Self {
        let retry_at_us = self.now.mono_us + micros(seconds);
        let failure = failure(FailureKind::Network, what, "is the broker running there?");
        self.state(ConnectionState::Waiting {
            attempt,
            retry_at_us,
            failure,
        })
    }

    // ---- traffic ----

    /// A message comes over the current connection at QoS 0.
    pub fn receive(self, topic: &str, payload: impl AsRef<[u8]>) -> Self {
        self.message(&Sample::new(topic, payload.as_ref()))
    }

    /// A retained message comes.
    pub fn retained(self, topic: &str, payload: impl AsRef<[u8]>) -> Self {
        self.message(&Sample::new(topic, payload.as_ref()).retain())
    }

    /// A message goes by as told.
    pub fn message(self, sample: &Sample) -> Self {
        let version = self.version();
        let mut batch = self.batch_of(self.source(), Vec::new());
        sample.add_to(&mut batch, version);
        self.batch(batch)
    }

    fn version(&self) -> ProtocolVersion {
        match self.app.model.connection(self.source()).map(|known| &known.state) {
            Some(ConnectionState::Connected(facts)) => facts.version,
            _ => ProtocolVersion::V5,
        }
    }

    pub fn records(self, records: Vec<Record>) -> Self {
        let source = self.source();
        self.records_of(source, records)
    }

    /// The same over a connection that is not listed.
    pub fn records_of(self, source: SourceId, records: Vec<Record>) -> Self {
        let batch = self.batch_of(source, records);
        self.batch(batch)
    }

    fn batch_of(&self, source: SourceId, records: Vec<Record>) -> Batch {
        Batch {
            source,
            time: self.now,
            data: mqttscope::event::Data::default(),
            records,
        }
    }

    pub fn batch(self, batch: Batch) -> Self {
        self.msg(Msg::Batches(vec![batch]))
    }

    /// Whether something was asked of a connection that has not ended.
    pub fn has_request(&self) -> bool {
        self.last_request.is_some()
    }

    /// The last request ends so, `took` milliseconds after it was made.
    pub fn ended(mut self, outcome: Outcome, took: u64) -> Self {
        let (source, id, kind) = self.last_request.expect("something was asked of a connection");
        self.current = Some(source);
        self.records(vec![Record::Operation(Box::new(OperationEnded {
            id,
            kind,
            outcome,
            took: Duration::from_millis(took),
        }))])
    }

    /// A publish ends.
    pub fn ended_as(self, id: OperationId, outcome: Outcome) -> Self {
        self.records(vec![Record::Operation(Box::new(OperationEnded {
            id,
            kind: OperationKind::Publish,
            outcome,
            took: Duration::from_millis(1),
        }))])
    }

    /// The effects since the last look or since the start, which are then forgotten.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn msg(mut self, msg: Msg) -> Self {
        let effects = update(&mut self.app, msg, self.now);
        self.last_request = effects.iter().filter_map(request).last().or(self.last_request);
        self.effects.extend(effects);
        // A frame follows every change, as in the loop.
        self.app.before_draw(self.now);
        self
    }
}

fn request(effect: &Effect) -> Option<(SourceId, OperationId, OperationKind)> {
    match effect {
        Effect::Send(source, Command::Publish(id, _)) => Some((*source, *id, OperationKind::Publish)),
        Effect::Send(source, Command::Subscribe(id, _)) => Some((*source, *id, OperationKind::Subscribe)),
        Effect::Send(source, Command::Unsubscribe(id, _)) => Some((*source, *id, OperationKind::Unsubscribe)),
        _ => None,
    }
}

fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}
