//! Testing a connection: its stages gone through once, shown as they come, with a client id of its own so that
//! nothing is disturbed; nothing received is kept, and the connection ends with the test.

use super::{App, effect::Effect, overlay::Overlay};
use crate::{
    config::Profile,
    event::{Batch, ConnectionState, Facts, Failure, FailureKind, Record, SourceId, Stage, Stages},
    mqtt::{Properties, PropertyId, ReasonContext, RetainHandling},
};

/// A test under way or over.
#[derive(Debug, Clone)]
pub struct ConnectionTest {
    /// The connection made for it; none of those listed.
    pub source: SourceId,
    /// The profile's name.
    pub name: String,
    /// Where to.
    pub broker: String,
    /// What is over.
    pub stages: Stages,
    /// CONNACK has come at this moment, microseconds of the mono clock: SUBACK is waited for.
    pub connected_us: Option<u64>,
    /// How it ended.
    pub is_ok: Option<bool>,
    /// What is odd though it stopped nothing.
    pub notes: Vec<String>,
}

/// Begins a test of the selected connection.
pub fn begin(app: &mut App) -> Vec<Effect> {
    let Some(connection) = app.scope().and_then(|source| app.connection(source)) else {
        app.notices.info("select one connection to test it");
        return Vec::new();
    };
    let profile = undisturbing(connection.profile.clone());
    let source = app.next_source();
    app.open(Overlay::Test(Box::new(ConnectionTest {
        source,
        name: profile.name.clone(),
        broker: profile.url.to_string(),
        stages: Stages::default(),
        connected_us: None,
        is_ok: None,
        notes: Vec::new(),
    })));
    app.testing = Some(source);
    vec![Effect::Open(source, Box::new(profile), None)]
}

/// The same broker as the same user, but as nobody anyone waits for: no session, no will, no retained messages.
fn undisturbing(mut profile: Profile) -> Profile {
    profile.client_id = "mqttscope-test-{rand4}".into();
    profile.clean_start = true;
    profile.will = None;
    let is_of_session = |id| id == PropertyId::SessionExpiryInterval;
    profile
        .properties
        .connect
        .0
        .retain(|property| !is_of_session(property.id()));
    profile.properties.disconnect = Properties::NONE;
    for subscription in &mut profile.subscriptions {
        subscription.options.retain_handling = RetainHandling::DoNotSend;
    }
    profile
}

/// Takes what the test's connection says; `false`: the batch is another's.
pub fn take(app: &mut App, batch: &Batch) -> bool {
    // no connection listed: the test's, or that of one closed just now
    let is_listed = app.connection(batch.source).is_some();
    let Some(test) = test_of(app, batch.source) else {
        return !is_listed && app.testing == Some(batch.source);
    };
    for record in &batch.records {
        if let Record::Status(status) = record {
            test.state(&status.state, batch.time.mono_us + u64::from(status.after_us));
        }
    }
    true
}

/// What the connection needs could not be fetched.
pub fn not_opened(app: &mut App, source: SourceId, words: &str) -> bool {
    let Some(test) = test_of(app, source) else {
        return false;
    };
    let failure = Failure {
        kind: FailureKind::Profile,
        phase: None,
        code: None,
        what: words.to_owned(),
        advice: String::new(),
    };
    test.stages.failed(&failure, 0);
    test.is_ok = Some(false);
    true
}

fn test_of(app: &mut App, source: SourceId) -> Option<&mut ConnectionTest> {
    app.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Test(test) if test.source == source => Some(&mut **test),
        _ => None,
    })
}

/// Ends the test's connection once the test is over or out of sight.
pub fn sweep(app: &mut App) -> Option<Effect> {
    let source = app.testing?;
    if test_of(app, source).is_some_and(|test| test.is_ok.is_none()) {
        return None;
    }
    app.testing = None;
    Some(Effect::Close(source))
}

impl ConnectionTest {
    fn state(&mut self, state: &ConnectionState, now: u64) {
        if self.is_ok.is_some() {
            return;
        }
        match state {
            ConnectionState::Connecting { phase, .. } => {
                if self.stages.begin(*phase, now) {
                    let note = "MQTT 5 was not taken, so 3.1.1 was tried";
                    self.notes.push(note.into());
                }
            }
            ConnectionState::Connected(facts) => self.connected(facts, now),
            ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                self.stages.failed(failure, now);
                self.is_ok = Some(false);
            }
            ConnectionState::Idle => {}
        }
    }

    fn connected(&mut self, facts: &Facts, now: u64) {
        let began = match self.connected_us {
            Some(began) => began,
            None => {
                self.stages.connected(facts);
                self.notes.extend(facts.warnings.iter().cloned());
                *self.connected_us.insert(now)
            }
        };
        if facts.subscriptions.iter().any(|(_, code)| code.is_none()) {
            return;
        }
        if !facts.subscriptions.is_empty() {
            self.stages
                .list
                .push(subscribed(facts, now.saturating_sub(began)));
        }
        self.is_ok = Some(self.stages.list.iter().all(|stage| stage.ok));
    }
}

/// Each filter with what it was granted; failed where nothing is left.
fn subscribed(facts: &Facts, took_us: u64) -> Stage {
    let context = ReasonContext::Suback(facts.version);
    let codes = || {
        facts
            .subscriptions
            .iter()
            .filter_map(|(one, code)| Some((one, (*code)?)))
    };
    let words: Vec<String> = codes()
        .map(|(one, code)| {
            if code.is_failure(context) {
                format!("{} refused: {}", one.filter, code.display(context))
            } else {
                format!("{} QoS {}", one.filter, code.0)
            }
        })
        .collect();
    let refusal = codes().find(|(_, code)| code.is_failure(context));
    Stage {
        ok: codes().any(|(_, code)| !code.is_failure(context)),
        advice: refusal.map_or("", |(_, code)| code.advice(context)).into(),
        code: refusal.map(|(_, code)| code.0),
        ..Stage::passed("SUBACK", took_us, words.join(", "))
    }
}
