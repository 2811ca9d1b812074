//! The observer: subscribed to the will's topic, it says what comes there, and tidies up what stays.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use crate::{
    cli::{
        Failure,
        link::{Link, in_words, visible},
        shown::Shown,
        talk,
    },
    config::{Paths, Profile},
    event::{Batch, Command, ConnectionState, OperationId, Outcome, Record},
    mqtt::{
        Message, Properties, Property, ProtocolVersion, QoS, ReasonContext, Subscription,
        SubscriptionOptions, TopicFilter,
    },
    source::Limits,
    wire::Direction,
};

/// How long an acknowledgement may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How often it is said that the wait goes on.
const PROGRESS: Duration = Duration::from_secs(5);

/// The will as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// After the second client's end.
    pub after_us: u64,
    pub qos: QoS,
    pub retain: bool,
}

pub struct Observer {
    link: Link,
    version: ProtocolVersion,
    topic: String,
    payload: Bytes,
    /// What the topic had retained before the test.
    before: Option<Message>,
    /// The second client's first end, on the observer's clock; at first it is still to come.
    first_began_us: u64,
    /// Its last end.
    began_us: u64,
    /// Other messages on the topic meanwhile.
    strangers: u64,
}

impl Observer {
    /// Connects and subscribes; also the profile, with what was asked for on the terminal.
    pub async fn start(
        profile: Profile,
        will: &Message,
        paths: &Paths,
        is_debug: bool,
    ) -> Result<(Self, Profile), Failure> {
        let (link, profile) = Link::connect_first(profile, paths, Limits::default(), is_debug).await?;
        let mut observer = Self {
            link,
            version: ProtocolVersion::V311,
            topic: will.topic.to_string(),
            payload: will.payload.clone(),
            before: None,
            first_began_us: u64::MAX,
            began_us: 0,
            strangers: 0,
        };
        let filter = TopicFilter::new(&will.topic).expect("a topic name is a filter");
        let options = SubscriptionOptions {
            qos: will.qos,
            retain_as_published: true,
            ..SubscriptionOptions::default()
        };
        let subscription = Subscription::new(filter, options);
        let ended = observer
            .ask(|id| Command::Subscribe(id, vec![subscription]))
            .await?;
        let context = ReasonContext::Suback(observer.version);
        match ended {
            Outcome::Acked(codes) => match codes.iter().find(|code| code.is_failure(context)) {
                Some(code) => Err(observer.not_subscribed(&code.display(context).to_string())),
                None => {
                    observer.let_pass().await?;
                    Ok((observer, profile))
                }
            },
            Outcome::Failed { reason, .. } => Err(observer.not_subscribed(&reason)),
            Outcome::Sent | Outcome::Unknown => Err(observer.not_subscribed("no SUBACK")),
        }
    }

    /// A round trip behind SUBACK: what the topic has retained comes before its answer. A broker without
    /// `TCP_NODELAY` sends it only once we have said something.
    async fn let_pass(&mut self) -> Result<(), Failure> {
        let nobodys = format!("mqttscope/will-test/{:016x}", RandomState::new().hash_one(0u8));
        let filter = TopicFilter::new(&nobodys).expect("a filter of our own");
        self.ask(|id| Command::Unsubscribe(id, vec![filter])).await?;
        Ok(())
    }

    fn not_subscribed(&self, why: &str) -> Failure {
        let what = format!(
            "cannot watch {}: {why}; a will there could not be seen",
            self.topic
        );
        Failure::error(visible(&what))
    }

    /// The version agreed on.
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The second client ends now.
    pub async fn begin(&mut self) -> Result<(), Failure> {
        while !self.link.is_idle() {
            self.next().await?;
        }
        self.began_us = self.link.now_us();
        self.first_began_us = self.first_began_us.min(self.began_us);
        Ok(())
    }

    /// The will, if it comes in time.
    pub async fn wait(&mut self, wait: Duration) -> Result<Option<Seen>, Failure> {
        let start = Instant::now();
        let deadline = start + wait;
        let mut word = start + PROGRESS;
        loop {
            match timeout_at(deadline.min(word), self.next()).await {
                Ok(batch) => {
                    if let Some(will) = batch? {
                        return Ok(Some(will));
                    }
                }
                Err(_) if Instant::now() >= deadline => return Ok(None),
                Err(_) => {
                    talk::say(&format!("nothing yet after {} s", start.elapsed().as_secs()));
                    word += PROGRESS;
                }
            }
        }
    }

    /// Takes one batch; the will, if it was in it.
    async fn next(&mut self) -> Result<Option<Seen>, Failure> {
        let lost = || Failure::error("the observer's connection ended");
        let batch = self.link.next().await.ok_or_else(lost)?;
        self.look(&batch)
    }

