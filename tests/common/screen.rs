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

use std::{path::Path, time::Duration};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mqttscope::{
    app::{
        App, Setup,
        effect::{Done, Effect},
        keys::KeyMap,
        layout::Pane,
        msg::Msg,
        update::update,
    },
    config::{BrokerUrl, Profile, Theme},
    event::{
        Batch, Command, ConnectionState, ConnectionStatus, Facts, Failure, FailureKind, OperationEnded,
        OperationId, OperationKind, Outcome, Phase, Record, ServerLimits, SourceId, Time,
    },
    mqtt::{ProtocolVersion, QoS, ReasonCode},
    text::{Glyphs, WallClock},
    ui,
};
use ratatui::{buffer::Buffer, layout::Rect};

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
            data: mqttscope::event::Buffer::default(),
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

    // ---- the user ----

    /// Presses keys: characters, and `<enter> <esc> <tab> <s-tab> <space> <up> <c-s> <pgdn> <lt>` …
    pub fn keys(mut self, keys: &str) -> Self {
        for event in parse_keys(keys) {
            self = self.msg(Msg::Key(event));
        }
        self
    }

    pub fn paste(self, text: &str) -> Self {
        self.msg(Msg::Paste(text.into()))
    }

    pub fn click(self, x: u16, y: u16) -> Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), x, y).mouse(
            MouseEventKind::Up(MouseButton::Left),
            x,
            y,
        )
    }

    /// Drags with the left button.
    pub fn drag(self, from: (u16, u16), to: (u16, u16)) -> Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), from.0, from.1)
            .mouse(MouseEventKind::Drag(MouseButton::Left), to.0, to.1)
            .mouse(MouseEventKind::Up(MouseButton::Left), to.0, to.1)
    }

    /// Turns the wheel by notches, down if positive.
    pub fn wheel(mut self, x: u16, y: u16, notches: i32) -> Self {
        let kind = if notches > 0 {
            MouseEventKind::ScrollDown
        } else {
            MouseEventKind::ScrollUp
        };
        for _ in 0..notches.abs() {
            self = self.mouse(kind, x, y);
        }
        self
    }

    fn mouse(self, kind: MouseEventKind, column: u16, row: u16) -> Self {
        // A picture was drawn before the user pointed at it.
        drop(self.picture_of_now());
        self.msg(Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    }

    pub fn resize(self, width: u16, height: u16) -> Self {
        self.msg(Msg::Resize(width, height))
    }

    /// Time passes, and the loop wakes up at its end.
    pub fn pass(mut self, seconds: f64) -> Self {
        let micros = micros(seconds);
        self.now.mono_us += micros;
        self.now.wall_us += micros as i64;
        self.msg(Msg::Tick)
    }

    pub fn done(self, done: Done) -> Self {
        self.msg(Msg::Done(done))
    }

    fn msg(mut self, msg: Msg) -> Self {
        let effects = update(&mut self.app, msg, self.now);
        self.last_request = effects.iter().filter_map(request).last().or(self.last_request);
        self.effects.extend(effects);
        // A frame follows every change, as in the loop.
        self.app.before_draw(self.now);
        self
    }

    /// What goes on by itself (finding, a filter over older messages) goes on to its end.
    pub fn searched(mut self) -> Self {
        while self.app.is_searching() {
            self = self.msg(Msg::Search);
        }
        self
    }

    // ---- what is seen ----

    /// The picture. Whatever it shows, no cell of it may reach the terminal as anything but a visible character.
    pub fn buffer(&mut self) -> Buffer {
        self.app.before_draw(self.now);
        self.picture_of_now()
    }

    fn picture_of_now(&self) -> Buffer {
        let area = Rect::new(0, 0, self.app.size.width, self.app.size.height);
        let mut buffer = Buffer::empty(area);
        ui::render(&mut buffer, area, &self.app);
        let is_ascii = self.app.look.glyphs == Glyphs::Ascii && !self.allows_foreign_letters;
        picture::check(&buffer, is_ascii);
        buffer
    }

    /// The lines as text, without spaces at their ends.
    pub fn lines(&mut self) -> Vec<String> {
        picture::lines(&self.buffer())
    }

    /// The whole screen as text.
    pub fn text(&mut self) -> String {
        self.lines().join("\n")
    }

    /// The inside of a pane as text; empty where it is not shown.
    pub fn pane(&mut self, pane: Pane) -> Vec<String> {
        let inner = self.app.layout().inner(pane);
        picture::lines_in(&self.buffer(), inner)
    }

    #[track_caller]
    pub fn shows_in(mut self, pane: Pane, part: &str) -> Self {
        let text = self.pane(pane).join("\n");
        assert!(text.contains(part), "{part:?} is not in {pane:?}:\n{text}");
        self
    }

    #[track_caller]
    pub fn hides_in(mut self, pane: Pane, part: &str) -> Self {
        let text = self.pane(pane).join("\n");
        assert!(!text.contains(part), "{part:?} is in {pane:?}:\n{text}");
        self
    }

    /// The only line that contains all of these; fails where there is none or more than one.
    pub fn line_with(&mut self, parts: &[&str]) -> String {
        let text = self.text();
        let mut found = text
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)));
        match (found.next(), found.next()) {
            (Some(line), None) => line.to_owned(),
            (first, _) => panic!(
                "{parts:?} stand in {} line:\n{text}",
                if first.is_some() { "more than one" } else { "no" }
            ),
        }
    }

    #[track_caller]
    pub fn shows(mut self, part: &str) -> Self {
        let text = self.text();
        assert!(text.contains(part), "{part:?} is not on the screen:\n{text}");
        self
    }

    #[track_caller]
    pub fn hides(mut self, part: &str) -> Self {
        let text = self.text();
        assert!(!text.contains(part), "{part:?} is on the screen:\n{text}");
        self
    }

    /// Compares text and styles with `tests/screens/snapshots/NAME.snap`.
    #[track_caller]
    pub fn snapshot(mut self, name: &str) -> Self {
        let mut settings = insta::Settings::new();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/snapshots"));
        let shown = picture::describe(&self.buffer());
        settings.bind(|| insta::assert_snapshot!(name, shown));
        self
    }

    /// A snapshot at each of [`SIZES`]: `NAME-120x36` and so on.
    #[track_caller]
    pub fn snapshot_at_each_size(mut self, name: &str) -> Self {
        for (width, height) in SIZES {
            self = self
                .resize(width, height)
                .snapshot(&format!("{name}-{width}x{height}"));
        }
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

/// `jj<enter><c-s>` → key presses.
fn parse_keys(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (event, len) = match rest.strip_prefix('<').and_then(|inside| inside.split_once('>')) {
            Some((name, _)) => (named_key(name), name.len() + 2),
            None => (
                KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE),
                first.len_utf8(),
            ),
        };
        events.push(event);
        rest = &rest[len..];
    }
    events
}

fn named_key(name: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    if let Some(char) = name.strip_prefix("c-") {
        return KeyEvent::new(KeyCode::Char(char.chars().next().unwrap()), KeyModifiers::CONTROL);
    }
    plain(match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "s-tab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "lt" => KeyCode::Char('<'),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "bs" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        other => panic!("no key <{other}>"),
    })
}
