//! The task of one connection through all its tries.
//!
//! ```text
//! Idle ──Connect──▶ dial ──▶ serve ──lost──▶ Waiting ──▶ dial …
//!                     └──────────┴──refused──▶ Refused ──Connect──▶ dial
//! ```

use std::{collections::HashSet, future::Future, pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use super::{
    Limits, Parting,
    backoff::Backoff,
    batcher::Batcher,
    connection::{CONNACK_TIMEOUT, Connection, Gone},
    identity,
    socket::Socket,
    versions::Versions,
};
use crate::{
    config::{Profile, Secret},
    event::{Command, ConnectionState, Failure, FailureKind, OperationId, OperationKind, Outcome, Phase},
    mqtt::{Message, ProtocolVersion, ReasonCode},
    source::{
        Clock, net,
        session::{Output, Session, Settings, ended, not_sent},
    },
};

/// How long the last batches may wait for room at the end.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// The task's state.
pub struct Actor {
    profile: Profile,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) hangup: mpsc::Receiver<ReasonCode>,
    pub(super) batcher: Batcher,
    pub(super) session: Session,
    pub(super) versions: Versions,
    pub(super) has_rate_guard: bool,
    pub(super) watched: Arc<HashSet<String>>,
    pub(super) parting: Parting,
    backoff: Backoff,
}

/// Where requests come from.
pub struct Asked {
    /// In their order.
    pub commands: mpsc::Receiver<Command>,
    /// A disconnect among them, or the end of the handle.
    pub hangup: mpsc::Receiver<ReasonCode>,
}

/// What to do next.
enum Next {
    /// Connect; the number of the attempt.
    Dial(u32),
    /// Wait until then and connect.
    Wait(u64, u32),
    /// Wait to be asked.
    Stay,
    /// End.
    Over,
}

/// What interrupts a wait.
enum Interrupt {
    Connect,
    Disconnect,
    Over,
}

impl Actor {
    /// Not connected; the client id is made here, once.
    pub fn new(
        profile: Profile,
        password: Option<Secret>,
        limits: Limits,
        clock: Clock,
        asked: Asked,
        batcher: Batcher,
    ) -> Self {
        let max_packet = u32::try_from(limits.max_packet).unwrap_or(u32::MAX);
        let client_id = identity::expand(&profile.client_id);
        Self {
            session: Session::new(Settings::new(&profile, client_id, password, max_packet)),
            versions: Versions::new(profile.protocol, profile.authentication_method.is_some()),
            parting: Parting::NotConnected,
            backoff: Backoff::new(profile.reconnect),
            has_rate_guard: profile.rate_guard,
            watched: Arc::default(),
            profile,
            limits,
            clock,
            commands: asked.commands,
            hangup: asked.hangup,
            batcher,
        }
    }

    /// Runs until the handle is dropped or nobody receives; gives whether the broker was told.
    pub async fn run(mut self) -> Parting {
        let mut next = Next::Dial(1);
        loop {
            next = match next {
                Next::Dial(attempt) => self.attempt(attempt).await,
                Next::Wait(until, attempt) => self.wait(Some(until), attempt).await,
                Next::Stay => self.wait(None, 1).await,
                Next::Over => break,
            };
        }
        self.session.disconnected(false, self.clock.now_us());
        // What was asked and never taken ends too.
        while let Ok(command) = self.commands.try_recv() {
            self.request(command);
        }
        self.tell_ends();
        let _ = timeout(LAST_WORDS, self.deliver_all()).await;
        self.parting
    }

    async fn deliver_all(&mut self) {
        self.batcher.send(Vec::new(), self.clock.now_us());
        while self.batcher.is_blocked() {
            self.batcher.unblock().await;
        }
    }

    async fn wait(&mut self, until: Option<u64>, attempt: u32) -> Next {
        let wake = until.map(|until| self.clock.instant(until));
        let waiting = async move {
            match wake {
                Some(wake) => sleep_until(wake.into()).await,
                None => std::future::pending().await,
            }
        };
        match self.during(waiting, true).await {
            Ok(()) => Next::Dial(attempt),
            Err(Interrupt::Connect) => {
                self.backoff.reset();
                Next::Dial(attempt)
            }
            Err(Interrupt::Disconnect) => self.go_idle(),
            Err(Interrupt::Over) => Next::Over,
        }
    }

    fn go_idle(&mut self) -> Next {
        while self.hangup.try_recv().is_ok() {}
        self.session.disconnected(false, self.clock.now_us());
        self.tell_ends();
        self.tell(ConnectionState::Idle);
        self.backoff.reset();
        Next::Stay
    }

