//! One TCP connection from CONNECT to its end: reads, writes, commands and time in one `select`, so that
//! nothing waits for a write while nothing is read.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    net::TcpStream,
    time::{sleep_until, timeout},
};

use super::{
    actor::Actor,
    intake::{Found, Intake, Next},
    pace::Pace,
    record,
    writer::{Queued, Writer},
};
use crate::{
    event::{Command, ConnectionState, Facts, Frame, OperationKind, Outcome, Phase, Record, Time},
    mqtt::{QoS, ReasonCode},
    source::session::{Arrival, Close, Output, Reading, Verdict, ended, not_sent},
    wire::{Anomaly, PacketType, PublishHead, mask_secrets, publish_head},
};

/// How long the broker may take for CONNACK.
pub const CONNACK_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a goodbye may take to be written, and the peer to close after it.
const GOODBYE: Duration = Duration::from_millis(100);

/// How a connection ended.
#[derive(Debug)]
pub enum Gone {
    /// By the rules of MQTT.
    Closed(Close),
    /// The peer closed, or the network failed (`Some`).
    Lost(Option<io::Error>),
    /// No CONNACK in time.
    NoConnack,
    /// The peer takes no answers.
    Stuffed,
    /// Asked to disconnect.
    Asked,
    /// Nobody is left to ask or to receive.
    Over,
}

/// The connection.
pub struct Connection {
    stream: TcpStream,
    intake: Intake,
    writer: Writer,
    pace: Pace,
    peer: SocketAddr,
    phases: Vec<(Phase, Duration)>,
    began: u64,
    /// When CONNACK was accepted.
    pub up_at: Option<u64>,
    last_read: Time,
    is_write_first: bool,
}

enum Io {
    Read(io::Result<usize>),
    Wrote(io::Result<usize>),
}

impl Connection {
    /// A connected socket; `phases` are the steps so far.
    pub fn new(
        stream: TcpStream,
        peer: SocketAddr,
        phases: Vec<(Phase, Duration)>,
        limits: super::Limits,
        now: Time,
    ) -> Self {
        Self {
            stream,
            intake: Intake::new(limits),
            writer: Writer::default(),
            pace: Pace::default(),
            peer,
            phases,
            began: now.mono_us,
            up_at: None,
            last_read: now,
            is_write_first: false,
        }
    }

    /// Whichever of reading and writing can be done, in turns where both can.
    async fn io(&mut self, is_reading: bool) -> Io {
        self.is_write_first = !self.is_write_first;
        poll_fn(|cx| {
            let first = self.poll_one(cx, self.is_write_first, is_reading);
            if first.is_ready() {
                return first;
            }
            self.poll_one(cx, !self.is_write_first, is_reading)
        })
        .await
    }

    fn poll_one(&mut self, cx: &mut Context<'_>, is_write: bool, is_reading: bool) -> Poll<Io> {
        if is_write && !self.writer.is_empty() {
            let (slices, count) = self.writer.slices();
            let slices = slices.get(..count).unwrap_or_default();
            Pin::new(&mut self.stream)
                .poll_write_vectored(cx, slices)
                .map(Io::Wrote)
        } else if !is_write && is_reading {
            pin!(self.stream.read_buf(self.intake.room()))
                .poll(cx)
                .map(Io::Read)
        } else {
            Poll::Pending
        }
    }

    /// Writes what is queued for a short while, then waits shortly for the peer to close: closing a socket
    /// with unread bytes would take the DISCONNECT back.
    async fn part(&mut self) -> Vec<Queued> {
        let mut parted = Vec::new();
        let write = async {
            while !self.writer.is_empty() {
                match self.io(false).await {
                    Io::Wrote(Ok(bytes)) if bytes > 0 => self.writer.advance(bytes),
                    _ => return,
                }
                parted.extend(std::iter::from_fn(|| self.writer.pop_written()));
            }
        };
        if timeout(GOODBYE, write).await.is_err() {
            return parted;
        }
        let mut rest = Vec::with_capacity(4096);
        let drain = async {
            tokio::io::AsyncWriteExt::shutdown(&mut self.stream).await?;
            while self.stream.read_buf(&mut rest).await? > 0 {
                rest.clear();
            }
            io::Result::Ok(())
        };
        let _ = timeout(GOODBYE, drain).await;
        parted
    }
}

impl Actor {
    /// Serves the connection until its end. CONNECT is queued in the session already.
    pub async fn serve(&mut self, link: &mut Connection) -> Gone {
        loop {
            if let Some(gone) = self.catch_up(link) {
                return gone;
            }
            let now = self.clock.now_us();
            let paced = link.pace.wait_until(now);
            let is_blocked = self.batcher.is_blocked();
            if is_blocked {
                self.session.pause_reading(now);
            } else {
                self.session.resume_reading(now);
            }
            let takes_commands = link.writer.has_room() && self.batcher.has_room();
            let wake = self.wake(link, paced);
            let event = tokio::select! {
                command = self.commands.recv(), if takes_commands => self.on_command(command),
                io = link.io(!is_blocked && paced.is_none()) => self.on_io(link, io),
                () = self.batcher.unblock(), if is_blocked => None,
                () = sleep_until(self.clock.instant(wake).into()) => self.on_time(link),
            };
            if let Some(gone) = event {
                return gone;
            }
        }
    }

