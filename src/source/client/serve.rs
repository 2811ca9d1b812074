//! A connection from CONNECT to its end: reads, writes, commands and time in one `select`, so that nothing
//! waits for a write while nothing is read.

use std::{io::ErrorKind, time::Duration};

use tokio::time::sleep_until;

use super::{
    Parting,
    actor::Actor,
    connection::{CONNACK_TIMEOUT, Connection, Gone, Io},
    goodbye, record,
    writer::Queued,
};
use crate::{
    event::{Command, ConnectionState, Facts, OperationKind, Outcome, Phase, Record, Time},
    mqtt::ReasonCode,
    source::session::{Output, ended, not_sent},
    wire::PacketType,
};

/// Bytes of a peer's first words that are kept: enough to tell TLS from MQTT.
const FIRST: usize = 8;

impl Actor {
    /// Serves the connection until its end. CONNECT is queued in the session already.
    pub async fn serve(&mut self, link: &mut Connection) -> Gone {
        loop {
            if let Some(gone) = self.catch_up(link) {
                return gone;
            }
            let now = self.clock.now_us();
            // Acks that are waited for are read as they come: a paused read would hold up the whole window.
            let paced = link.pace.wait_until(now).filter(|_| !self.session.awaits_acks());
            let is_blocked = self.batcher.is_blocked();
            let is_reading = self.takes_frames();
            if is_reading {
                self.session.resume_reading(now);
            } else {
                self.session.pause_reading(now);
            }
            let takes_commands = link.writer.has_room() && self.batcher.has_room();
            let wake = self.wake(link, paced);
            let event = tokio::select! {
                command = self.commands.recv(), if takes_commands => self.on_command(command),
                asked = self.hangup.recv(), if !takes_commands => Some(asked.map_or(Gone::Over, Gone::Asked)),
                io = link.io(is_reading && paced.is_none()) => self.on_io(link, io),
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
        link.intake.watch(&self.watched);
        let gone = self.scan(link);
        self.drain_outputs(link);
        let now = self.clock.now_us();
        self.batcher.tell_shed(self.clock.now());
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
            self.batcher
                .shed_deadline()
                .filter(|_| !self.batcher.is_blocked()),
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
            Some(command) => {
                let reason = goodbye(&command);
                self.request(command);
                reason.map(Gone::Asked)
            }
        }
    }

    fn on_io(&mut self, link: &mut Connection, io: Io) -> Option<Gone> {
        match io {
            Io::Read(Ok(0)) => Some(Gone::Lost(link.write_error.take())),
            Io::Read(Ok(count)) => {
                self.on_read(link, count);
                None
            }
            Io::Wrote(Ok(bytes)) if bytes > 0 => {
                self.on_wrote(link, bytes);
                None
            }
            Io::Wrote(Ok(_)) => Some(Gone::Lost(None)),
            // The peer's DISCONNECT may lie unread behind this: reading goes on until it ends.
            Io::Wrote(Err(error)) => {
                link.write_error = Some(error);
                None
            }
            // TLS closed without saying so, as brokers do: MQTT's own frames tell what is whole.
            Io::Read(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => Some(Gone::Lost(None)),
            Io::Read(Err(error)) => Some(Gone::Lost(Some(error))),
        }
    }

    fn on_read(&mut self, link: &mut Connection, count: usize) {
        if link.up_at.is_none() && link.first.is_empty() {
            link.first.extend(link.intake.buffer().iter().take(FIRST));
        }
        link.last_read = self.clock.now();
        let was_full = link.on_read(count);
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
        if sent.packet_type == PacketType::Pingreq {
            self.batcher.push_patient(time, record);
        } else {
            self.batcher.push(time, record);
        }
        if let Some((id, asked)) = sent.ends {
            let end = ended(OperationKind::Publish, id, asked, Outcome::Sent, time.mono_us);
            self.batcher.push_ended(time, end);
        }
    }

    /// Queues what the session wants written, records what it tells.
    pub fn drain_outputs(&mut self, link: &mut Connection) {
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
            link.dialed.phases.push((Phase::Connect, took));
            self.versions.on_connected();
        }
        let agreed = self.session.link();
        let facts = Facts {
            version: agreed.version,
            client_id: agreed.client_id.clone(),
            peer: link.dialed.peer.clone(),
            session_present: agreed.session_present,
            resumption: agreed.resumption,
            keep_alive: agreed.keep_alive,
            phases: link.dialed.phases.clone(),
            tls: link.dialed.tls.clone(),
            warnings: link.dialed.warnings.clone(),
            limits: agreed.limits.clone(),
            properties: agreed.properties.clone(),
            subscriptions: self.session.subscriptions(),
        };
        self.batcher
            .push_status(time, ConnectionState::Connected(Box::new(facts)));
    }

    /// Whether DISCONNECT went out with the rest.
    async fn write_last_words(&mut self, link: &mut Connection) -> bool {
        let (parted, is_flushed) = link.part().await;
        for sent in &parted {
            self.push_sent(self.clock.now(), sent);
        }
        is_flushed
            && parted
                .iter()
                .any(|sent| sent.packet_type == PacketType::Disconnect)
    }

    /// After the end: says goodbye where that is due, and ends what was never written.
    pub async fn take_leave(&mut self, mut link: Connection, gone: &Gone) {
        let last_words = match gone {
            Gone::Asked(reason) => Some(*reason),
            Gone::Over => Some(ReasonCode::SUCCESS),
            Gone::Closed(close) => close.goodbye(),
            Gone::Stuffed => Some(ReasonCode::UNSPECIFIED),
            Gone::Lost(_) | Gone::NoConnack => None,
        };
        let now = self.clock.now_us();
        self.batcher.tell_all_shed(self.clock.now());
        self.batcher.send(link.intake.take_batch(), now);
        self.parting = Parting::NotConnected;
        if let Some(reason) = last_words {
            let was_up = self.session.is_up();
            self.session.say_goodbye(reason);
            self.drain_outputs(&mut link);
            let is_told = self.write_last_words(&mut link).await;
            if was_up && matches!(gone, Gone::Asked(ReasonCode::SUCCESS) | Gone::Over) {
                self.parting = if is_told { Parting::Told } else { Parting::Untold };
            }
            if self.parting == Parting::Untold {
                self.batcher.push(self.clock.now(), |_| Record::Untold);
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