    /// Waits for a future while commands and batches are served.
    async fn during<F: Future>(&mut self, future: F, is_waiting: bool) -> Result<F::Output, Interrupt> {
        let mut future = pin!(future);
        loop {
            self.tell_ends();
            let now = self.clock.now_us();
            if self.batcher.is_due(now) {
                self.batcher.send(Vec::new(), now);
            }
            if self.batcher.is_abandoned() {
                return Err(Interrupt::Over);
            }
            let is_blocked = self.batcher.is_blocked();
            let due = self.batcher.deadline();
            let flush = self.clock.instant(due.unwrap_or(now)).into();
            tokio::select! {
                output = &mut future => return Ok(output),
                command = self.commands.recv(), if self.batcher.has_room() => match command {
                    None => return Err(Interrupt::Over),
                    Some(Command::Disconnect | Command::DisconnectWithWill) => {
                        return Err(Interrupt::Disconnect);
                    }
                    Some(Command::Connect) if is_waiting => return Err(Interrupt::Connect),
                    Some(command) => self.request(command),
                },
                () = self.batcher.unblock(), if is_blocked => {}
                () = sleep_until(flush), if due.is_some() => {}
            }
        }
    }

    async fn attempt(&mut self, attempt: u32) -> Next {
        let (stream, dialed) = match self.dial(attempt).await {
            Err(Interrupt::Over) => return Next::Over,
            Err(_) => return self.go_idle(),
            Ok(Err(failure)) if failure.kind == FailureKind::Network => return self.retry(failure, attempt),
            Ok(Err(failure)) => return self.refuse(failure),
            Ok(Ok(dialed)) => dialed,
        };
        self.tell(ConnectionState::Connecting {
            attempt,
            phase: Phase::Connect,
        });
        let now = self.clock.now();
        if let Err(failure) = self.session.connect(self.versions.current(), now.mono_us) {
            return self.refuse(failure);
        }
        let mut link = Connection::new(Socket::new(stream), dialed, self.limits, now);
        let gone = self.serve(&mut link).await;
        let up_for = link
            .up_at
            .map(|at| Duration::from_micros(self.clock.now_us().saturating_sub(at)));
        let stranger = match up_for {
            Some(_) => None,
            None => net::no_mqtt(&link.first, self.profile.url.scheme),
        };
        self.take_leave(link, &gone).await;
        if let (Some(failure), Gone::Closed(_) | Gone::Lost(_)) = (stranger, &gone) {
            return self.refuse(failure);
        }
        self.judge(gone, up_for, attempt)
    }

    /// Everything before CONNECT, each step told and timed.
    async fn dial(&mut self, attempt: u32) -> Result<Result<(net::Stream, net::Dialed), Failure>, Interrupt> {
        let preparing = net::Dial::prepare(self.profile.clone());
        let mut dial = match self.during(preparing, false).await? {
            Ok(dial) => dial,
            Err(failure) => return Ok(Err(failure)),
        };
        while let Some(phase) = dial.phase() {
            self.tell(ConnectionState::Connecting { attempt, phase });
            let began = self.clock.now_us();
            dial = match self.during(dial.step(), false).await? {
                Ok(dial) => dial,
                Err(failure) => return Ok(Err(failure)),
            };
            dial.took(phase, Duration::from_micros(self.clock.now_us() - began));
        }
        Ok(Ok(dial.done().expect("no step is left")))
    }

    /// What the end of a connection means for the next.
    fn judge(&mut self, gone: Gone, up_for: Option<Duration>, attempt: u32) -> Next {
        let gone = match gone {
            Gone::Over => return Next::Over,
            Gone::Asked(_) => return self.go_idle(),
            gone => gone,
        };
        if up_for.is_none() && self.falls_back(&gone) {
            self.session.disconnected(true, self.clock.now_us());
            self.tell_ends();
            return Next::Dial(attempt);
        }
        let is_unexplained = match &gone {
            Gone::Lost(_) => true,
            Gone::Closed(close) => close.is_unexplained(),
            _ => false,
        };
        self.backoff.on_end(up_for, is_unexplained);
        let failure = self.failure(&gone, up_for.is_some());
        let may_retry = match &gone {
            Gone::Closed(close) => close.may_retry(),
            Gone::Lost(_) => failure.kind == FailureKind::Network || failure.kind == FailureKind::TakenOver,
            _ => true,
        };
        if may_retry {
            self.retry(failure, attempt)
        } else {
            self.refuse(failure)
        }
    }

    /// Whether 3.1.1 is to be tried at once.
    fn falls_back(&mut self, gone: &Gone) -> bool {
        match gone {
            Gone::Closed(close) if close.is_version_refusal() => self.versions.on_refused(),
            // A server that wants a client certificate says so behind the handshake: no matter of versions.
            Gone::Lost(Some(error)) if net::after_handshake(error).is_some() => false,
            Gone::Lost(_) => self.versions.on_closed_without_connack(),
            _ => false,
        }
    }