    /// Does what can be done without waiting: reads what is in the buffer, queues what is to be written,
    /// sends what is due.
    fn catch_up(&mut self, link: &mut Connection) -> Option<Gone> {
        let gone = self.scan(link);
        self.drain_outputs(link);
        let now = self.clock.now_us();
        if self.batcher.is_due(now) {
            self.batcher.send(link.intake.take_batch(), now);
        }
        if gone.is_some() {
            return gone;
        }
        if self.batcher.is_abandoned() {
            return Some(Gone::Over);
        }
        link.writer.is_stuffed().then_some(Gone::Stuffed)
    }

    /// When something is to be done next, if nothing happens.
    fn wake(&self, link: &Connection, paced: Option<u64>) -> u64 {
        let connack_by = match link.up_at {
            None => Some(link.began + CONNACK_TIMEOUT.as_micros() as u64),
            Some(_) => None,
        };
        [
            connack_by,
            paced,
            self.session.deadline(),
            self.batcher.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(self.clock.now_us() + 3_600_000_000)
    }

    fn on_time(&mut self, link: &Connection) -> Option<Gone> {
        let now = self.clock.now_us();
        if link.up_at.is_none() && now >= link.began + CONNACK_TIMEOUT.as_micros() as u64 {
            return Some(Gone::NoConnack);
        }
        self.session.tick(now).map(Gone::Closed)
    }

    fn on_command(&mut self, command: Option<Command>) -> Option<Gone> {
        match command {
            None => Some(Gone::Over),
            Some(Command::Disconnect) => Some(Gone::Asked),
            Some(Command::Connect) => None,
            Some(command) => {
                self.request(command);
                None
            }
        }
    }

    fn on_io(&mut self, link: &mut Connection, io: Io) -> Option<Gone> {
        match io {
            Io::Read(Ok(0)) => Some(Gone::Lost(None)),
            Io::Read(Ok(_)) => {
                self.on_read(link);
                None
            }
            Io::Wrote(Ok(bytes)) if bytes > 0 => {
                self.on_wrote(link, bytes);
                None
            }
            Io::Wrote(Ok(_)) => Some(Gone::Lost(None)),
            Io::Read(Err(error)) | Io::Wrote(Err(error)) => Some(Gone::Lost(Some(error))),
        }
    }

    fn on_read(&mut self, link: &mut Connection) {
        let buffer = link.intake.buffer();
        let was_full = buffer.len() == buffer.capacity();
        link.last_read = self.clock.now();
        link.pace.on_read(link.last_read.mono_us, was_full);
        self.session
            .on_read(link.last_read.mono_us, was_full || link.intake.is_midframe());
    }

    fn on_wrote(&mut self, link: &mut Connection, bytes: usize) {
        let time = self.clock.now();
        self.session.on_written(time.mono_us);
        link.writer.advance(bytes);
        while let Some(done) = link.writer.pop_written() {
            self.push_sent(time, &done);
        }
    }

    fn push_sent(&mut self, time: Time, sent: &Queued) {
        let version = self.session.link().version;
        let record = record::sent(sent.packet_type, &sent.shown, version, self.limits.max_payload);
        self.batcher.push(time, record);
        if let Some((id, asked)) = sent.ends {
            let end = ended(OperationKind::Publish, id, asked, Outcome::Sent, time.mono_us);
            self.batcher.push_ended(time, end);
        }
    }

    /// Reads the frames in the buffer until it is empty or the channel full.
    fn scan(&mut self, link: &mut Connection) -> Option<Gone> {
        let version = self.session.link().version;
        while !self.batcher.is_blocked() {
            let found = match link.intake.next_frame(version) {
                Next::Frame(found) => found,
                Next::Incomplete => return self.session.on_first_bytes(link.intake.rest()).map(Gone::Closed),
                Next::Broken(anomaly) => {
                    let rest = link.intake.rest();
                    return Some(Gone::Closed(Close::violation(
                        anomaly,
                        rest,
                        !self.session.is_up(),
                    )));
                }
            };
            if let Some(close) = self.on_frame(link, found) {
                return Some(Gone::Closed(close));
            }
            if self.batcher.is_full(link.intake.batch_len()) {
                let data = link.intake.take_batch();
                self.batcher.send(data, self.clock.now_us());
            }
        }
        None
    }

    fn on_frame(&mut self, link: &mut Connection, found: Found) -> Option<Close> {
        let version = self.session.link().version;
        let frame = link.intake.bytes(found);
        let Some(head) = publish_head(frame, found.wire_len, version) else {
            return self.on_other_frame(link, found);
        };
        let verdict = if head.qos == QoS::AtMostOnce && head.topic_alias.is_none() && self.session.is_up() {
            Ok(Verdict::default())
        } else {
            self.session.on_publish(arrival(&head, frame))
        };
        match verdict {
            Ok(verdict) => {
                self.push_publish(link, found, &head, verdict);
                None
            }
            Err(anomaly) => self.on_bad_publish(link, found, anomaly),
        }
    }

    fn push_publish(&mut self, link: &Connection, found: Found, head: &PublishHead, verdict: Verdict) {
        let frame = Frame::InBatch(link.intake.span(found));
        let direction = crate::wire::Direction::ServerToClient;
        let mut publish = record::publish(head, frame, found.wire_len, verdict, direction);
        self.batcher.push(link.last_read, |after_us| {
            publish.after_us = after_us;
            Record::Publish(publish)
        });
    }

    /// A PUBLISH that is well formed and breaks a rule of the session.
    fn on_bad_publish(&mut self, link: &Connection, found: Found, anomaly: Anomaly) -> Option<Close> {
        let is_greeting = !self.session.is_up();
        let is_survived = self.session.is_lenient() && !is_greeting;
        let close =
            (!is_survived).then(|| Close::violation(anomaly.clone(), link.intake.bytes(found), is_greeting));
        self.push_packet(link, found, vec![anomaly]);
        close
    }

    fn push_packet(&mut self, link: &Connection, found: Found, anomalies: Vec<Anomaly>) {
        let packet_type = link
            .intake
            .bytes(found)
            .first()
            .and_then(|&byte| PacketType::from_first_byte(byte));
        let frame = Frame::InBatch(link.intake.span(found));
        let version = self.session.link().version;
        self.batcher.push(
            link.last_read,
            record::received(frame, packet_type, version, anomalies),
        );
    }

    fn on_other_frame(&mut self, link: &mut Connection, found: Found) -> Option<Close> {
        let version = self.session.link().version;
        let frame = link.intake.bytes(found);
        let whole;
        let frame = if frame.len() < found.wire_len {
            whole = record::as_if_whole(frame);
            &whole
        } else {
            frame
        };
        let Reading {
            anomalies,
            publish,
            close,
        } = self.session.on_frame(frame, link.last_read.mono_us);
        mask_secrets(
            link.intake.bytes_mut(found),
            version,
            crate::wire::Direction::ServerToClient,
        );
        let head = publish
            .and_then(|verdict| Some((record::loose_head(link.intake.bytes(found), version)?, verdict)));
        match head {
            Some((head, verdict)) => self.push_publish(link, found, &head, verdict),
            None => self.push_packet(link, found, anomalies),
        }
        self.drain_outputs(link);
        close
    }

    /// Queues what the session wants written, records what it tells.
    fn drain_outputs(&mut self, link: &mut Connection) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(outgoing) => link.writer.push(outgoing),
                Output::Ended(end) => self.batcher.push_ended(self.clock.now(), end),
                Output::FactsChanged => self.tell_facts(link),
            }
        }
    }

    fn tell_facts(&mut self, link: &mut Connection) {
        let time = self.clock.now();
        if link.up_at.is_none() {
            link.up_at = Some(time.mono_us);
            let took = Duration::from_micros(time.mono_us - link.began);
            link.phases.push((Phase::Connect, took));
            self.versions.on_connected();
        }
        let agreed = self.session.link();
        let facts = Facts {
            version: agreed.version,
            client_id: agreed.client_id.clone(),
            peer: Some(link.peer),
            session_present: agreed.session_present,
            keep_alive: agreed.keep_alive,
            phases: link.phases.clone(),
            limits: agreed.limits.clone(),
            properties: agreed.properties.clone(),
            subscriptions: self.session.subscriptions(),
        };
        self.batcher
            .push_status(time, ConnectionState::Connected(Box::new(facts)));
    }

    /// After the end: says goodbye where that is due, and ends what was never written.
    pub async fn take_leave(&mut self, mut link: Connection, gone: &Gone) {
        let goodbye = match gone {
            Gone::Asked | Gone::Over => Some(ReasonCode::SUCCESS),
            Gone::Closed(close) => close.goodbye(),
            Gone::Stuffed => Some(ReasonCode::UNSPECIFIED),
            Gone::Lost(_) | Gone::NoConnack => None,
        };
        let now = self.clock.now_us();
        self.batcher.send(link.intake.take_batch(), now);
        if let Some(reason) = goodbye {
            self.session.say_goodbye(reason);
            self.drain_outputs(&mut link);
            for sent in link.part().await {
                self.push_sent(self.clock.now(), &sent);
            }
        }
        let time = self.clock.now();
        for (id, asked, has_begun) in link.writer.abandon() {
            let outcome = if has_begun {
                Outcome::Unknown
            } else {
                not_sent("the connection was lost before this was sent")
            };
            let end = ended(OperationKind::Publish, id, asked, outcome, time.mono_us);
            self.batcher.push_ended(time, end);
        }
    }
}

fn arrival<'a>(head: &PublishHead, frame: &'a [u8]) -> Arrival<'a> {
    let topic = frame
        .get(head.topic.start as usize..head.topic.end as usize)
        .unwrap_or_default();
    Arrival {
        qos: head.qos,
        packet_id: head.packet_id,
        topic: std::str::from_utf8(topic).unwrap_or_default(),
        alias: head.topic_alias,
    }
}