    fn look(&mut self, batch: &Batch) -> Result<Option<Seen>, Failure> {
        let mut will = None;
        for record in &batch.records {
            match record {
                Record::Status(status) => self.status(&status.state)?,
                Record::Publish(publish) if publish.direction == Direction::ServerToClient => {
                    if let Some(shown) = Shown::of_record(batch, publish) {
                        let at = batch.time.mono_us + u64::from(publish.after_us);
                        let seen = self.take(&shown, at);
                        will = will.or(seen);
                    }
                }
                _ => {}
            }
        }
        Ok(will)
    }

    fn status(&mut self, state: &ConnectionState) -> Result<(), Failure> {
        match state {
            ConnectionState::Connected(facts) => self.version = facts.version,
            ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                let what = format!("the observer's connection was lost: {}", in_words(failure));
                return Err(Failure::error(visible(&what)));
            }
            ConnectionState::Idle | ConnectionState::Connecting { .. } => {}
        }
        Ok(())
    }

    fn take(&mut self, shown: &Shown, at_us: u64) -> Option<Seen> {
        if shown.topic != self.topic {
            return None;
        }
        // By the time it was read: the batch may have come only now. Before MQTT 5 only what is stored has the flag.
        let is_stored = self.version != ProtocolVersion::V5 && shown.retain;
        if at_us < self.first_began_us || is_stored {
            if shown.retain {
                self.before = Some(message(shown));
            }
            return None;
        }
        if shown.payload != self.payload {
            self.strangers += 1;
            return None;
        }
        Some(Seen {
            after_us: at_us.saturating_sub(self.began_us),
            qos: shown.qos,
            retain: shown.retain,
        })
    }

    /// Messages that were not the will.
    pub fn strangers(&self) -> Option<String> {
        (self.strangers > 0).then(|| {
            format!(
                "other messages on the topic meanwhile: {}; somebody else publishes there, or the broker changes payloads",
                self.strangers
            )
        })
    }

    /// Puts back what the topic had retained before, or clears it; says what it did.
    pub async fn tidy_up(&mut self, will: &Message, is_kept: bool) -> String {
        let topic = visible(&self.topic);
        let clearing = clearing(&self.topic);
        if is_kept {
            return format!("the will is retained on {topic}; {clearing} clears it");
        }
        let before = self.before.take();
        let done = match before {
            Some(_) => "the retained message that was there before is back",
            None => "the retained will is cleared",
        };
        let message = before.unwrap_or(Message {
            payload: Bytes::new(),
            qos: QoS::AtLeastOnce,
            properties: Properties::NONE,
            ..will.clone()
        });
        match self.ask(|id| Command::Publish(id, Box::new(message))).await {
            Ok(Outcome::Acked(_) | Outcome::Sent) => done.into(),
            Ok(Outcome::Failed { reason, .. }) => {
                format!(
                    "the will is still retained on {topic}: {}; {clearing} clears it",
                    visible(&reason)
                )
            }
            Ok(Outcome::Unknown) | Err(_) => {
                format!("the will may still be retained on {topic}; {clearing} clears it")
            }
        }
    }

    /// Waits for the end of a request.
    async fn ask(&mut self, command: impl FnOnce(OperationId) -> Command) -> Result<Outcome, Failure> {
        let id = self.link.ask(command).await?;
        let deadline = Instant::now() + ANSWER;
        loop {
            let silent = || Failure::error(format!("no answer within {} s", ANSWER.as_secs()));
            let batch = timeout_at(deadline, self.link.next())
                .await
                .map_err(|_| silent())?;
            let batch = batch.ok_or_else(|| Failure::error("the observer's connection ended"))?;
            self.look(&batch)?;
            let ended = batch.records.iter().find_map(|record| match record {
                Record::Operation(ended) if ended.id == id => Some(ended.outcome.clone()),
                _ => None,
            });
            if let Some(outcome) = ended {
                return Ok(outcome);
            }
        }
    }

    pub async fn close(self) {
        self.link.close().await;
    }
}

/// The command that clears what a topic has retained.
pub fn clearing(topic: &str) -> String {
    format!("mqttscope pub -t '{}' -n -r", visible(topic))
}

/// As it would be published again.
fn message(shown: &Shown) -> Message {
    let mut properties = shown.properties().clone();
    let is_ours = |property: &Property| {
        matches!(
            property,
            Property::SubscriptionIdentifier(_) | Property::TopicAlias(_)
        )
    };
    properties.0.retain(|property| !is_ours(property));
    Message {
        topic: crate::mqtt::TopicName::new(shown.topic).expect("the topic we subscribed to"),
        payload: Bytes::copy_from_slice(shown.payload),
        qos: shown.qos,
        retain: true,
        properties,
    }
}
