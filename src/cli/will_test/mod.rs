//! `will-test`: an observer waits on the will's topic while a second client ends in each way it can.
//!
//! ```text
//! observer ── subscribed to TOPIC ──────────────────────────────────────▶ what came, and when
//! second client ── CONNECT with the will ──▶ killed │ DISCONNECT │ DISCONNECT 0x04
//! ```
//!
//! Both are our own client: the will is tested over the transport, and as the user, that a profile says.

mod observer;
mod report;

use std::{
    hash::{BuildHasher, RandomState},
    io::Write,
    time::Duration,
};

use bytes::Bytes;

use self::{
    observer::{Observer, Seen},
    report::{Expected, Trial},
};
use super::{
    Environment, Exit, Failure, args::WillTestArgs, doctor::report::Report, link::Link, signals::Signals,
    talk, target,
};
use crate::{
    config::{Paths, Profile},
    event::{ConnectionState, Record},
    mqtt::{Message, Properties, Property, ProtocolVersion, Will},
    source::Limits,
};

/// How long no will may come after a DISCONNECT.
const QUIET: Duration = Duration::from_secs(1);

/// Lets the second client end in each way, and prints what came of it.
pub async fn run(args: &WillTestArgs, environment: &Environment, paths: &Paths) -> Result<Exit, Failure> {
    let mut test = Test::wanted(args, environment, paths)?;
    let mut signals = Signals::take().map_err(Failure::error)?;
    let interrupted = || Failure::error("stopped before the end of the test");
    let broker = test.observed.url.to_string();
    let observer_starts = Observer::start(test.observed.clone(), &test.will, paths, args.debug);
    // From here on the profile has what was asked for on the terminal.
    let mut observer;
    (observer, test.observed) = tokio::select! {
        started = observer_starts => started?,
        () = signals.wait() => return Err(interrupted()),
    };
    let result = tokio::select! {
        trials = test.all(&mut observer, paths) => trials,
        () = signals.wait() => Err(interrupted()),
    };
    let mut notes: Vec<String> = observer.strangers().into_iter().collect();
    if test.will.retain {
        notes.push(observer.tidy_up(&test.will, args.keep_retained).await);
    }
    let version = observer.version();
    observer.close().await;
    let trials = match result {
        Ok(trials) => trials,
        Err(failure) => {
            notes.extend(test.still_to_come());
            for note in &notes {
                talk::say(note);
            }
            return Err(failure);
        }
    };
    let report = report::of(broker, version, &test.expected(version), &trials, notes);
    print(&report, args.json)?;
    Ok(if report.ok { Exit::Ok } else { Exit::Error })
}

fn print(report: &Report, is_json: bool) -> Result<(), Failure> {
    let text = if is_json {
        report.json() + "\n"
    } else {
        report.text()
    };
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::output(&error))
}

/// What is to be tested.
struct Test {
    /// The observer's profile; the second client differs by its id and its will.
    observed: Profile,
    will: Message,
    /// Will delay interval, seconds.
    delay: u32,
    timeout: Duration,
}

/// How the second client ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Killed,
    Disconnect,
    DisconnectWithWill,
}

impl Test {
    fn wanted(args: &WillTestArgs, environment: &Environment, paths: &Paths) -> Result<Self, Failure> {
        let target = target::resolve_or_local(&args.words, &args.connection, environment, paths)?;
        if target.profile.read_only {
            let what = format!("{} is read-only; a will is a publish", target.profile.name);
            return Err(Failure::error(what));
        }
        let topic = match (&args.topic, target.topics.as_slice()) {
            (Some(topic), []) => topic.clone(),
            (None, []) => return Err(Failure::usage("no topic for the will; use -t TOPIC")),
            (_, [word, ..]) => {
                return Err(Failure::usage(format!(
                    "\"{word}\" is one word too many; use -t TOPIC"
                )));
            }
        };
        Ok(Self {
            observed: anonymous(target.profile),
            will: Message {
                topic,
                payload: Bytes::from(args.message.clone()),
                qos: args.qos,
                retain: args.retain,
                properties: Properties::NONE,
            },
            delay: args.will_delay,
            timeout: args.timeout,
        })
    }

