//! A client and everything it has told so far.

use std::time::Duration;

use mqttscope::{
    config::{Profile, Secret},
    event::{
        Batch, Command, ConnectionState, OperationEnded, OperationId, PacketRecord, PublishRecord, Record,
        SourceId,
    },
    mqtt::{Message, Properties, ProtocolChoice, QoS, TopicName},
    source::{self, BatchReceiver, ClientHandle, Clock, Limits, spawn},
    wire::{Direction, PacketType},
};
use tokio::time::timeout;

use crate::common::DEADLINE;

/// A received or sent message, taken out of its batch.
#[derive(Debug, Clone)]
pub struct Seen {
    pub topic: String,
    pub payload: Vec<u8>,
    pub record: PublishRecord,
}

pub struct Observer {
    pub handle: Option<ClientHandle>,
    batches: BatchReceiver,
    pub states: Vec<ConnectionState>,
    pub seen: Vec<Seen>,
    pub packets: Vec<(PacketRecord, Vec<u8>)>,
    pub ended: Vec<OperationEnded>,
    pub untold: usize,
    /// What came, in order, in short; kept only where it is asked for.
    pub trace: Option<Vec<Step>>,
    /// The profile chose a rate guard.
    may_drop: bool,
    /// Messages the source gave up.
    pub dropped: u64,
    next_id: u64,
}

/// A profile for a loopback port that tries again quickly.
pub fn profile(port: u16, protocol: ProtocolChoice) -> Profile {
    let mut profile = Profile::new("test", format!("127.0.0.1:{port}").parse().unwrap());
    profile.protocol = protocol;
    profile.reconnect.min = Duration::from_millis(20);
    profile.reconnect.max = Duration::from_millis(200);
    profile
}

impl Observer {
    pub fn new(profile: Profile) -> Self {
        Self::with(profile, Limits::default(), 64)
    }

    pub fn with(profile: Profile, limits: Limits, channel: usize) -> Self {
        Self::spawn(profile, None, limits, channel)
    }

    pub fn with_password(profile: Profile, password: Option<Secret>) -> Self {
        Self::spawn(profile, password, Limits::default(), 64)
    }

    fn spawn(profile: Profile, password: Option<Secret>, limits: Limits, channel: usize) -> Self {
        let (batches_tx, batches) = source::batches(channel, limits.in_flight);
        let may_drop = profile.rate_guard;
        let handle = spawn(SourceId(1), profile, password, limits, Clock::start(), batches_tx);
        Self {
            handle: Some(handle),
            batches,
            states: Vec::new(),
            seen: Vec::new(),
            packets: Vec::new(),
            ended: Vec::new(),
            untold: 0,
            trace: None,
            may_drop,
            dropped: 0,
            next_id: 0,
        }
    }

    /// Takes batches until the condition gives an answer; fails naming `what`.
    pub async fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&Self) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(answer) = ask(self) {
                    return answer;
                }
                let batch = self.batches.recv().await.expect("the client lives");
                self.take(&batch);
            }
        };
        if let Ok(answer) = timeout(DEADLINE, waiting).await {
            return answer;
        }
        panic!(
            "still waiting for {what}; states: {:#?}; packets: {:?}; ended: {:?}",
            self.states, self.packets, self.ended
        )
    }

    /// Takes the next batch.
    pub async fn next(&mut self) {
        let batch = self.batches.recv().await.expect("the client lives");
        self.take(&batch);
    }

    pub fn take(&mut self, batch: &Batch) {
        for record in &batch.records {
            if let Some(trace) = &mut self.trace {
                trace.extend(step(batch, record));
            }
            match record {
                Record::Publish(publish) => self.seen.push(seen(batch, publish)),
                Record::Packet(packet) => {
                    let bytes = batch.bytes(&packet.frame).to_vec();
                    self.packets.push(((**packet).clone(), bytes));
                }
                Record::Status(status) => self.states.push(status.state.clone()),
                Record::Operation(ended) => self.ended.push((**ended).clone()),
                Record::Untold => self.untold += 1,
                Record::Dropped { messages, .. } => {
                    assert!(self.may_drop, "nothing may be dropped");
                    self.dropped += messages;
                }
            }
        }
    }

    pub async fn until_connected(&mut self) {
        self.until("CONNACK", |o| {
            matches!(o.states.last(), Some(ConnectionState::Connected(_))).then_some(())
        })
        .await;
    }

    /// Connected with every subscription answered.
    pub async fn until_subscribed(&mut self) {
        self.until("SUBACK", |o| match o.states.last() {
            Some(ConnectionState::Connected(facts)) => facts
                .subscriptions
                .iter()
                .all(|(_, code)| code.is_some())
                .then_some(()),
            _ => None,
        })
        .await;
    }

    pub async fn until_state<T>(
        &mut self,
        what: &str,
        mut ask: impl FnMut(&ConnectionState) -> Option<T>,
    ) -> T {
        self.until(what, |o| o.states.last().and_then(&mut ask)).await
    }

    pub fn send(&self, command: Command) {
        self.handle.as_ref().unwrap().try_send(command).unwrap();
    }

    pub fn publish(&mut self, topic: &str, payload: &[u8], qos: QoS) -> OperationId {
        self.next_id += 1;
        let id = OperationId(self.next_id);
        let message = Message {
            topic: TopicName::new(topic).unwrap(),
            payload: payload.to_vec().into(),
            qos,
            retain: false,
            properties: Properties::default(),
        };
        self.send(Command::Publish(id, Box::new(message)));
        id
    }

    pub async fn outcome(&mut self, id: OperationId) -> mqttscope::event::Outcome {
        self.until("the end of a request", |o| {
            o.ended
                .iter()
                .find(|end| end.id == id)
                .map(|end| end.outcome.clone())
        })
        .await
    }

    pub async fn received(&mut self, topic: &str) -> Seen {
        self.until(topic, |o| {
            o.seen
                .iter()
                .find(|seen| seen.topic == topic && seen.record.direction == Direction::ServerToClient)
                .cloned()
        })
        .await
    }

    pub fn count(&self, packet_type: PacketType) -> usize {
        self.packets
            .iter()
            .filter(|(packet, _)| packet.packet_type == Some(packet_type))
            .count()
    }
}

/// A step of the exchange of one packet id.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Publish {
        id: u16,
        payload: Vec<u8>,
    },
    Ack {
        id: u16,
        packet: PacketType,
        direction: Direction,
    },
}

fn step(batch: &Batch, record: &Record) -> Option<Step> {
    match record {
        Record::Publish(publish) if publish.direction == Direction::ServerToClient => Some(Step::Publish {
            id: publish.packet_id,
            payload: seen(batch, publish).payload,
        }),
        Record::Packet(packet) => {
            let id = batch.bytes(&packet.frame).get(2..4)?;
            Some(Step::Ack {
                id: u16::from_be_bytes(id.try_into().unwrap()),
                packet: packet.packet_type?,
                direction: packet.direction,
            })
        }
        _ => None,
    }
}

fn seen(batch: &Batch, publish: &PublishRecord) -> Seen {
    let frame = batch.bytes(&publish.frame);
    let start = usize::from(publish.topic_start);
    let topic = &frame[start..start + usize::from(publish.topic_len)];
    Seen {
        topic: match &publish.alias_topic {
            Some(topic) => topic.to_string(),
            None => String::from_utf8(topic.to_vec()).unwrap(),
        },
        payload: frame[publish.payload_start as usize..].to_vec(),
        record: publish.clone(),
    }
}