    fn failure(&self, gone: &Gone, was_up: bool) -> Failure {
        if was_up && self.backoff.is_takeover_likely() {
            return Failure {
                kind: FailureKind::TakenOver,
                phase: None,
                code: None,
                what: format!(
                    "closed three times in a row within 5 s of CONNACK: another client probably uses the client id {}",
                    self.session.link().client_id
                ),
                advice: "choose a client id of your own (-i); if nobody else has it, the broker may forbid what is subscribed, or something on the way cuts connections".into(),
            };
        }
        match (gone, &self.profile.authentication_method) {
            (Gone::Closed(close), Some(method)) if close.is_version_refusal() => Failure {
                advice: format!("{method} is a matter of MQTT 5, which this broker does not speak"),
                ..close.failure()
            },
            (Gone::Closed(close), _) => close.failure(),
            (gone, _) => lost(gone, was_up, self.session.link().version),
        }
    }

    fn retry(&mut self, failure: Failure, attempt: u32) -> Next {
        let attempt = if self.backoff.is_fresh() && failure.phase.is_none() {
            1
        } else {
            attempt.saturating_add(1)
        };
        let wait = self.backoff.wait(identity::random());
        let retry_at_us = self.clock.now_us() + wait.as_micros() as u64;
        self.session.disconnected(true, self.clock.now_us());
        self.tell_ends();
        self.tell(ConnectionState::Waiting {
            attempt,
            retry_at_us,
            failure,
        });
        Next::Wait(retry_at_us, attempt)
    }

    fn refuse(&mut self, failure: Failure) -> Next {
        self.session.disconnected(false, self.clock.now_us());
        self.tell_ends();
        self.tell(ConnectionState::Refused(failure));
        Next::Stay
    }

    fn tell(&mut self, state: ConnectionState) {
        self.batcher.push_status(self.clock.now(), state);
    }

    /// Records the ends the session tells; without a connection there is nothing else it could want.
    fn tell_ends(&mut self) {
        while let Some(output) = self.session.poll_output() {
            if let Output::Ended(end) = output {
                self.batcher.push_ended(self.clock.now(), end);
            }
        }
    }

    /// A publish, subscribe or unsubscribe.
    pub fn request(&mut self, command: Command) {
        let now = self.clock.now_us();
        match command {
            Command::Publish(id, message) => self.publish(id, *message, now),
            Command::Subscribe(id, subscriptions) => self.session.subscribe(id, &subscriptions, now),
            Command::Unsubscribe(id, filters) => self.session.unsubscribe(id, filters, now),
            Command::Watch(topics) => self.watched = Arc::new(topics.into_iter().collect()),
            Command::Connect | Command::Disconnect | Command::DisconnectWithWill => {}
        }
    }

    fn publish(&mut self, id: OperationId, message: Message, now: u64) {
        if self.profile.read_only {
            let outcome: Outcome = not_sent(format!("profile {} is read-only", self.profile.name));
            let end = ended(OperationKind::Publish, id, now, outcome, now);
            self.batcher.push_ended(self.clock.now(), end);
        } else {
            self.session.publish(id, message, now);
        }
    }
}

/// An end the network made.
fn lost(gone: &Gone, was_up: bool, version: ProtocolVersion) -> Failure {
    let failure = |what: String, advice: &str| Failure {
        kind: FailureKind::Network,
        phase: (!was_up).then_some(Phase::Connect),
        code: None,
        what,
        advice: advice.to_owned(),
    };
    match gone {
        Gone::NoConnack => failure(
            format!("no CONNACK within {} s", CONNACK_TIMEOUT.as_secs()),
            "something listens there but does not answer in MQTT: a TLS port, perhaps",
        ),
        Gone::Stuffed => failure(
            "the broker sends and sends but takes no acks".into(),
            "the broker or a proxy before it is stuck",
        ),
        Gone::Lost(Some(error)) if !was_up && net::after_handshake(error).is_some() => {
            net::after_handshake(error).expect("it is one")
        }
        Gone::Lost(Some(error)) if was_up => failure(
            format!("connection lost: {error}"),
            "the network, or the broker, went away",
        ),
        _ if !was_up => failure(
            format!("the broker closed the connection without CONNACK (we spoke MQTT {version})"),
            "it may want TLS, another protocol version (-V) or another client id (-i)",
        ),
        _ if version == ProtocolVersion::V5 => failure(
            "the broker closed the connection without a reason".into(),
            "it may have stopped or restarted",
        ),
        _ => failure(
            "the broker closed the connection".into(),
            "it may have stopped, or forbid what was asked; before MQTT 5 it cannot say why",
        ),
    }
}