    fn expected(&self, version: ProtocolVersion) -> Expected {
        Expected {
            payload: self.will.payload.clone(),
            qos: self.will.qos,
            // Before MQTT 5 a broker does not pass the flag on to who is subscribed.
            retain: (version == ProtocolVersion::V5).then_some(self.will.retain),
            delay: self.delay,
        }
    }

    /// What a test that ended early may leave behind.
    fn still_to_come(&self) -> Option<String> {
        (self.delay > 0 && self.will.retain).then(|| {
            let clearing = observer::clearing(&self.will.topic);
            format!("a will whose delay has not passed may still come and be retained; {clearing} clears it")
        })
    }

    async fn all(&self, observer: &mut Observer, paths: &Paths) -> Result<Vec<Trial>, Failure> {
        let is_v5 = observer.version() == ProtocolVersion::V5;
        if self.delay > 0 && !is_v5 {
            let what = format!(
                "a will delay needs MQTT 5; the broker speaks {}",
                observer.version()
            );
            return Err(Failure::error(what));
        }
        let mut trials = vec![
            self.trial(End::Killed, self.delay, observer, paths).await?,
            self.trial(End::Disconnect, 0, observer, paths).await?,
        ];
        if is_v5 {
            trials.push(self.trial(End::DisconnectWithWill, 0, observer, paths).await?);
        }
        Ok(trials)
    }

    async fn trial(
        &self,
        end: End,
        delay: u32,
        observer: &mut Observer,
        paths: &Paths,
    ) -> Result<Trial, Failure> {
        let second = self.connect_second(delay, paths).await?;
        let (wait, what) = match end {
            End::Killed => (
                Duration::from_secs(delay.into()) + self.timeout,
                "second client's socket closed without DISCONNECT; its will should come within",
            ),
            End::Disconnect => (QUIET, "second client said DISCONNECT; no will may come within"),
            End::DisconnectWithWill => (
                self.timeout,
                "second client said DISCONNECT 0x04; its will should come within",
            ),
        };
        observer.begin().await?;
        match end {
            End::Killed => second.kill().await,
            End::Disconnect => second.close().await,
            End::DisconnectWithWill => second.close_with_will().await?,
        }
        talk::say(&format!("{what} {} s", wait.as_secs_f64()));
        let will: Option<Seen> = observer.wait(wait).await?;
        Ok(Trial { end, wait, will })
    }

    /// A session that ends with the connection would take the delay with it.
    async fn connect_second(&self, delay: u32, paths: &Paths) -> Result<Link, Failure> {
        let mut profile = anonymous(self.observed.clone());
        let mut message = self.will.clone();
        if delay > 0 {
            message.properties.push(Property::WillDelayInterval(delay));
            let margin = self.timeout.as_secs().try_into().unwrap_or(u32::MAX);
            let expiry = Property::SessionExpiryInterval(delay.saturating_add(margin));
            profile.properties.connect.push(expiry);
        }
        profile.will = Some(Will { message });
        let mut link = Link::connect(profile, paths, Limits::default(), false).await?;
        // CONNACK is here: the broker has the will.
        let Some(batch) = link.next().await else {
            return Err(Failure::refused("the second client's connection ended at once"));
        };
        let is_up = batch.records.iter().any(|record| {
            matches!(record, Record::Status(status) if matches!(status.state, ConnectionState::Connected(_)))
        });
        if is_up {
            Ok(link)
        } else {
            Err(Failure::refused("the second client's connection ended at once"))
        }
    }
}

/// Never the profile's client id, whose owner would be thrown out, nor its session and will.
fn anonymous(mut profile: Profile) -> Profile {
    // 21 characters: 3.1 takes 23.
    profile.client_id = format!("mqttscope-wt-{:08x}", RandomState::new().hash_one(0u8) as u32);
    profile.clean_start = true;
    profile.will = None;
    let keeps_session = |property: &Property| matches!(property, Property::SessionExpiryInterval(_));
    let properties = &mut profile.properties;
    for list in [&mut properties.connect, &mut properties.disconnect] {
        list.0.retain(|property| !keeps_session(property));
    }
    profile
}
